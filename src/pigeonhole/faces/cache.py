"""Cache of detected faces by the content of photos."""

import json
import threading
from collections.abc import Callable, Mapping, Set
from pathlib import Path

import cv2

from pigeonhole.core.arrays import Image
from pigeonhole.core.atomic import write_text
from pigeonhole.core.cache import log_cache_errors
from pigeonhole.core.digest import sha256_of
from pigeonhole.core.untrusted_json import parse_json
from pigeonhole.core.value_cache import ValueCache, value_key
from pigeonhole.faces import detect
from pigeonhole.faces.detect import Detection, create_detector
from pigeonhole.imaging import codecs, color_profiles, fingerprint, metadata
from pigeonhole.settings import FaceSettings

DETECTION_CODE = tuple(
    str(module.__file__)
    for module in (detect, codecs, color_profiles, metadata, fingerprint)
)
"""Files whose edits make cached boxes stale."""


class CachedDetector:
    """
    A detector that threads can share, and that searches each photo only once.

    Raises UnusableModel.
    """

    def __init__(self, settings: FaceSettings, values: ValueCache) -> None:
        self._settings, self._values = settings, values
        self._key = detector_key(settings)
        # Detectors aren't thread-safe, so each thread has its own one.
        self._local = threading.local()
        self._local.detector = create_detector(settings)

    def detect(self, sha256: str, read: Callable[[], Image]) -> list[Detection]:
        """Return the boxes of a photo; `read` is called only if they aren't known."""
        key = value_key("faces", self._key, sha256)
        content = self._values.get(key)
        if content is not None:
            try:
                return [_parse_box(*box) for box in parse_json(content)]
            except (ValueError, TypeError):
                # Damaged: detect again.
                pass
        return self._detect(key, read())

    def add(self, sha256: str, photo: Image) -> None:
        """Search a photo that has been read, unless it is known."""
        self.detect(sha256, lambda: photo)

    def _detect(self, key: str, photo: Image) -> list[Detection]:
        if not hasattr(self._local, "detector"):
            self._local.detector = create_detector(self._settings)
        boxes: list[Detection] = self._local.detector.detect(photo)
        self._values.put(key, json.dumps(boxes).encode())
        return boxes


def write_boxes(path: Path, key: str, boxes: Mapping[str, list[Detection]]) -> None:
    """
    Write the boxes of photos by the SHA-256 of their files.

    `key` is that of the detector and its settings; see `detector_key`. Equal boxes give
    equal bytes.
    """
    ordered = {sha256: boxes[sha256] for sha256 in sorted(boxes)}
    with log_cache_errors():
        write_text(path, json.dumps({"key": key, "boxes": ordered}) + "\n")


def read_boxes(folder: Path, key: str, digests: Set[str]) -> dict[str, list[Detection]]:
    """
    Return the boxes in all caches of a folder that have this key.

    Only photos with these digests are returned, because the boxes of a million photos
    would not fit into memory.
    """
    boxes: dict[str, list[Detection]] = {}
    for path in sorted(folder.glob("*.json")):
        try:
            data = parse_json(path.read_bytes())
            if data["key"] == key:
                boxes |= {
                    sha256: [_parse_box(*box) for box in photo_boxes]
                    for sha256, photo_boxes in data["boxes"].items()
                    if sha256 in digests
                }
        # Damaged, written by another version, or just replaced: detect again.
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            continue
    return boxes


def _parse_box(*values: object) -> Detection:
    box = Detection(*values)  # type: ignore[arg-type]
    integers, reals = box[:4], box[4:7]
    if not (
        all(type(side) is int for side in integers)
        and all(isinstance(real, int | float) for real in reals)
        and isinstance(box.fingerprint, str)
    ):
        raise TypeError(f"{values} isn't a box")
    return box


def remove_photos(folder: Path, digests: frozenset[str]) -> None:
    """Remove photos from all caches in a folder."""
    for path in sorted(folder.glob("*.json")):
        try:
            data = parse_json(path.read_bytes())
            boxes = {key: data["boxes"][key] for key in data["boxes"].keys() - digests}
            if len(boxes) < len(data["boxes"]):
                write_boxes(path, data["key"], boxes)
        except (ValueError, KeyError, TypeError, AttributeError):
            path.unlink()


def detector_key(settings: FaceSettings) -> str:
    """Return a digest that changes if the same photo may have other boxes."""
    files = list(DETECTION_CODE)
    if settings.detector == "yunet" and settings.model:
        files.append(settings.model)
    contents = [Path(file).read_bytes() for file in files if Path(file).is_file()]
    facts = [settings.detector, settings.min_side, settings.rotation, cv2.__version__]
    return sha256_of(json.dumps([facts, *map(sha256_of, contents)]).encode())
