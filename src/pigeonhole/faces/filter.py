"""Reject detected boxes that aren't faces or show the same face as another box."""

from collections import defaultdict
from collections.abc import Container, Iterable
from dataclasses import replace

from pigeonhole.core.geometry import Box
from pigeonhole.faces.exclude import FaceKey
from pigeonhole.faces.table import FaceRejection, FaceRow
from pigeonhole.imaging.fingerprint import first_duplicates
from pigeonhole.photos.removal_list import Removed
from pigeonhole.settings import FaceSettings

MAX_IOU = 0.3
"""Boxes with a larger intersection over union show the same face."""
MAX_COVERED = 0.6
"""Boxes also show the same face if they share a larger fraction of the smaller one."""


def filter_faces(
    faces: Iterable[FaceRow],
    settings: FaceSettings,
    excluded: Container[FaceKey] = (),
    removed: Removed | None = None,
) -> list[FaceRow]:
    """
    Return the rows with their rejections, sorted by photo and score.

    Boxes are rejected if they are false detections in `excluded`, have a low score,
    contrast or sharpness, overlap a better box, or are near-duplicates of a larger
    face. Rows of removed faces and photos are dropped.
    """
    removed = removed or Removed()
    by_photo = defaultdict(list)
    for face in faces:
        if face.photo not in removed.photos and not removed.shows(face.photo, face.box):
            by_photo[face.photo].append(face)
    rows = [
        face
        for photo in sorted(by_photo)
        for face in _filter_photo(by_photo[photo], settings, excluded)
    ]
    if settings.max_hash_distance is None:
        return rows
    return _reject_duplicates(rows, settings.max_hash_distance)


def _reject_duplicates(faces: list[FaceRow], max_distance: int) -> list[FaceRow]:
    """Keep only the largest face of each group of near-duplicates."""
    kept = sorted(
        (face for face in faces if face.kept),
        key=lambda face: (-face.width * face.height, -face.score, face.line),
    )
    firsts = first_duplicates([face.fingerprint for face in kept], max_distance)
    duplicates = {
        face: replace(
            face, rejection=FaceRejection.DUPLICATE, duplicate_of=kept[first].line
        )
        for face, first in zip(kept, firsts.tolist(), strict=True)
        if face != kept[first]
    }
    return [duplicates.get(face, face) for face in faces]


def _filter_photo(
    faces: list[FaceRow], settings: FaceSettings, excluded: Container[FaceKey]
) -> list[FaceRow]:
    """Filter the boxes of one photo, starting with the best one."""
    kept: list[FaceRow] = []
    rows = []
    for face in sorted(faces, key=lambda face: (-face.score, face.y, face.x)):
        if (face.photo, face.box) in excluded:
            rejection = FaceRejection.EXCLUDED
        elif face.score < settings.min_score:
            rejection = FaceRejection.LOW_SCORE
        elif face.contrast < settings.min_contrast:
            rejection = FaceRejection.LOW_CONTRAST
        elif face.sharpness < settings.min_sharpness:
            rejection = FaceRejection.BLURRED
        elif any(_is_same_face(face.box, other.box) for other in kept):
            rejection = FaceRejection.OVERLAP
        else:
            rejection = FaceRejection.NONE
            kept.append(face)
        rows.append(replace(face, rejection=rejection, duplicate_of=""))
    return rows


def _is_same_face(a: Box, b: Box) -> bool:
    smaller = min(a.area, b.area)
    return a.iou(b) > MAX_IOU or a.intersection(b) > MAX_COVERED * smaller
