"""Judge boxes: which are kept, and why the others aren't."""

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from pigeonhole.errors import SettingsError
from pigeonhole.faces.table import FaceRow

Key = tuple[str, int, int, int, int]
OVERLAP = 0.3
"""Boxes that share more of their union show the same face."""


def keep_faces(
    faces: Iterable[FaceRow], min_score: float, excluded: frozenset[Key]
) -> list[FaceRow]:
    """
    Return the rows, judged: a person's veto first, then the score, then overlaps.

    Parameters
    ----------
    faces : iterable of FaceRow
    min_score : float
    excluded : set of (photo, x, y, width, height)
    """
    by_photo = defaultdict(list)
    for face in faces:
        by_photo[face.photo].append(face)
    return [
        judged
        for photo in sorted(by_photo)
        for judged in _judge(by_photo[photo], min_score, excluded)
    ]


def _judge(
    faces: list[FaceRow], min_score: float, excluded: frozenset[Key]
) -> list[FaceRow]:
    """Judge the boxes of one photo, the best first."""
    kept: list[FaceRow] = []
    judged = []
    for face in sorted(faces, key=lambda face: (-face.score, face.y, face.x)):
        if (face.photo, face.x, face.y, face.width, face.height) in excluded:
            reason = "excluded by a person"
        elif face.score < min_score:
            reason = f"score below {min_score:g}"
        elif any(overlap(face, other) > OVERLAP for other in kept):
            reason = "overlaps a better box"
        else:
            reason = ""
            kept.append(face)
        judged.append(replace(face, kept=not reason, reason=reason))
    return judged


def overlap(a: FaceRow, b: FaceRow) -> float:
    """Return the intersection of two boxes over their union."""
    wide = min(a.x + a.width, b.x + b.width) - max(a.x, b.x)
    tall = min(a.y + a.height, b.y + b.height) - max(a.y, b.y)
    shared = max(0, wide) * max(0, tall)
    return shared / (a.width * a.height + b.width * b.height - shared)


def read_excluded(path: Path) -> frozenset[Key]:
    """
    Read the list of boxes that a person rejected; no file means none.

    A line holds ``photo x y width height``; blank lines and those that start with
    ``#`` say nothing.

    Raises
    ------
    SettingsError
        A line has another form.
    """
    if not path.is_file():
        return frozenset()
    boxes = set()
    for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        found = re.fullmatch(r"\s*(.+?)\s+(\d+)\s+(\d+)\s+(\d+)\s+(\d+)\s*", line)
        if not found:
            raise SettingsError(
                f"{path} line {number}", line, "write photo x y width height."
            )
        photo, *numbers = found.groups()
        x, y, width, height = map(int, numbers)
        boxes.add((photo, x, y, width, height))
    return frozenset(boxes)
