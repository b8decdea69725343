"""Kernel of steadiness under limits on repetition: arrays in, arrays out, no checks."""

import numpy as np
import numpy.typing as npt

from pigeonhole.core.jit import kernel

Numbers = npt.NDArray[np.int64]


@kernel
def is_near(placement: Numbers, row: int, column: int, tile: int, apart: int) -> bool:
    """Tell whether a tile stands within so many cells of a place."""
    rows, columns = placement.shape
    for y in range(max(0, row - apart), min(rows, row + apart + 1)):
        for x in range(max(0, column - apart), min(columns, column + apart + 1)):
            if placement[y, x] == tile:
                return True
    return False


@kernel
def improve(
    placement: Numbers,
    order: Numbers,
    numbers: Numbers,
    distances: Numbers,
    limits: npt.NDArray[np.float64],
    uses: Numbers,
    apart: int,
    most: int,
) -> None:
    """
    Let cells change to nearer tiles that the others leave them.

    Parameters
    ----------
    placement : int64 array, shape (rows, columns)
        Keeps the rule; changed in place, and keeps it still.
    order : int64 array
        The cells that may change, the first first.
    numbers, distances : int64 arrays, shape (cells, listed)
        Each cell's nearest tiles, the nearest first.
    limits : float64 array, shape (cells,)
        Only a tile that is nearer than this is worth a change.
    uses : int64 array, shape (tiles,)
        How often each tile stands in the placement; kept up.
    apart, most : int
        No tile again within so many cells, and so many uses of each.
    """
    columns = placement.shape[1]
    for c in order:
        row, column = c // columns, c % columns
        for at in range(numbers.shape[1]):
            tile = numbers[c, at]
            if distances[c, at] >= limits[c]:
                break
            if uses[tile] < most and not is_near(placement, row, column, tile, apart):
                uses[placement[row, column]] -= 1
                uses[tile] += 1
                placement[row, column] = tile
                break
