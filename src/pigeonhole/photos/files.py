"""The pictures in a tree of folders, and which of them we may use."""

import os
import re
from pathlib import Path

SUFFIXES = frozenset(
    {".jpg", ".jpeg", ".png", ".webp", ".avif", ".jp2"}
    | {".tif", ".tiff", ".bmp", ".gif"}
)
"""Endings of the files that a folder source looks at, in lower case."""
FOREIGN = frozenset(
    {".heic", ".heif", ".jxl"}
    | {".dng", ".cr2", ".cr3", ".nef", ".arw", ".orf", ".raf", ".rw2"}
)
"""Endings of photos, as of telephones and cameras, that we can't decode."""
LISTED = SUFFIXES | FOREIGN

WILDCARD = re.compile(r"\{\s*\w+\s*(,.*)?\}", re.DOTALL)
"""What Snakemake would take for a wildcard, wherever a file name comes from."""


def find_pictures(folder: Path) -> list[Path]:
    """
    Return all that looks like a picture below a folder, sorted.

    Those in formats that we can't decode are among them, to be told of.

    Hidden files and folders are left out, and links to folders aren't followed.
    """
    found: list[Path] = []
    for place, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        found += [Path(place, name) for name in names if _is_picture(name)]
    return sorted(found)


def usable_pictures(folder: Path) -> list[Path]:
    """Return those of `find_pictures` that `refusal` has nothing against, sorted."""
    return [path for path in find_pictures(folder) if refusal(path, folder) is None]


def refusal(path: Path, folder: Path) -> str | None:
    """Return why a file is not even opened, or None."""
    if path.suffix.lower() in FOREIGN:
        return f"{path.suffix} isn't read; export it as JPEG"
    if not is_utf8(str(path)):
        return "its name isn't valid UTF-8; rename it"
    if WILDCARD.search(str(path)):
        return "Snakemake takes the braces in its name for a wildcard; rename it"
    if not path.exists():
        return "it's a link that leads nowhere"
    if path.is_symlink() and not path.resolve().is_relative_to(folder.resolve()):
        return "it's a link that leads out of the folder"
    if not path.is_file():
        return "it isn't a file"
    return None


def is_utf8(name: str) -> bool:
    """Tell whether a name can be written to a table."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def _is_picture(name: str) -> bool:
    return not name.startswith(".") and Path(name).suffix.lower() in LISTED
