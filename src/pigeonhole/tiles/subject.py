"""Find the faces in a photo that its crops should keep whole."""

import threading

from pigeonhole.core.arrays import Image
from pigeonhole.core.geometry import Box
from pigeonhole.faces import FaceRow, HaarDetector, filter_faces
from pigeonhole.imaging.resize import resize
from pigeonhole.settings import FaceSettings

SEARCH_SIDE = 320
"""Photos are searched at this size, in pixels, which finds the faces that matter."""
SETTINGS = FaceSettings(min_side=24, rotation=0, max_hash_distance=None)
"""Settings of the search: upright faces, of at least 24 pixels at this size."""

# Detectors aren't thread-safe, so each thread has its own one.
_local = threading.local()


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
