"""CSV tables: rows of text, records, or columns of numbers."""

import csv
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import fields
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
    """A file-like list of lines for a CSV writer, each ending in a newline."""

    def write(self, line: str) -> None:
        self.append(line.removesuffix("\r\n") + "\n")


def write_rows(
    path: Path, columns: Sequence[str], rows: Iterable[Mapping[str, object]]
) -> None:
    """Write a CSV table with a header line, atomically."""
    lines = _Lines()
    # The writer quotes cells that contain a character of its line terminator. "\r"
    # must be quoted too, so it is part of the terminator here.
    writer = csv.DictWriter(lines, columns, lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(rows)
    write_text(path, "".join(lines))


class UnreadableTable(PigeonholeError):
    """A table written by this program is damaged."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(
            f"{path} can't be used as a table: {reason}. "
            "Delete it and run `snakemake --cores 4` to rebuild it."
        )
        self.reason = reason


def read_rows(path: Path) -> list[dict[str, str]]:
    """Read a CSV table with a header line; see `read_records`."""
    return read_records(path, dict)


def read_records(
    path: Path,
    convert: Callable[[dict[str, str]], Record],
    *,
    may_be_empty: bool = True,
) -> list[Record]:
    """
    Read a CSV table with a header line and convert each row to a record.

    Raise `UnreadableTable` if the file isn't CSV in UTF-8, a row doesn't match the
    header, or `convert` raises KeyError, ValueError or TypeError. A table without rows
    needs the columns that `convert` looks up, too.
    """
    with path.open(encoding="utf-8-sig", newline="") as file:
        table = csv.DictReader(file, strict=True)
        try:
            _check_header(table.fieldnames, convert)
            records = [convert(_complete(row)) for row in table]
        except UnicodeDecodeError:
            raise UnreadableTable(path, "it isn't text in UTF-8") from None
        except KeyError as error:
            raise UnreadableTable(path, f"it has no column {error}") from None
        except (csv.Error, ValueError, TypeError) as error:
            reason = f"line {table.line_num} is damaged ({error})"
            raise UnreadableTable(path, reason) from None
    if not (records or may_be_empty):
        raise UnreadableTable(path, "it has no rows")
    return records


def _check_header(
    columns: Sequence[str] | None, convert: Callable[[dict[str, str]], object]
) -> None:
    """Raise KeyError if a column is missing, or ValueError if there are none."""
    if not columns:
        raise ValueError("it has no header")
    try:
        convert(dict.fromkeys(columns, "0"))
    except (ValueError, TypeError):
        # Not a valid row, but one with all columns.
        return


def record_parser(record_type: type[Record]) -> Callable[[Mapping[str, str]], Record]:
    """Return a function that converts a row to a dataclass, by its fields' types."""
    columns = fields(record_type)  # type: ignore[arg-type]
    types: dict[str, Any] = {column.name: column.type for column in columns}
    # Large tables repeat many texts, which are kept in memory once.
    types = {name: sys.intern if kind is str else kind for name, kind in types.items()}
    return lambda row: record_type(
        **{name: convert(row[name]) for name, convert in types.items()}
    )


def _complete(row: dict[str, str]) -> dict[str, str]:
    # DictReader collects surplus cells under the key None and fills up with None.
    if None in row or None in row.values():
        raise ValueError("more or fewer cells than the header")
    return row


def write_table(path: Path, rows: Sequence[Mapping[str, object]]) -> None:
    """Write rows as CSV; there must be at least one, and all have the same columns."""
    write_rows(path, list(rows[0]), rows)


def read_table(*paths: Path) -> Table:
    """Read the columns of one table, or of several tables about the same rows."""
    return {
        name: np.array([row[name] for row in rows])
        for rows in map(read_numbers, paths)
        for name in rows[0]
    }


def read_column(path: Path) -> npt.NDArray[np.float64]:
    """Read a table with a single column, which may be empty."""
    return np.array([float(next(iter(row.values()))) for row in read_rows(path)])


def join_tables(shards: Sequence[Path], path: Path) -> None:
    """Concatenate tables with the same columns."""
    rows = [
        row for shard in shards for row in read_records(shard, dict, may_be_empty=False)
    ]
    write_table(path, rows)


def read_numbers(path: Path) -> list[Row]:
    """Read a table of numbers with at least one row."""
    return read_records(
        path, lambda row: {key: float(row[key]) for key in row}, may_be_empty=False
    )
