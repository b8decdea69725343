"""Tables of numbers: rows in the experiments, columns in the figures."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from pigeonhole.files import UnreadableTable, read_records, read_rows, write_rows

Row = Mapping[str, float]
Table = Mapping[str, npt.NDArray[np.float64]]


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
