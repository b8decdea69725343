"""Kernels of matching: arrays in, arrays out, no checks."""

import numpy as np
import numpy.typing as npt

from pigeonhole.jit import kernel, parallel_kernel, prange

Rows = npt.NDArray[np.uint8]
Numbers = npt.NDArray[np.int64]


@kernel
def sad(a: Rows, b: Rows) -> np.int32:
    """Sum of absolute differences of two rows of bytes, below 2**31."""
    total = np.int32(0)
    for i in range(a.size):
        # With every step held in 32 bits LLVM sees the SAD instruction (vpsadbw).
        gap = np.int32(np.int32(a[i]) - np.int32(b[i]))
        total = np.int32(total + np.int32(abs(gap)))
    return total


@parallel_kernel
def nearest_tiles(cells: Rows, tiles: Rows) -> tuple[Numbers, Numbers]:
    """
    Find the closest tile of every cell; of equal tiles the lowest number wins.

    Parameters
    ----------
    cells, tiles : uint8 arrays, shapes (n_cells, n) and (n_tiles > 0, n)

    Returns
    -------
    numbers, distances : int64 arrays, shape (n_cells,)
    """
    numbers = np.zeros(cells.shape[0], np.int64)
    distances = np.zeros(cells.shape[0], np.int64)
    for c in prange(cells.shape[0]):
        best = sad(cells[c], tiles[0])
        number = 0
        for t in range(1, tiles.shape[0]):
            distance = sad(cells[c], tiles[t])
            if distance < best:
                best = distance
                number = t
        numbers[c] = number
        distances[c] = best
    return numbers, distances


@kernel
def paired_distances(cells: Rows, tiles: Rows, numbers: Numbers) -> Numbers:
    """Return the distance of each cell from the tile that was chosen for it."""
    distances = np.zeros(cells.shape[0], np.int64)
    for c in range(cells.shape[0]):
        distances[c] = sad(cells[c], tiles[numbers[c]])
    return distances
