"""Detect faces in photos and decide which of them to use."""

from pigeonhole.faces.detect import HaarDetector, YunetDetector, create_detector
from pigeonhole.faces.exclude import ExclusionList
from pigeonhole.faces.filter import filter_faces
from pigeonhole.faces.find import find_faces
from pigeonhole.faces.table import FaceRejection, FaceRow, read_faces, write_faces

__all__ = [
    "ExclusionList",
    "FaceRejection",
    "FaceRow",
    "HaarDetector",
    "YunetDetector",
    "create_detector",
    "filter_faces",
    "find_faces",
    "read_faces",
    "write_faces",
]
