"""Kernels that compare each cell with all tiles of each source."""

import numpy as np

from pigeonhole.core.arrays import ByteArray, Int32Array, Int64Array
from pigeonhole.core.jit import kernel, parallel_kernel, prange
from pigeonhole.matching.assignment.problem import image_sad

CELLS_PER_BLOCK = 16
"""Number of cells that are compared with a tile while it is in the CPU's cache."""


@parallel_kernel
def least_distances(
    cells: ByteArray, tiles: ByteArray, sources: Int64Array, count: int
) -> tuple[Int32Array, Int32Array]:
    """
    Return the least distance of each cell from the tiles of each source.

    Parameters
    ----------
    cells, tiles : uint8 arrays, shapes (m, cache lines, 64) and (n, cache lines, 64)
        Padded images; distances are sums of absolute differences.
    sources : int64 array, shape (n,)
        Source of each tile, below `count`; every source has a tile.

    Returns
    -------
    distances, numbers : int32 arrays, shape (m, count)
        The least distances, and the lowest number of a tile at this distance.
    """
    m = cells.shape[0]
    costs = np.empty((m, count), np.int32)
    best = np.empty((m, count), np.int32)
    for block in prange((m + CELLS_PER_BLOCK - 1) // CELLS_PER_BLOCK):
        first = block * CELLS_PER_BLOCK
        last = min(first + CELLS_PER_BLOCK, m)
        best[first:last] = -1
        for t in range(tiles.shape[0]):
            s = sources[t]
            for c in range(first, last):
                distance = image_sad(cells, c, tiles, t)
                if best[c, s] < 0 or distance < costs[c, s]:
                    costs[c, s] = distance
                    best[c, s] = t
    return costs, best


@kernel
def least_differences(
    cells: Int64Array, tiles: Int64Array, sources: Int64Array, count: int
) -> tuple[Int32Array, Int32Array]:
    """Do the same for rows of integers, shapes (m, k) and (n, k), instead of images."""
    m, k = cells.shape
    costs = np.empty((m, count), np.int32)
    best = np.full((m, count), -1, np.int32)
    for c in range(m):
        for t in range(tiles.shape[0]):
            distance = np.int64(0)
            for i in range(k):
                distance += abs(cells[c, i] - tiles[t, i])
            s = sources[t]
            if best[c, s] < 0 or distance < costs[c, s]:
                costs[c, s] = distance
                best[c, s] = t
    return costs, best
