"""The list of false detections: a text file that users and the review page edit."""

from collections.abc import Iterable
from pathlib import Path

from pigeonhole.core.atomic import write_text
from pigeonhole.core.errors import SettingsError
from pigeonhole.core.geometry import Box
from pigeonhole.core.text import read_text
from pigeonhole.photos.removal_list import parse_face

FaceKey = tuple[str, Box]
"""A photo's name and a box in it."""
EXCLUDE_HEADER = "# False detections: photo x y width height."


def read_excluded(path: Path) -> frozenset[FaceKey]:
    """
    Read the list of false detections. A missing file is an empty list.

    A line is ``photo x y width height``. Blank lines and lines that start with ``#``
    are ignored.

    Raises
    ------
    SettingsError
        A line is malformed.
    NotText
        The file isn't UTF-8.
    """
    return _parse_lines(read_text(path).split("\n"), path)


def _parse_lines(lines: Iterable[str], path: Path) -> frozenset[FaceKey]:
    boxes = set()
    for number, line in enumerate(lines, start=1):
        if box := parse_line(line):
            boxes.add(box)
        elif line.strip() and not line.lstrip().startswith("#"):
            hint = "must be photo x y width height."
            raise SettingsError(f"{path} line {number}", line, hint)
    return frozenset(boxes)


def parse_line(line: str) -> FaceKey | None:
    """Parse a line, or return None if it is a comment or malformed."""
    return None if line.lstrip().startswith("#") else parse_face(line)


def edit_excluded(path: Path, add: Iterable[str], remove: Iterable[str]) -> int:
    """
    Add lines to the list and remove others; return the number of boxes afterwards.

    Lines are ``photo x y width height``. Other lines of the file, such as comments, are
    unchanged.
    """
    removed = {parse_line(line) for line in remove} - {None}
    lines = [
        line
        for line in read_text(path).split("\n")
        if not (box := parse_line(line)) or box not in removed
    ]
    listed = {parse_line(line) for line in lines} - {None}
    while lines and not lines[-1].strip():
        lines.pop()
    lines = lines or [EXCLUDE_HEADER]
    lines += [line for line in dict.fromkeys(add) if parse_line(line) not in listed]
    boxes = _parse_lines(lines, path)
    write_text(path, "\n".join(lines) + "\n")
    return len(boxes)
