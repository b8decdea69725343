"""Files that appear whole or not at all."""

import csv
import errno
import json
import os
import re
import struct
import tokenize
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from glob import escape
from io import BytesIO
from pathlib import Path
from shutil import disk_usage, rmtree
from tempfile import NamedTemporaryFile, mkdtemp
from typing import Any, BinaryIO, TypeVar
from zipfile import BadZipFile

from pigeonhole.errors import PigeonholeError

Row = TypeVar("Row")


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


class NotText(PigeonholeError):
    """A file that a person writes isn't text."""

    def __init__(self, path: Path) -> None:
        super().__init__(f"{path} isn't text: save it again as UTF-8.")


def read_text(path: Path) -> str:
    """Read a file that a person may have written; no file is an empty one.

    Raises
    ------
    NotText
        It isn't UTF-8.
    """
    try:
        return path.read_text("utf-8") if path.is_file() else ""
    except UnicodeDecodeError:
        raise NotText(path) from None


def parse_json(content: str | bytes) -> Any:
    """
    Read JSON that came from outside.

    Halves of surrogate pairs, which JSON can hold and no file of ours, become "?".

    Raises
    ------
    ValueError
        It isn't JSON, or it is nested too deeply for us.
    """
    if isinstance(content, bytes):
        content = content.decode(json.detect_encoding(content))
    try:
        told = json.loads(content)
        if re.search(r"\\u[dD]", content):
            text = json.dumps(told, ensure_ascii=False).encode(errors="replace")
            told = json.loads(text)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    return told


class _Lines(list[str]):
    """A file for a CSV writer; its lines end as everywhere in the project."""

    def write(self, line: str) -> None:
        self.append(line.removesuffix("\r\n") + "\n")


def write_rows(
    path: Path, columns: Sequence[str], rows: Iterable[Mapping[str, object]]
) -> None:
    """Write a CSV table with a header line, whole or not at all."""
    lines = _Lines()
    # The writer quotes what its line end consists of: a "\r" must be quoted, too.
    writer = csv.DictWriter(lines, columns, lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(rows)
    write_text(path, "".join(lines))


DAMAGE = (
    OSError,
    ValueError,
    KeyError,
    TypeError,
    EOFError,
    SyntaxError,
    NotImplementedError,
    RuntimeError,
    MemoryError,
    OverflowError,
    BadZipFile,
    struct.error,
    tokenize.TokenError,
    zlib.error,
)
"""What NumPy's and zip's readers raise at damaged files."""


class UnreadableTable(PigeonholeError):
    """A table that we wrote once is damaged."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(
            f"{path} can't be used as a table: {reason}. "
            "Delete it and run `snakemake --cores 4` to make it again."
        )
        self.reason = reason


def read_rows(path: Path) -> list[dict[str, str]]:
    """Read a CSV table with a header line; see `read_records`."""
    return read_records(path, dict)


def read_records(path: Path, convert: Callable[[dict[str, str]], Row]) -> list[Row]:
    """
    Read a CSV table with a header line, each row as what `convert` makes of it.

    Parameters
    ----------
    path : Path
    convert : callable
        Makes what is wanted of a row; what it raises at a damaged one is told as such.

    Raises
    ------
    UnreadableTable
        It isn't UTF-8 or CSV, or a row isn't what the header or `convert` says.
    """
    with path.open(encoding="utf-8", newline="") as file:
        table = csv.DictReader(file, strict=True)
        try:
            return [convert(_whole(row)) for row in table]
        except UnicodeDecodeError:
            raise UnreadableTable(path, "it isn't text") from None
        except KeyError as error:
            raise UnreadableTable(path, f"it has no column {error}") from None
        except (csv.Error, ValueError, TypeError) as error:
            reason = f"line {table.line_num} is damaged ({error})"
            raise UnreadableTable(path, reason) from None


def _whole(row: dict[str, str]) -> dict[str, str]:
    # Python's reader files surplus cells under None and fills up with None.
    if None in row or None in row.values():
        raise ValueError("more or fewer cells than the header")
    return row
