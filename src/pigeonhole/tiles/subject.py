"""Find the faces in a photo that its crops should keep whole."""

import json
import threading
from collections.abc import Callable, Iterable

import cv2

from pigeonhole.core.arrays import Image
from pigeonhole.core.digest import digest_of_code
from pigeonhole.core.geometry import Box
from pigeonhole.core.untrusted_json import parse_json
from pigeonhole.core.value_cache import ValueCache, value_key
from pigeonhole.faces import FaceRow, HaarDetector, detect, filter_faces
from pigeonhole.faces import filter as face_filter
from pigeonhole.imaging import resize as resize_module
from pigeonhole.imaging.resize import resize
from pigeonhole.photos.ledger import PhotoRow
from pigeonhole.settings import Cut, FaceSettings

SEARCH_SIDE = 320
"""Photos are searched at this size, in pixels, which finds the faces that matter."""
SETTINGS = FaceSettings(min_side=24, rotation=0, max_hash_distance=None)
"""Settings of the search: upright faces, of at least 24 pixels at this size."""

# Detectors aren't thread-safe, so each thread has its own one.
_local = threading.local()


MIN_FACE_SHARE = 0.6
"""Faces are cut if at least this share of the photos show any. Of portraits and group
photos, more than 99% do; of other photos, less than 3%."""


def choose_cut(face_counts: Iterable[int]) -> Cut:
    """Return whether to cut faces or whole photos, from the faces in each photo."""
    shows_face = [count > 0 for count in face_counts]
    return "faces" if sum(shows_face) >= MIN_FACE_SHARE * len(shows_face) else "photos"


FaceSearch = Callable[[PhotoRow, Image], list[Box]]
"""Finds the faces of a photo in its image."""


def detect_in_image(_: PhotoRow, photo: Image) -> list[Box]:
    """Return `detect_faces` of a photo."""
    return detect_faces(photo)


class CachedFaceSearch:
    """Searches each photo only once, by its content."""

    def __init__(self, values: ValueCache) -> None:
        self._values = values

    def __call__(self, photo: PhotoRow, image: Image) -> list[Box]:
        """Return `detect_faces` of a photo."""
        boxes = self.find(photo)
        if boxes is None:
            boxes = detect_faces(image)
            self._values.put(_key(photo), json.dumps(boxes).encode())
        return boxes

    def find(self, photo: PhotoRow) -> list[Box] | None:
        """Return the faces of a photo that has been searched, else None."""
        content = self._values.get(_key(photo))
        try:
            boxes = None if content is None else parse_json(content)
            return None if boxes is None else [Box(*box) for box in boxes]
        except (ValueError, TypeError):
            return None


def _key(photo: PhotoRow) -> str:
    code = digest_of_code(detect, face_filter, resize_module)
    return value_key("subject", code, cv2.__version__, photo.sha256)


def detect_faces(photo: Image) -> list[Box]:
    """
    Return the boxes of the faces in a photo, found on a small copy.

    Parameters
    ----------
    photo : uint8 array, shape (rows, columns, 3)
    """
    rows, columns = photo.shape[:2]
    scale = min(1.0, SEARCH_SIDE / max(rows, columns))
    width, height = max(1, round(columns * scale)), max(1, round(rows * scale))
    if not hasattr(_local, "detector"):
        _local.detector = HaarDetector(SETTINGS.min_side, SETTINGS.rotation)
    small = resize(photo, width, height)
    detections = _local.detector.detect(small)
    faces = [FaceRow("", **detection._asdict()) for detection in detections]
    kept = [face.box for face in filter_faces(faces, SETTINGS) if face.kept]
    return [_scale(box, columns / width, rows / height) for box in kept]


def _scale(box: Box, x: float, y: float) -> Box:
    left, top = round(box.x * x), round(box.y * y)
    right, bottom = round((box.x + box.width) * x), round((box.y + box.height) * y)
    return Box(left, top, right - left, bottom - top)
