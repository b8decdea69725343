"""Find the image files in a folder, and those that can't be used."""

import os
import re
from pathlib import Path

from pigeonhole.photos.ledger import Rejection

SUFFIXES = frozenset(
    {".jpg", ".jpeg", ".png", ".webp", ".avif", ".jp2"}
    | {".tif", ".tiff", ".bmp", ".gif"}
)
"""Suffixes of the formats that can be decoded, in lower case."""
UNSUPPORTED_SUFFIXES = frozenset(
    {".heic", ".heif", ".jxl"}
    | {".dng", ".cr2", ".cr3", ".nef", ".arw", ".orf", ".raf", ".rw2"}
)
"""Suffixes of formats of phones and cameras that can't be decoded."""

SNAKEMAKE_WILDCARD = re.compile(r"\{\s*\w+\s*(,.*)?\}", re.DOTALL)
"""What Snakemake mistakes for a wildcard in any file name."""


def find_images(folder: Path) -> list[Path]:
    """
    Return the image files below a folder, sorted.

    Files in unsupported formats are included, so that they can be reported. Hidden
    files and folders are left out. Links to folders aren't followed.
    """
    paths: list[Path] = []
    for parent, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        paths += [Path(parent, name) for name in names if _is_image(name)]
    return sorted(paths)


def usable_images(folder: Path) -> list[Path]:
    """Return the files of `find_images` that `check_file` accepts, sorted."""
    return [path for path in find_images(folder) if check_file(path, folder) is None]


def check_file(path: Path, folder: Path) -> tuple[Rejection, str] | None:
    """Return why a file can't be opened, as a reason and in words, or None."""
    if path.suffix.lower() in UNSUPPORTED_SUFFIXES:
        detail = f"{path.suffix} isn't supported; export it as JPEG"
        return Rejection.UNSUPPORTED_FORMAT, detail
    if not is_utf8(str(path)):
        return Rejection.UNUSABLE_NAME, "its name isn't valid UTF-8; rename it"
    if SNAKEMAKE_WILDCARD.search(str(path)):
        detail = "Snakemake takes the braces in its name for a wildcard; rename it"
        return Rejection.UNUSABLE_NAME, detail
    if not path.exists():
        return Rejection.BAD_LINK, "it is a broken link"
    if path.is_symlink() and not path.resolve().is_relative_to(folder.resolve()):
        return Rejection.BAD_LINK, "it is a link to a file outside the folder"
    if not path.is_file():
        return Rejection.NOT_A_FILE, "it isn't a regular file"
    return None


def is_utf8(name: str) -> bool:
    """Return whether a file name can be encoded as UTF-8."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def _is_image(name: str) -> bool:
    suffix = Path(name).suffix.lower()
    return not name.startswith(".") and suffix in SUFFIXES | UNSUPPORTED_SUFFIXES
