"""One mosaic: the target's cells, the placed tiles, who made them."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from pigeonhole.files import write_rows
from pigeonhole.images import Picture, to_grey, write_png
from pigeonhole.ledger import CREDIT_COLUMNS
from pigeonhole.matching import cells_of, matcher, render
from pigeonhole.matching.grid import Placement
from pigeonhole.matching.kernels import paired_distances
from pigeonhole.matching.modes import Mode
from pigeonhole.tiles import TileSet

COLUMNS = ("row", "column", "tile", "distance", "tile_id", "photo", *CREDIT_COLUMNS)


@dataclass(frozen=True, slots=True)
class Mosaic:
    """
    A finished mosaic.

    Attributes
    ----------
    placement : int64 array, shape (rows, columns)
    distances : int64 array, shape (rows, columns)
        Sum of absolute differences of each cell and its tile.
    tile_set : TileSet
    """

    placement: Placement
    distances: npt.NDArray[np.int64]
    tile_set: TileSet

    def save(self, picture: Path, table: Path) -> None:
        """Write the mosaic as PNG and its placement with all credit as CSV."""
        write_rows(table, COLUMNS, self._cells())
        write_png(picture, render(self.tile_set.tiles, self.placement))

    def _cells(self) -> Iterator[dict[str, object]]:
        for (row, column), tile in np.ndenumerate(self.placement):
            origin = self.tile_set.rows[int(tile)]
            yield {
                "row": row,
                "column": column,
                "tile": tile,
                "distance": self.distances[row, column],
                "tile_id": origin.id,
                "photo": origin.photo,
                **{name: getattr(origin, name) for name in CREDIT_COLUMNS},
            }


def make_mosaic(frame: Picture, tile_set: TileSet, mode: Mode) -> Mosaic:
    """
    Choose a tile for every cell.

    Parameters
    ----------
    frame : uint8 array, shape (rows * height, columns * width, 3)
        The target, a whole number of cells each way.
    tile_set : TileSet
        Grey tiles are matched with the target's grey.
    mode : {"exact", "mean", "four"}
    """
    tiles = tile_set.tiles
    frame = frame if tiles.ndim == 4 else to_grey(frame)
    placement = matcher(mode, tiles)(frame)
    cells = cells_of(frame, *tiles.shape[1:3]).reshape(placement.size, -1)
    rows = tiles.reshape(len(tiles), -1)
    distances = paired_distances(cells, rows, placement.ravel())
    return Mosaic(placement, distances.reshape(placement.shape), tile_set)
