"""The exact index: for every cell the truly nearest tile."""

import numpy as np
import numpy.typing as npt

from pigeonhole.images import Picture
from pigeonhole.matching.grid import Placement, cells_of
from pigeonhole.matching.kernels import nearest_tiles

# Distances are summed in 32 bits: 255 for each byte must stay below 2**31.
MOST_BYTES = (2**31 - 1) // 255


class TileIndex:
    """
    Finds the nearest tile by the sum of absolute differences over all bytes.

    Parameters
    ----------
    tiles : uint8 array, shape (n, height, width) or (n, height, width, 3)
        At least one tile, none larger than 8,421,504 bytes.

    Raises
    ------
    TypeError, ValueError
        The tiles are of another type or shape.
    """

    def __init__(self, tiles: Picture) -> None:
        if tiles.dtype != np.uint8:
            raise TypeError(f"tiles are uint8, not {tiles.dtype}")
        if tiles.ndim not in (3, 4) or not tiles.size:
            raise ValueError(f"tiles of shape {tiles.shape} can't be indexed")
        if tiles[0].size > MOST_BYTES:
            raise ValueError(f"a tile of {tiles[0].size} bytes is too large")
        self._shape = tiles.shape[1:]
        self._rows = np.ascontiguousarray(tiles).reshape(len(tiles), -1)

    def __len__(self) -> int:
        return len(self._rows)

    def nearest(
        self, cells: Picture
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """
        Find the nearest tile of each cell; of equal tiles the lowest number wins.

        Parameters
        ----------
        cells : uint8 array, shape (m, height, width[, 3])

        Returns
        -------
        numbers, distances : int64 arrays, shape (m,)

        Raises
        ------
        TypeError, ValueError
            The cells aren't like the tiles.
        """
        if cells.dtype != np.uint8:
            raise TypeError(f"cells are uint8, not {cells.dtype}")
        if cells.shape[1:] != self._shape:
            raise ValueError(
                f"cells of {cells.shape[1:]} don't fit tiles of {self._shape}"
            )
        rows = np.ascontiguousarray(cells).reshape(len(cells), self._rows.shape[1])
        return nearest_tiles(rows, self._rows)

    def place(self, frame: Picture) -> Placement:
        """
        Choose the nearest tile for every cell of a frame.

        Parameters
        ----------
        frame : uint8 array, shape (rows * height, columns * width[, 3])

        Returns
        -------
        int64 array, shape (rows, columns)
        """
        grid = cells_of(frame, self._shape[0], self._shape[1])
        numbers, _ = self.nearest(grid.reshape(-1, *grid.shape[2:]))
        return numbers.reshape(grid.shape[:2])
