"""CSV tables: rows of text, records, or columns of numbers."""

import csv
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from pigeonhole.core.atomic import write_text
from pigeonhole.core.errors import PigeonholeError

Record = TypeVar("Record")


Row = Mapping[str, float]
Table = Mapping[str, npt.NDArray[np.float64]]


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


def read_records(
    path: Path, convert: Callable[[dict[str, str]], Record]
) -> list[Record]:
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


def write_table(path: Path, rows: Sequence[Mapping[str, object]]) -> None:
    """Write rows of the same columns, at least one, as CSV."""
    write_rows(path, list(rows[0]), rows)


def read_table(*parts: Path) -> Table:
    """Read the columns of one table, or of several of the same rows side by side."""
    table = {}
    for part in parts:
        rows = read_numbers(part)
        for name in rows[0]:
            table[name] = np.array([row[name] for row in rows])
    return table


def read_column(path: Path) -> npt.NDArray[np.float64]:
    """Read a table of one column, which may have no rows."""
    return np.array([float(next(iter(row.values()))) for row in read_rows(path)])


def join_tables(parts: Sequence[Path], path: Path) -> None:
    """Write the rows of all parts, one part after the other, as they are."""
    rows = [row for part in parts for row in _some(part, read_rows(part))]
    write_table(path, rows)


def read_numbers(path: Path) -> list[Row]:
    """Read rows of numbers, at least one."""
    return _some(path, read_records(path, _numbers))


def _numbers(row: Mapping[str, str]) -> Row:
    return {name: float(value) for name, value in row.items()}


def _some(path: Path, rows: list[Any]) -> list[Any]:
    if not rows:
        raise UnreadableTable(path, "it has no rows")
    return rows
