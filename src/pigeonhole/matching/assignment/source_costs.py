"""Kernels that compare each cell with all tiles of each source."""

import numpy as np

from pigeonhole.core.arrays import AnyArray, ByteArray, Int32Array, Int64Array
from pigeonhole.core.checks import (
    check_array,
    check_indices,
    check_integer,
    check_same_length,
)
from pigeonhole.core.jit import kernel, parallel_kernel, prange
from pigeonhole.matching.assignment.problem import image_sad

CELLS_PER_BLOCK = 16
"""Number of cells that are compared with a tile while it is in the CPU's cache."""


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

    Raises
    ------
    ValueError
        The arrays don't fit together, or a source is out of range.
    """
    check_array("cells", cells, np.uint8, 3)
    check_array("tiles", tiles, np.uint8, 3)
    _check_sources(cells, tiles, sources, count)
    return _least_distances(cells, tiles, sources, count)


def _check_sources(
    cells: AnyArray, tiles: AnyArray, sources: Int64Array, count: int
) -> None:
    if cells.shape[1:] != tiles.shape[1:]:
        raise ValueError(f"cells {cells.shape} don't match tiles {tiles.shape}")
    check_same_length(tiles=tiles, sources=sources)
    count = check_integer("count", count, 1, len(sources))
    check_indices("sources", sources, count)
    if not np.bincount(sources, minlength=count).all():
        raise ValueError("every source must have a tile")


@parallel_kernel
def _least_distances(
    cells: ByteArray, tiles: ByteArray, sources: Int64Array, count: int
) -> tuple[Int32Array, Int32Array]:
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


def least_differences(
    cells: Int64Array, tiles: Int64Array, sources: Int64Array, count: int
) -> tuple[Int32Array, Int32Array]:
    """Do the same for rows of integers, shapes (m, k) and (n, k), instead of images."""
    check_array("cells", cells, np.int64, 2)
    check_array("tiles", tiles, np.int64, 2)
    _check_sources(cells, tiles, sources, count)
    return _least_differences(cells, tiles, sources, count)


@kernel
def _least_differences(
    cells: Int64Array, tiles: Int64Array, sources: Int64Array, count: int
) -> tuple[Int32Array, Int32Array]:
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
