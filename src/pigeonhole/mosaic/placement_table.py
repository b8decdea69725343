"""Write and read placement.csv: the box, tile and photo credit of each cell."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from pigeonhole.core.arrays import Int64Array
from pigeonhole.core.geometry import Size
from pigeonhole.core.tables import read_records, write_rows
from pigeonhole.mosaic.layout import Layout, layout_from_boxes
from pigeonhole.photos.ledger import CREDIT_COLUMNS
from pigeonhole.tiles import TileRow

BOX = ("y", "x", "height", "width")
"""Columns of a box, in the order of `Layout.boxes`."""
NUMBERS = (*BOX, "row", "column", "tile", "mirrored", "distance")
CELL_COLUMNS = ("row", "column", "x", "y", "width", "height")
TILE_COLUMNS = ("tile", "mirrored", "distance", "tile_id", "photo", *CREDIT_COLUMNS)


def write_placement(
    path: Path,
    layout: Layout,
    placement: Int64Array,
    distances: Int64Array,
    rows: Sequence[TileRow],
) -> None:
    """
    Write a placement with the credit of each tile.

    Parameters
    ----------
    path : Path
    layout : Layout
    placement, distances : int64 arrays, shape `layout.shape`
        Tile numbers from ``len(rows)`` on are mirror images.
    rows : sequence of TileRow
        Without mirror images.
    """
    records = _records(layout, placement, distances, rows)
    write_rows(path, CELL_COLUMNS + TILE_COLUMNS, records)


def _records(
    layout: Layout,
    placement: Int64Array,
    distances: Int64Array,
    rows: Sequence[TileRow],
) -> Iterator[dict[str, object]]:
    columns = (layout.labels, layout.boxes, placement.ravel(), distances.ravel())
    lists = (column.tolist() for column in columns)
    for label, box, number, distance in zip(*lists, strict=True):
        mirrored, tile = divmod(number, len(rows))
        row = rows[tile]
        yield {
            **dict(zip(NUMBERS, (*box, *label, tile, mirrored, distance), strict=True)),
            "tile_id": row.id,
            **{column: getattr(row, column) for column in ("photo", *CREDIT_COLUMNS)},
        }


def read_placement(
    path: Path, size: Size, tiles: int
) -> tuple[Layout, Int64Array, Int64Array]:
    """
    Read layout, placement and distances, the arrays in the shape of the layout.

    Parameters
    ----------
    path : Path
    size : Size
        Size of the mosaic.
    tiles : int
        Number of tiles in the set, without mirror images.

    Raises
    ------
    UnreadableTable
        The file is damaged.
    """
    records = read_records(path, _parse_numbers, may_be_empty=False)
    numbers = np.array(records, np.int64).reshape(len(records), len(NUMBERS))
    layout = layout_from_boxes(numbers[:, :4], numbers[:, 4:6], size)
    tile, mirrored, distance = numbers[:, 6:].T
    placement = (tile + tiles * mirrored).reshape(layout.shape)
    return layout, placement, distance.reshape(layout.shape)


def _parse_numbers(row: dict[str, str]) -> list[int]:
    values = [int(row[column]) for column in NUMBERS]
    if max(map(abs, values)) >= 2**31 or min(values[2:4]) < 1 or min(values[6:]) < 0:
        raise ValueError("a number is out of range")
    return values
