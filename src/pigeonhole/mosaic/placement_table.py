"""placement.csv: for each cell its box, its tile, and who made the photo."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from pigeonhole.core.geometry import Size
from pigeonhole.core.tables import read_records, write_rows
from pigeonhole.mosaic.layout import Layout, Numbers, from_boxes
from pigeonhole.photos.ledger import CREDIT_COLUMNS
from pigeonhole.tiles import TileRow

BOX = ("y", "x", "height", "width")
"""A box's columns, as `Layout` has them."""
NUMBERS = (*BOX, "row", "column", "tile", "mirrored", "distance")
COLUMNS = (
    "row",
    "column",
    "x",
    "y",
    "width",
    "height",
    "tile",
    "mirrored",
    "distance",
    "tile_id",
    "photo",
    *CREDIT_COLUMNS,
)


def write_placement(
    path: Path,
    layout: Layout,
    placement: Numbers,
    distances: Numbers,
    rows: Sequence[TileRow],
) -> None:
    """
    Write a placement with all credit, whole or not at all.

    Parameters
    ----------
    path : Path
    layout : Layout
    placement, distances : int64 arrays, shape `layout.shape`
        Numbers from the length of `rows` on are mirror images.
    rows : sequence of TileRow
        Of the tile set, without mirror images.
    """
    write_rows(path, COLUMNS, _cells(layout, placement, distances, rows))


def _cells(
    layout: Layout, placement: Numbers, distances: Numbers, rows: Sequence[TileRow]
) -> Iterator[dict[str, object]]:
    columns = (layout.names, layout.boxes, placement.ravel(), distances.ravel())
    for name, box, number, distance in zip(
        *(column.tolist() for column in columns), strict=True
    ):
        mirrored, tile = divmod(number, len(rows))
        origin = rows[tile]
        yield {
            **dict(zip(("row", "column"), name, strict=True)),
            **dict(zip(BOX, box, strict=True)),
            "tile": tile,
            "mirrored": mirrored,
            "distance": distance,
            "tile_id": origin.id,
            "photo": origin.photo,
            **{column: getattr(origin, column) for column in CREDIT_COLUMNS},
        }


def read_placement(
    path: Path, size: Size, tiles: int
) -> tuple[Layout, Numbers, Numbers]:
    """
    Read a placement.

    Parameters
    ----------
    path : Path
    size : Size
        Of the mosaic.
    tiles : int
        How many the set has, without mirror images.

    Returns
    -------
    layout : Layout
    placement, distances : int64 arrays, shape `layout.shape`

    Raises
    ------
    UnreadableTable
        It is damaged.
    """
    cells = read_records(path, _numbers)
    numbers = np.array(cells, np.int64).reshape(len(cells), len(NUMBERS))
    layout = from_boxes(numbers[:, :4], numbers[:, 4:6], size)
    tile, mirrored, distance = numbers[:, 6:].T
    return (
        layout,
        (tile + tiles * mirrored).reshape(layout.shape),
        distance.reshape(layout.shape),
    )


def _numbers(row: dict[str, str]) -> list[int]:
    values = [int(row[column]) for column in NUMBERS]
    if max(map(abs, values)) >= 2**31 or min(values[2:4]) < 1 or min(values[6:]) < 0:
        raise ValueError("numbers that no cell has")
    return values
