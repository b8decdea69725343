"""What was found in photos seen before, by their content."""

import hashlib
import json
from collections.abc import Mapping, Set
from dataclasses import dataclass
from pathlib import Path

import cv2

from pigeonhole.core.atomic import write_text
from pigeonhole.core.digest import sha256_of
from pigeonhole.core.text import parse_json
from pigeonhole.faces import detect
from pigeonhole.faces.detect import Found
from pigeonhole.imaging import fingerprint as looks
from pigeonhole.settings import FaceSettings

CODE = (str(detect.__file__), str(looks.__file__))
"""An edit of these finds all boxes anew."""


@dataclass(frozen=True, slots=True)
class FaceMemory:
    """
    The boxes of photos, by the sha256 of their files.

    Attributes
    ----------
    mark : str
        The fingerprint of what found them.
    boxes : mapping of sha256 to boxes
    """

    mark: str
    boxes: Mapping[str, list[Found]]

    def write(self, path: Path) -> None:
        """Write the memory; equal ones have equal bytes."""
        boxes = {sha256: self.boxes[sha256] for sha256 in sorted(self.boxes)}
        write_text(path, json.dumps({"mark": self.mark, "boxes": boxes}) + "\n")

    @staticmethod
    def read_all(
        folder: Path | None, mark: str, wanted: Set[str] | None = None
    ) -> dict[str, list[Found]]:
        """
        Return what all memories in a folder hold with this mark, of all photos or some.

        One memory is read after the other: those of a million photos would not fit.
        """
        boxes: dict[str, list[Found]] = {}
        for path in sorted(folder.glob("*.json")) if folder else ():
            try:
                told = parse_json(path.read_bytes())
                if told["mark"] == mark:
                    boxes |= {
                        sha256: [_box(*box) for box in found]
                        for sha256, found in told["boxes"].items()
                        if wanted is None or sha256 in wanted
                    }
            # Damaged, of another version, or just replaced: then it's found anew.
            except (OSError, ValueError, KeyError, TypeError, AttributeError):
                continue
        return boxes


def _box(*told: object) -> Found:
    box = Found(*told)  # type: ignore[arg-type]
    integers, reals = box[:4], box[4:7]
    if not (
        all(type(side) is int for side in integers)
        and all(isinstance(real, int | float) for real in reals)
        and isinstance(box.looks, str)
    ):
        raise TypeError(f"{told} isn't a box")
    return box


def forget_photos(folder: Path, digests: frozenset[str]) -> None:
    """Take photos out of all memories in a folder."""
    for path in sorted(folder.glob("*.json")):
        try:
            told = parse_json(path.read_bytes())
            boxes = {key: told["boxes"][key] for key in told["boxes"].keys() - digests}
            if len(boxes) < len(told["boxes"]):
                FaceMemory(told["mark"], boxes).write(path)
        except (ValueError, KeyError, TypeError, AttributeError):
            path.unlink()


def fingerprint(settings: FaceSettings) -> str:
    """Return what changes when the same photo may give other boxes."""
    facts = {
        "detector": settings.detector,
        "min_side": settings.min_side,
        "turn": settings.turn,
        "opencv": cv2.__version__,
        "code": [sha256_of(Path(file).read_bytes()) for file in CODE],
        "model": "",
    }
    if settings.detector == "yunet" and settings.model:
        model = Path(settings.model)
        facts["model"] = sha256_of(model.read_bytes()) if model.is_file() else ""
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()
