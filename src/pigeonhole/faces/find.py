"""Find the faces of many photos."""

import time
from collections.abc import Iterable, Sequence
from pathlib import Path

from pigeonhole.core.errors import UnreadablePhoto
from pigeonhole.core.progress import progress
from pigeonhole.faces.cache import FaceMemory, fingerprint
from pigeonhole.faces.detect import Detector, Found, detector_of
from pigeonhole.faces.table import FaceRow
from pigeonhole.imaging.codecs import read_rgb
from pigeonhole.photos.ledger import PhotoRow, photo_path
from pigeonhole.pipeline.script import log
from pigeonhole.settings import FaceSettings

PAUSE = 10.0
"""Seconds after which what was found is put on disk: so much a killed job loses."""


def find_faces(
    photos: Sequence[PhotoRow],
    folder: Path,
    settings: FaceSettings,
    max_pixels: int,
    memory: Path | None = None,
) -> list[FaceRow]:
    """
    Return a row for each box in each photo; nothing is judged yet.

    Parameters
    ----------
    photos : sequence of PhotoRow
    folder : Path
        Where downloaded and made photos lie.
    settings : FaceSettings
    max_pixels : int
        Larger photos can't be read; see `read_rgb`.
    memory : Path, optional
        Keeps what was found in each photo. Those of other chunks beside it are read,
        too: a photo seen before isn't even opened.
    """
    mark = fingerprint(settings)
    digests = {photo.sha256 for photo in photos}
    known = FaceMemory.read_all(memory.parent if memory else None, mark, digests)
    detector: Detector | None = None
    found: dict[str, list[Found]] = {}
    saved = time.monotonic()
    for photo in progress(photos, "faces", "photo"):
        if (boxes := known.get(photo.sha256)) is None:
            detector = detector or detector_of(settings)
            boxes = _boxes(photo_path(photo, folder), detector, max_pixels)
        if boxes is not None:
            found[photo.sha256] = boxes
        if memory and time.monotonic() - saved > PAUSE:
            FaceMemory(mark, found).write(memory)
            saved = time.monotonic()
    if memory:
        FaceMemory(mark, found).write(memory)
    rows = _rows(photos, found)
    fresh = sum(sha256 not in known for sha256 in found)
    log.info("%d boxes in %d photos, %d of them new", len(rows), len(photos), fresh)
    return rows


def _boxes(path: Path, detector: Detector, max_pixels: int) -> list[Found] | None:
    try:
        return detector.find(read_rgb(path, max_pixels))
    except UnreadablePhoto as error:
        # It could be read a moment ago; the next run's ledger will tell.
        log.warning("%s Skipped.", error)
        return None


def _rows(photos: Iterable[PhotoRow], found: dict[str, list[Found]]) -> list[FaceRow]:
    return [
        FaceRow(photo.photo, **box._asdict())
        for photo in photos
        for box in found.get(photo.sha256, ())
    ]
