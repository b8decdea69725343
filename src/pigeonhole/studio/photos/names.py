"""Names under which uploaded photos are stored: the user's, as far as possible."""

import unicodedata
from collections.abc import Callable, Iterator
from functools import lru_cache
from itertools import count
from pathlib import PurePosixPath

from pigeonhole.core.atomic import short_name
from pigeonhole.photos.files import SUFFIXES, SYSTEM_FOLDERS
from pigeonhole.settings.fields import WINDOWS_DEVICES

SUFFIX_OF_FORMAT = {
    "JPEG": ".jpg",
    "PNG": ".png",
    "GIF": ".gif",
    "WEBP": ".webp",
    "TIFF": ".tif",
    "JPEG2000": ".jp2",
    "BMP": ".bmp",
    "PPM": ".ppm",
    "HEIF": ".heic",
    "AVIF": ".avif",
}
"""The suffix of files without one, by the name of their format."""
MAX_FOLDERS = 8
"""Maximum number of nested folders that are kept; deeper ones are left out."""
_SPARE_BYTES = 35
"""Bytes of a name that its suffix, a number and those of temporary files need."""
_RESERVED = '<>:"/\\|?*'
_JOINERS = "\u200c\u200d"
"""Invisible characters that some scripts and emoji need."""
_THUMBNAIL_FILES = {"thumbs.db", "desktop.ini"}


def is_hidden(name: str, folder: str) -> bool:
    """Return whether a file, or one of its folders, isn't meant to be seen."""
    *folders, file = [*_split(folder), *_split(name)] or [""]
    return (
        file.startswith(".")
        or file.lower() in _THUMBNAIL_FILES
        or any(
            part.startswith(".") or part.lower() in SYSTEM_FOLDERS for part in folders
        )
    )


def is_inside(name: object) -> bool:
    """Return whether a value is a relative path that stays in its folder."""
    if not isinstance(name, str) or not name:
        return False
    path = PurePosixPath(name)
    return not path.is_absolute() and ".." not in path.parts


def safe_path(name: str, folder: str, image_format: str) -> PurePosixPath:
    """
    Return a relative path that is valid on all common file systems.

    Parameters
    ----------
    name : str
        File name, as the user's system writes it.
    folder : str
        Relative path of its folder, with "/" or backslashes; may be empty.
    image_format : str
        Format of the content, which decides the suffix if the name has none of an
        image.
    """
    path = PurePosixPath(*map(safe_name, _split(folder)[:MAX_FOLDERS]))
    file = PurePosixPath((_split(name) or [""])[-1])
    suffix = file.suffix if file.suffix.lower() in SUFFIXES else ""
    stem = safe_name(file.name.removesuffix(suffix))
    return path / f"{stem}{suffix or SUFFIX_OF_FORMAT[image_format]}"


def safe_name(text: str) -> str:
    """Return a name of a file or folder with the characters that all systems allow."""
    normal = unicodedata.normalize("NFC", text)
    kept = "".join("_" if c in _RESERVED else c for c in map(_visible, normal))
    name = short_name(" ".join(kept.split()).strip(" .") or "photo", _SPARE_BYTES)
    # Windows doesn't allow "con", nor "con.jpg".
    if WINDOWS_DEVICES.fullmatch(name.partition(".")[0]):
        name = f"_{name}"
    return name.rstrip(" .")


def numbered(path: PurePosixPath) -> Iterator[PurePosixPath]:
    """Yield a path, and then the same one with the numbers 2, 3, and so on."""
    yield path
    for number in count(2):
        yield path.with_name(f"{path.stem} ({number}){path.suffix}")


@lru_cache(maxsize=100_000)
def folded(name: str) -> str:
    """Return what is equal for names that some file system can't distinguish."""
    return unicodedata.normalize("NFKC", name).casefold()


def first_free(
    path: PurePosixPath, is_taken: Callable[[PurePosixPath], bool]
) -> PurePosixPath:
    """Return the first path of `numbered` that isn't taken."""
    return next(path for path in numbered(path) if not is_taken(path))


def _split(path: str) -> list[str]:
    """Return the parts of a relative path, without those that lead elsewhere."""
    parts = path.replace("\\", "/").split("/")
    return [part for part in parts if part not in ("", ".", "..")]


def _visible(char: str) -> str:
    """Return a character, or a space for one that is invisible or isn't text."""
    hidden = unicodedata.category(char) in {"Cc", "Cf", "Cs", "Cn", "Co", "Zl", "Zp"}
    return " " if hidden and char not in _JOINERS else char
