"""Kernels of costs: distances of cells from tiles, known or computed when needed."""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from pigeonhole.core.jit import inlined, kernel, parallel_kernel, prange
from pigeonhole.matching.search.simd import LINE, gap_of

Blocks = npt.NDArray[np.uint8]
"""Pictures, shape (n, lines, LINE), zeros behind the last pixel."""
Costs = npt.NDArray[np.int32]
Numbers = npt.NDArray[np.int64]

Number = int | np.integer[Any]

NOBODY = -1
FAR = np.int64(2**62)


class Pictures(NamedTuple):
    """Cells and tiles, and all their distances if these fit into memory."""

    cells: Blocks
    tiles: Blocks
    costs: Costs


@inlined
def gap(a: Blocks, c: Number, b: Blocks, t: Number) -> np.int32:
    """Return the sum of absolute differences of picture `c` of `a` and `t` of `b`."""
    lines = a.shape[1]
    return gap_of(a, c * lines * LINE, b, t * lines * LINE, lines)


@parallel_kernel
def all_costs(cells: Blocks, tiles: Blocks) -> Costs:
    """Return the distance of every cell from every tile, shape (m, n)."""
    costs = np.empty((cells.shape[0], tiles.shape[0]), np.int32)
    for c in prange(cells.shape[0]):
        for t in range(tiles.shape[0]):
            costs[c, t] = gap(cells, c, tiles, t)
    return costs


@kernel
def cost_row(pictures: Pictures, c: Number) -> Costs:
    """Return the distance of one cell from every tile."""
    if pictures.costs.shape[0]:
        known: Costs = pictures.costs[c]
        return known
    row = np.empty(pictures.tiles.shape[0], np.int32)
    for t in range(row.size):
        row[t] = gap(pictures.cells, c, pictures.tiles, t)
    return row


@kernel
def cost_of(pictures: Pictures, c: Number, t: Number) -> np.int64:
    """Return the distance of a cell from a tile."""
    if pictures.costs.shape[0]:
        return np.int64(pictures.costs[c, t])
    return np.int64(gap(pictures.cells, c, pictures.tiles, t))


@parallel_kernel
def floors(pictures: Pictures, prices: Numbers) -> Numbers:
    """Return each cell's least cost plus price over all tiles."""
    least = np.empty(pictures.cells.shape[0], np.int64)
    for c in prange(least.size):
        row = cost_row(pictures, c)
        best = FAR
        for t in range(row.size):
            best = min(best, np.int64(row[t]) + prices[t])
        least[c] = best
    return least


@kernel
def placed_costs(pictures: Pictures, placed: Numbers) -> Numbers:
    """Return the distance of each cell from its tile."""
    costs = np.empty(placed.size, np.int64)
    for c in range(placed.size):
        costs[c] = cost_of(pictures, c, placed[c])
    return costs
