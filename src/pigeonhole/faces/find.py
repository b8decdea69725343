"""Find the faces of many photos."""

from collections.abc import Sequence
from pathlib import Path

from pigeonhole.errors import UnreadablePhoto
from pigeonhole.faces.detect import HaarDetector
from pigeonhole.faces.table import FaceRow
from pigeonhole.images import read_rgb
from pigeonhole.job import log
from pigeonhole.progress import progress


def find_faces(
    photos: Sequence[tuple[str, Path]], min_side: int, max_pixels: int
) -> list[FaceRow]:
    """
    Return a row for each box in each photo; nothing is judged yet.

    Parameters
    ----------
    photos : sequence of (name, path)
    min_side : int
        Smallest face, in pixels.
    max_pixels : int
        Larger photos can't be read; see `read_rgb`.
    """
    detector = HaarDetector(min_side)
    rows = []
    for name, path in progress(photos, "faces", "photo"):
        try:
            photo = read_rgb(path, max_pixels)
        except UnreadablePhoto as error:
            # It could be read a moment ago; the next run's ledger will tell.
            log.warning("%s Skipped.", error)
            continue
        rows += [FaceRow(name, *box) for box in detector.find(photo)]
    log.info("%d boxes in %d photos", len(rows), len(photos))
    return rows
