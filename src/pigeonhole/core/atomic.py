"""Files that appear whole or not at all."""

import errno
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from glob import escape
from io import BytesIO
from pathlib import Path
from shutil import disk_usage, rmtree
from tempfile import NamedTemporaryFile, mkdtemp
from typing import BinaryIO

from pigeonhole.core.errors import PigeonholeError


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


# Read once: the only way to read it is to set it, which isn't safe among threads.
_UMASK = _umask()


DRAFT = ".draft"
"""How the names of folders end that are being filled."""
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
"""No space on the disk, none in the user's quota, or a limit on one file."""

ROOM = 2**20
"""Free bytes that Snakemake's own notes about a run fit into."""


class DiskFull(PigeonholeError):
    """There is no room for a file."""

    def __init__(self, path: Path | str, reason: str | None) -> None:
        super().__init__(
            f"{path} can't be written: {reason}. "
            "Make space, then give the command again: what was made before is whole."
        )


def check_room(folder: Path) -> None:
    """Raise `DiskFull` where not even a run's notes would fit."""
    if (free := disk_usage(folder).free) < ROOM:
        raise DiskFull(folder.absolute(), f"its disk has {free >> 10} KB left")


@contextmanager
def telling_of_space(path: Path) -> Iterator[None]:
    """Raise `DiskFull` where there is no room for `path`, or for what it is made of."""
    try:
        yield
    except OSError as error:
        if error.errno in FULL:
            raise DiskFull(path, error.strerror) from None
        raise


@contextmanager
def beside(path: Path) -> Iterator[Path]:
    """Give a name beside `path` to write to; on leaving well, rename it to `path`.

    A killed or failed writer leaves an earlier file at `path` as it was.

    Raises
    ------
    DiskFull
    """
    with telling_of_space(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        with NamedTemporaryFile(
            dir=path.parent, prefix=f".{path.stem}-", suffix=path.suffix, delete=False
        ) as file:
            draft = Path(file.name)
        try:
            yield draft
            # Temporary files are private; what we leave follows the user's umask.
            draft.chmod(0o666 & ~_UMASK)
            draft.replace(path)
        finally:
            draft.unlink(missing_ok=True)


@contextmanager
def beside_folder(path: Path) -> Iterator[Path]:
    """Give a new folder beside `path` to fill; on leaving well, put it at `path`."""
    with telling_of_space(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = Path(mkdtemp(dir=path.parent, prefix=f".{path.name}-", suffix=DRAFT))
        try:
            yield draft
            draft.chmod(0o777 & ~_UMASK)
            if path.exists():
                # A folder can't be replaced in one step; the new one is whole already.
                rmtree(path)
            draft.rename(path)
        finally:
            rmtree(draft, ignore_errors=True)


def forget_drafts(path: Path) -> None:
    """Remove what killed writers of `path`, or of its folder, left beside it."""
    for whole in (path, path.parent):
        for folder in whole.parent.glob(f".{escape(whole.stem)}-*{DRAFT}"):
            rmtree(folder, ignore_errors=True)
    for file in path.parent.glob(f".{escape(path.stem)}-????????.*"):
        if file.is_file():
            file.unlink(missing_ok=True)


def write_bytes(path: Path, content: bytes) -> None:
    """Write `content` to `path`, whole or not at all."""
    with beside(path) as draft:
        draft.write_bytes(content)


def write_made(path: Path, save: Callable[[BinaryIO], object]) -> None:
    """
    Write what a library saves to a file, whole or not at all.

    It saves to memory: NumPy's own writing doesn't say that the disk is full.
    """
    content = BytesIO()
    save(content)
    write_bytes(path, content.getvalue())


def update_bytes(path: Path, content: bytes) -> None:
    """Write `content` to `path`, but leave a file alone that holds it already."""
    if not (path.is_file() and path.read_bytes() == content):
        write_bytes(path, content)


def write_text(path: Path, content: str) -> None:
    """Write `content` to `path` as UTF-8, whole or not at all."""
    write_bytes(path, content.encode())
