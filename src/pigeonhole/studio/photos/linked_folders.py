"""Folders of the user that a project reads in place, by links in its photo folder.

If something is left out of a linked folder, the link is replaced by a folder of links
to all else. So every command that reads the photo folder leaves it out, and the user's
folder stays as it is.
"""

import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path, PurePosixPath
from shutil import rmtree
from tempfile import mkdtemp
from typing import NamedTuple

from pigeonhole.core.errors import reason_of
from pigeonhole.imaging.codecs import FORMAT_NAMES
from pigeonhole.photos.files import is_utf8
from pigeonhole.studio.photos.folder_list import FolderUnreadable, list_folders
from pigeonhole.studio.photos.index import FileIndex
from pigeonhole.studio.photos.names import first_free, folded, safe_name


class LinkedFolder(NamedTuple):
    """A folder of the user."""

    name: str
    """Path of the link, relative to the photo folder."""
    path: str
    """The folder."""


class LinkedFolders:
    """The linked folders of a project, with its photo folder and index."""

    def __init__(self, photos: Path, index: FileIndex) -> None:
        self._photos = photos
        self._index = index

    def __iter__(self) -> Iterator[LinkedFolder]:
        split = self._index.split_folders()
        with os.scandir(self._photos) as entries:
            names = sorted(
                entry.name
                for entry in entries
                if entry.name in split
                # A folder that was moved or deleted is listed, so that users notice.
                or (entry.is_symlink() and not entry.is_file())
            )
        for name in filter(is_utf8, names):
            target = split.get(name) or str((self._photos / name).readlink())
            yield LinkedFolder(name, target)

    def those_in(self, names: Iterable[str]) -> set[str]:
        """Return the files and folders that are in a folder of the user, or are one."""
        split = self._index.split_folders()
        return {
            name
            for name in names
            if any(path in split or self._is_link(path) for path in _lineage(name))
        }

    def add(self, path: str) -> str:
        """
        Link a folder and return the name of the link.

        Raises
        ------
        FolderUnreadable
            It can't be used, or is in use.
        """
        folder = self._checked(path)
        taken = {folded(path.name) for path in self._photos.iterdir()}
        name = PurePosixPath(safe_name(folder.name))
        link = self._photos / first_free(name, lambda path: folded(str(path)) in taken)
        try:
            link.symlink_to(folder, target_is_directory=True)
        except (OSError, NotImplementedError):
            reason = "this system doesn't allow links to folders; drop the folder onto "
            reason += "the page instead, which copies its photos"
            raise FolderUnreadable(folder, reason) from None
        return link.name

    def remove(self, name: str) -> None:
        """Remove the link to a folder; the folder itself stays as it is."""
        _delete_links(self._photos / name)
        self._index.forget_folder(name)

    def leave_out(self, name: str) -> None:
        """Leave out a file, or a folder, of a linked folder."""
        path = self._photos
        for part in PurePosixPath(name).parent.parts:
            path = path / part
            if path.is_symlink():
                self._split(path)
        self._index.leave_out(name)
        _delete_links(self._photos / name)

    def update(self) -> None:
        """Link what is new in folders from which something is left out."""
        left_out = self._index.left_out()
        for name, target in self._index.split_folders().items():
            folder = self._photos / name
            if not folder.is_dir() or any(map(self._is_link, _lineage(name))):
                continue
            for link in folder.iterdir():
                if link.is_symlink() and not link.exists():
                    link.unlink()
            with suppress(OSError):
                for entry in sorted(_visible(Path(target))):
                    if f"{name}/{entry}" not in left_out:
                        with suppress(FileExistsError):
                            (folder / entry).symlink_to(Path(target, entry))

    def _is_link(self, name: str) -> bool:
        path = self._photos / name
        return path.is_symlink() and path.is_dir()

    def _split(self, link: Path) -> None:
        """Replace a link to a folder by a folder of links."""
        target = Path(os.path.realpath(link))
        temporary = Path(mkdtemp(prefix=".linked-", dir=self._photos))
        try:
            for name in _visible(target):
                (temporary / name).symlink_to(target / name)
            name = link.relative_to(self._photos).as_posix()
            self._index.split(name, str(target))
            link.unlink()
            temporary.rename(link)
        except OSError as error:
            raise FolderUnreadable(target, reason_of(error)) from None
        finally:
            rmtree(temporary, ignore_errors=True)

    def _checked(self, path: str) -> Path:
        """Return a folder that can be linked."""
        if not is_utf8(path) or "\0" in path:
            raise FolderUnreadable(ascii(path), "its name isn't valid UTF-8; rename it")
        listed = list_folders(path)
        folder = Path(os.path.realpath(listed["path"]))
        if not is_utf8(str(folder)):
            reason = "its name isn't valid UTF-8; rename it"
            raise FolderUnreadable(ascii(str(folder)), reason)
        project = Path(os.path.realpath(self._photos.parent))
        if folder == project or project in folder.parents:
            reason = "it is a part of this project; choose a folder of your photos"
            raise FolderUnreadable(folder, reason)
        if folder in project.parents:
            reason = "this project is inside of it; choose one of its subfolders"
            raise FolderUnreadable(folder, reason)
        for other in self:
            if Path(os.path.realpath(other.path)) == folder:
                reason = f"its photos are in the project already, as {other.name}"
                raise FolderUnreadable(folder, reason)
        if not listed["images"] and not listed["is_more"]:
            raise FolderUnreadable(folder, f"it has no image in {FORMAT_NAMES}")
        return folder


def _lineage(name: str) -> list[str]:
    """Return a relative path and those of the folders above it."""
    path = PurePosixPath(name)
    return [str(part) for part in (path, *path.parents[:-1])]


def _visible(folder: Path) -> list[str]:
    """Return the names in a folder that aren't hidden."""
    names = (path.name for path in folder.iterdir())
    return [name for name in names if not name.startswith(".")]


def _delete_links(path: Path) -> None:
    """Delete a link, or a folder of links and folders of links, and nothing else."""
    if path.is_symlink():
        path.unlink()
        return
    for parent, folders, names in os.walk(path, topdown=False):
        for inner in (Path(parent, name) for name in (*folders, *names)):
            if inner.is_symlink():
                inner.unlink()
        with suppress(OSError):
            Path(parent).rmdir()
