"""The list of boxes that a person rejects: a plain text file."""

from collections.abc import Iterable
from pathlib import Path

from pigeonhole.core.atomic import write_text
from pigeonhole.core.errors import SettingsError
from pigeonhole.core.text import read_text
from pigeonhole.photos.removal_list import parse_face

Key = tuple[str, int, int, int, int]
EXCLUDED = "excluded by a person"
"""The reason that faces.csv gives."""
HEADER = "# Boxes that show no face: photo x y width height."


def read_excluded(path: Path) -> frozenset[Key]:
    """
    Read the list of boxes that a person rejected; no file means none.

    A line holds ``photo x y width height``; blank lines and those that start with
    ``#`` say nothing.

    Raises
    ------
    SettingsError
        A line has another form.
    NotText
        The file isn't UTF-8.
    """
    return read_lines(read_text(path).split("\n"), path)


def read_lines(lines: Iterable[str], path: Path) -> frozenset[Key]:
    """Read the lines of the list at a path; see `read_excluded`."""
    boxes = set()
    for number, line in enumerate(lines, start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        box = box_of(line)
        if box is None:
            raise SettingsError(
                f"{path} line {number}", line, "write photo x y width height."
            )
        boxes.add(box)
    return frozenset(boxes)


def box_of(line: str) -> Key | None:
    """Read one line; none if it has another form."""
    face = None if line.lstrip().startswith("#") else parse_face(line)
    return face and (face[0], *face[1])


def edit_excluded(path: Path, add: Iterable[str], remove: Iterable[str]) -> int:
    """
    Add lines to the list and take others out, whole or not at all.

    Parameters
    ----------
    path : Path
        What else it holds stays as it is.
    add, remove : iterable of str
        Lines of the list's form.

    Returns
    -------
    int
        How many boxes the list holds now.
    """
    old = read_text(path)
    gone = {box_of(line) for line in remove} - {None}
    lines = [
        line for line in old.split("\n") if not (box := box_of(line)) or box not in gone
    ]
    there = {box_of(line) for line in lines} - {None}
    while lines and not lines[-1].strip():
        lines.pop()
    lines = lines or [HEADER]
    lines += [line for line in dict.fromkeys(add) if box_of(line) not in there]
    boxes = read_lines(lines, path)
    write_text(path, "\n".join(lines) + "\n")
    return len(boxes)
