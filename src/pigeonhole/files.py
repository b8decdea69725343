"""Files that appear whole or not at all."""

import csv
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from shutil import rmtree
from tempfile import NamedTemporaryFile, mkdtemp


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


# Read once: the only way to read it is to set it, which isn't safe among threads.
_UMASK = _umask()


@contextmanager
def beside(path: Path) -> Iterator[Path]:
    """Give a name beside `path` to write to; on leaving well, rename it to `path`.

    A killed or failed writer leaves an earlier file at `path` as it was.
    """
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
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(mkdtemp(dir=path.parent, prefix=f".{path.name}-"))
    try:
        yield draft
        draft.chmod(0o777 & ~_UMASK)
        if path.exists():
            # A folder can't be replaced in one step; the new one is whole already.
            rmtree(path)
        draft.rename(path)
    finally:
        rmtree(draft, ignore_errors=True)


def write_bytes(path: Path, content: bytes) -> None:
    """Write `content` to `path`, whole or not at all."""
    with beside(path) as draft:
        draft.write_bytes(content)


def update_bytes(path: Path, content: bytes) -> None:
    """Write `content` to `path`, but leave a file alone that holds it already."""
    if not (path.is_file() and path.read_bytes() == content):
        write_bytes(path, content)


def write_text(path: Path, content: str) -> None:
    """Write `content` to `path` as UTF-8, whole or not at all."""
    write_bytes(path, content.encode())


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


def read_rows(path: Path) -> list[dict[str, str]]:
    """Read a CSV table with a header line."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
