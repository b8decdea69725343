"""Detect the faces of many photos, using the cache."""

import logging
import time
from collections.abc import Sequence
from pathlib import Path

from pigeonhole.core.errors import UnreadableImage
from pigeonhole.core.progress import progress
from pigeonhole.faces.cache import detector_key, read_boxes, write_boxes
from pigeonhole.faces.detect import Detection, Detector, create_detector
from pigeonhole.faces.table import FaceRow
from pigeonhole.imaging.codecs import read_rgb
from pigeonhole.photos.ledger import PhotoRow, photo_path
from pigeonhole.settings import FaceSettings

log = logging.getLogger(__name__)

SAVE_INTERVAL = 10.0
"""Seconds between writes of the cache, the most work that a killed job can lose."""


def find_faces(
    photos: Sequence[PhotoRow],
    folder: Path,
    settings: FaceSettings,
    max_pixels: int,
    cache: Path | None = None,
) -> list[FaceRow]:
    """
    Return a row for each detected box in each photo, not filtered yet.

    Parameters
    ----------
    photos : sequence of PhotoRow
    folder : Path
        Folder of downloaded and generated photos.
    settings : FaceSettings
    max_pixels : int
        Photos with more pixels are skipped.
    cache : Path, optional
        File in which boxes are cached. All caches in its folder are read, so a photo
        that another job has searched isn't opened again.
    """
    key = detector_key(settings)
    digests = {photo.sha256 for photo in photos}
    cached = read_boxes(cache.parent, key, digests) if cache else {}
    detector: Detector | None = None
    detections: dict[str, list[Detection]] = {}
    saved = time.monotonic()
    for photo in progress(photos, "faces", "photo"):
        if (boxes := cached.get(photo.sha256)) is None:
            detector = detector or create_detector(settings)
            boxes = _detect(photo_path(photo, folder), detector, max_pixels)
        if boxes is not None:
            detections[photo.sha256] = boxes
        if cache and time.monotonic() - saved > SAVE_INTERVAL:
            write_boxes(cache, key, detections)
            saved = time.monotonic()
    if cache:
        write_boxes(cache, key, detections)
    rows = [
        FaceRow(photo.photo, **box._asdict())
        for photo in photos
        for box in detections.get(photo.sha256, ())
    ]
    new = sum(sha256 not in cached for sha256 in detections)
    log.info("%d boxes in %d photos (%d new)", len(rows), len(photos), new)
    return rows


def _detect(path: Path, detector: Detector, max_pixels: int) -> list[Detection] | None:
    try:
        return detector.detect(read_rgb(path, max_pixels))
    except UnreadableImage as error:
        # It was readable a moment ago. The next run updates the ledger.
        log.warning("%s Skipped.", error)
        return None
