"""List the folders that the server can read, so that the user can choose one."""

import os
from pathlib import Path
from typing import Any

from pigeonhole.core.errors import PigeonholeError, reason_of
from pigeonhole.photos.files import SUFFIXES, SYSTEM_FOLDERS, is_utf8

MAX_COUNT = 1000
"""Images of a folder are counted up to this number."""
MAX_ENTRIES = 5000
"""Maximum number of files that are looked at to count the images of a folder."""
MAX_ALL_ENTRIES = 100_000
"""Maximum number of files that are looked at for all folders of a list."""
MAX_LISTED = 2000
"""Maximum number of subfolders that are listed."""


class FolderUnreadable(PigeonholeError):
    """A folder can't be listed or linked."""

    def __init__(self, path: Path | str, reason: str) -> None:
        super().__init__(f"{path} can't be used: {reason}.")


def whole_path(path: str) -> Path:
    """Return the folder with a path that the user wrote, or raise FolderUnreadable."""
    folder = Path(os.path.expanduser(path))  # noqa: PTH111 - raises no error
    if "\0" in path or not folder.is_absolute():
        raise FolderUnreadable(path, "write its whole path, from the root")
    return Path(os.path.normpath(folder))


def list_folders(path: str = "") -> dict[str, Any]:
    """
    Return the folders in a folder, with their numbers of images.

    Parameters
    ----------
    path : str
        Empty is the home folder of the user.

    Returns
    -------
    dict
        path, parent (or None), images (number of images in the folder itself and
        below), is_more (whether there are more), and folders: name, path, images,
        is_more.

    Raises
    ------
    FolderUnreadable
    """
    folder = whole_path(path or "~")
    try:
        with os.scandir(folder) as entries:
            names = sorted(
                (entry.name for entry in entries if _is_listed(entry)),
                key=lambda name: (name.casefold(), name),
            )
    except OSError as error:
        raise FolderUnreadable(folder, reason_of(error)) from None
    parent = None if folder == folder.parent else str(folder.parent)
    own, _ = _count(folder, MAX_ENTRIES)
    folders, left = [], MAX_ALL_ENTRIES
    for name in names[:MAX_LISTED]:
        images, seen = _count(folder / name, min(left, MAX_ENTRIES))
        left -= seen
        folders.append({"name": name, "path": str(folder / name), **images})
    return {"path": str(folder), "parent": parent, "folders": folders, **own}


def _count(folder: Path, max_entries: int) -> tuple[dict[str, Any], int]:
    """Return the number of images in a folder and below, and of files looked at."""
    count, seen = 0, 0
    if max_entries <= 0:
        return {"images": 0, "is_more": True}, 0
    for _, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if _is_visible(name)]
        images = [name for name in names if _is_visible(name) and _is_image(name)]
        count, seen = count + len(images), seen + len(names) + len(folders)
        if count > MAX_COUNT or seen > max_entries:
            return {"images": min(count, MAX_COUNT), "is_more": True}, seen
    return {"images": count, "is_more": False}, seen


def _is_listed(entry: os.DirEntry[str]) -> bool:
    try:
        return is_utf8(entry.name) and _is_visible(entry.name) and entry.is_dir()
    except OSError:
        return False


def _is_visible(name: str) -> bool:
    return not name.startswith(".") and name.lower() not in SYSTEM_FOLDERS


def _is_image(name: str) -> bool:
    return Path(name).suffix.lower() in SUFFIXES
