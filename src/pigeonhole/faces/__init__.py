"""Photo -> boxes -> kept boxes."""

from pigeonhole.faces.detect import HaarDetector, YunetDetector, detector_of
from pigeonhole.faces.exclude import read_excluded
from pigeonhole.faces.filter import keep_faces
from pigeonhole.faces.find import find_faces
from pigeonhole.faces.table import FaceRow, read_faces, write_faces

__all__ = [
    "FaceRow",
    "HaarDetector",
    "YunetDetector",
    "detector_of",
    "find_faces",
    "keep_faces",
    "read_excluded",
    "read_faces",
    "write_faces",
]
