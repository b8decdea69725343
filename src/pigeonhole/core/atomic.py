"""Write files and folders atomically: completely, or not at all.

A file is written under a temporary name in the same folder, flushed to the disk and
renamed. It survives a killed process and, where the disk honors `fsync`, a power cut.
"""

import errno
import os
import re
import sys
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from fnmatch import fnmatchcase
from glob import escape
from io import BytesIO
from pathlib import Path
from shutil import disk_usage, rmtree
from tempfile import mkdtemp, mkstemp
from typing import BinaryIO

from pigeonhole.core.errors import PigeonholeError, reason_of

# The umask can only be read by setting it, which isn't safe while other threads run.
_UMASK = os.umask(0)
os.umask(_UMASK)

TEMPORARY_SUFFIX = ".draft"
"""Suffix of the names of folders that are still being written."""


DRAFT = re.compile(r"(^|/)\.[^/]+-[a-z0-9_]{8}\.draft/")
"""Part of the path of a file in such a folder."""
TEMPORARY = re.compile(r"(^|/)\.([^/]+)-[a-z0-9_]{8}(?=\.[^/]*$)")
"""Name of a file that is still being written, up to its suffix."""
NAME_BYTES = 255
"""Maximum length of a file's name on all common file systems."""


class OutputError(PigeonholeError):
    """A file or folder can't be written."""

    template = "{path} can't be written: {reason}."

    def __init__(self, path: Path | str, reason: object) -> None:
        super().__init__(self.template.format(path=path, reason=reason))
        self.path, self.reason = path, reason

    def at(self, path: Path | str) -> "OutputError":
        """Return the same error of another path."""
        return type(self)(path, self.reason)


class DiskFull(OutputError):
    """There is no space for a file."""

    template = (
        "{path} can't be written: {reason}. "
        "Free some space and run the command again; finished files are intact."
    )


def check_free_space(folder: Path) -> None:
    """Raise `DiskFull` if less than 1 MB is free, which Snakemake's records need."""
    if (free := disk_usage(folder).free) < 2**20:
        raise DiskFull(folder.absolute(), f"only {free >> 10} KB are free on its disk")


@contextmanager
def translate_disk_full(path: Path | None = None) -> Iterator[None]:
    """Turn errors about a full disk into `DiskFull` with the path of the output."""
    try:
        yield
    except OSError as error:
        # No space on the disk, user quota exceeded, or file larger than allowed.
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            name = path or error.filename or "A file"
            raise DiskFull(name, reason_of(error)) from None
        raise


@contextmanager
def atomic_write(
    path: Path, move: Callable[[Path, Path], object] = Path.replace
) -> Iterator[Path]:
    """
    Yield a temporary path to write to, and rename it to `path` on success by `move`.

    If the block fails, for example with `DiskFull`, or the process is killed, an
    earlier file at `path` stays.
    """
    with translate_disk_full(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        suffix = short_name(path.suffix, NAME_BYTES // 2)
        prefix = f".{short_name(path.stem, 10 + len(os.fsencode(suffix)))}-"
        descriptor, name = mkstemp(suffix, prefix, path.parent)
        os.close(descriptor)
        temporary = Path(name)
        try:
            yield temporary
            # Temporary files are private; the finished file follows the user's umask.
            temporary.chmod(0o666 & ~_UMASK)
            sync_file(temporary)
            move(temporary, path)
            sync_directory(path.parent)
        finally:
            temporary.unlink(missing_ok=True)


@contextmanager
def atomic_directory(path: Path, own: Collection[str]) -> Iterator[Path]:
    """
    Yield a temporary folder to fill, and rename it to `path` on success.

    Files in an older folder are deleted if they match one of the patterns `own` (see
    `delete_own_files`); all others are the user's and move into the new folder.
    """
    with translate_disk_full(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        prefix = f".{short_name(path.name, 10 + len(TEMPORARY_SUFFIX))}-"
        temporary = Path(mkdtemp(TEMPORARY_SUFFIX, prefix, path.parent))
        try:
            yield temporary
            temporary.chmod(0o777 & ~_UMASK)
            sync_tree(temporary)
            # A folder can't be replaced in one step. The new one is complete.
            for file in delete_own_files(path, own):
                moved = temporary / file.relative_to(path)
                if not os.path.lexists(moved):
                    moved.parent.mkdir(parents=True, exist_ok=True)
                    file.rename(moved)
            if path.exists():
                rmtree(path)
            temporary.rename(path)
            sync_directory(path.parent)
        finally:
            rmtree(temporary, ignore_errors=True)


def delete_own_files(folder: Path, own: Collection[str]) -> list[Path]:
    """
    Delete the files of this program in a folder, and folders that are empty then.

    Parameters
    ----------
    folder : Path
        If nothing is left, it is deleted, too.
    own : collection of str
        Patterns of the paths of this program's files in the folder; `*` doesn't match
        "/". What killed processes left of these files is deleted, too.

    Returns
    -------
    list of Path
        The remaining files, which the user put there.
    """
    remaining = []
    for parent, folders, names in os.walk(folder, topdown=False):
        links = [name for name in folders if Path(parent, name).is_symlink()]
        for path in (Path(parent, name) for name in sorted((*names, *links))):
            relative = path.relative_to(folder).as_posix()
            if DRAFT.search(relative) or _matches(
                TEMPORARY.sub(r"\1\2", relative), own
            ):
                path.unlink()
            else:
                remaining.append(path)
        with suppress(OSError):
            Path(parent).rmdir()
    return sorted(remaining)


def _matches(path: str, patterns: Collection[str]) -> bool:
    return any(
        path.count("/") == pattern.count("/") and fnmatchcase(path, pattern)
        for pattern in patterns
    )


def short_name(name: str, spare: int) -> str:
    """
    Return the start of a name that leaves `spare` bytes for other parts of it.

    Bytes that aren't text are left out, because libraries can't write such names.
    """
    start = os.fsencode(name)[: max(0, NAME_BYTES - spare)]
    return start.decode(sys.getfilesystemencoding(), "ignore")


def sync_file(path: Path, flags: int = os.O_RDWR) -> None:
    """Flush a file to the disk; Windows can do this only with write access."""
    descriptor = os.open(path, flags)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_directory(path: Path) -> None:
    """Flush the names in a folder to the disk, on systems that support it."""
    try:
        sync_file(path, os.O_RDONLY)
    except PermissionError:
        # Windows can't open folders.
        pass
    except OSError as error:
        # Some network file systems can't flush folders.
        if error.errno not in (errno.EINVAL, errno.ENOTSUP, errno.EBADF):
            raise


def sync_tree(folder: Path) -> None:
    """Flush all files in a folder and its subfolders to the disk, but no links."""
    for parent, _, names in os.walk(folder):
        for path in (Path(parent, name) for name in names):
            if not path.is_symlink():
                sync_file(path)
        sync_directory(Path(parent))


def remove_temporaries(path: Path) -> None:
    """Remove what killed writers of `path`, or of its folder, left in its place."""
    for target in (path, path.parent):
        pattern = f".{escape(target.stem)}-*{TEMPORARY_SUFFIX}"
        for folder in target.parent.glob(pattern):
            rmtree(folder, ignore_errors=True)
    for file in path.parent.glob(f".{escape(path.stem)}-????????.*"):
        if file.is_file():
            file.unlink(missing_ok=True)


def write_bytes(path: Path, content: bytes) -> None:
    """Write `content` to `path` atomically."""
    with atomic_write(path) as temporary:
        temporary.write_bytes(content)


def write_with(path: Path, save: Callable[[BinaryIO], object]) -> None:
    """
    Write what a library's `save` function writes to a file object, atomically.

    It writes to memory first because NumPy's writers don't report a full disk.
    """
    content = BytesIO()
    save(content)
    write_bytes(path, content.getvalue())


def write_text(path: Path, content: str) -> None:
    """Write `content` to `path` as UTF-8, atomically."""
    write_bytes(path, content.encode())
