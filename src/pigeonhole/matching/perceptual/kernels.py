"""Kernels of the mixed cost: blurs, and sweeps over the grid.

All in whole numbers, so that results don't depend on the order of sums. *Far* values
are mean levels of blocks times `LEVEL`, blurred by `WEIGHTS` each way.
"""

import numpy as np
import numpy.typing as npt

from pigeonhole.core.jit import inlined, kernel, parallel_kernel, prange
from pigeonhole.matching.search.top_k import ENDLESS, Numbers, Whole

Flags = npt.NDArray[np.bool_]

# A Gaussian whose sigma is a block: half a cell, as in quality.json.
WEIGHTS = np.array([2, 8, 12, 8, 2], np.int32)
REACH = len(WEIGHTS) // 2
LEVEL = 4
UNIT = LEVEL * int(WEIGHTS.sum()) ** 2
"""A blurred difference of one level, in far values."""
SEEN = 2 + 2 * REACH
"""Blocks each way that change with a cell of 2x2 blocks."""


@parallel_kernel
def spreads(blocks: Whole) -> Whole:
    """
    Blur the 2x2 blocks of each tile.

    Parameters
    ----------
    blocks : int32 array, shape (n, 2, 2, channels)

    Returns
    -------
    int32 array, shape (n, SEEN * SEEN * channels)
        Of each tile a window's rows.
    """
    count, channels = blocks.shape[0], blocks.shape[3]
    rows = np.zeros((count, SEEN * SEEN * channels), np.int32)
    for tile in prange(count):
        for a, b in np.ndindex(2, 2):
            for i, j in np.ndindex(WEIGHTS.size, WEIGHTS.size):
                at = ((a + i) * SEEN + b + j) * channels
                for channel in range(channels):
                    rows[tile, at + channel] += (
                        WEIGHTS[i] * WEIGHTS[j] * blocks[tile, a, b, channel]
                    )
    return rows


@inlined
def far_cost(window: Whole, spread: Whole, tile: int) -> np.int64:
    """Sum of what a window of blurred differences becomes with a tile, unsigned."""
    total = np.int32(0)
    for i in range(window.size):
        total = np.int32(total + np.int32(abs(np.int32(window[i] + spread[tile, i]))))
    return np.int64(total)


@inlined
def cheapest(
    lists: tuple[Numbers, Numbers], cell: int, spread: Whole, window: Whole, weight: int
) -> np.int64:
    """Return the listed tile with which the whole costs least; see `sweep`."""
    numbers, near = lists
    best: np.int64 = ENDLESS
    chosen: np.int64 = numbers[cell, 0]
    for k in range(numbers.shape[1]):
        cost = near[cell, k] * UNIT
        # The list rises: what follows is too far by its distance alone.
        if cost >= best:
            break
        cost += weight * far_cost(window, spread, numbers[cell, k])
        if cost < best:
            best, chosen = cost, numbers[cell, k]
    return chosen


@kernel
def sweep(
    lists: tuple[Numbers, Numbers],
    spread: Whole,
    placement: Numbers,
    blurred: Whole,
    weight: int,
    stale: Flags,
) -> np.int64:
    """
    Give each cell in turn the listed tile with which the whole costs least.

    Parameters
    ----------
    lists : int64 arrays, shape (rows * columns, size)
        Numbers of tiles and what they cost from near times `FINE`, rising.
    spread : int32 array, shape (n, SEEN * SEEN * channels)
        What the tiles' blocks are after `spreads`.
    placement : int64 array, shape (rows, columns)
        Changed in place.
    blurred : int32 array, (2 * rows + 2 * REACH, (2 * columns + 2 * REACH) * channels)
        Blurred differences of mosaic and target, changed with it.
    weight : int
        What a far value counts, beside near costs times `UNIT`; above 0.
    stale : bool array, shape (rows, columns)
        Cells around which something has changed since they were looked at, changed
        with it; the others would keep their tiles and are passed over.

    Returns
    -------
    int : how many cells changed
    """
    width = spread.shape[1] // SEEN
    channels = width // SEEN
    window = np.empty(spread.shape[1], np.int32)
    changes = np.int64(0)
    for row in range(placement.shape[0]):
        for column in range(placement.shape[1]):
            if not stale[row, column]:
                continue
            old = placement[row, column]
            top, left = 2 * row, 2 * column * channels
            for i in range(window.size):
                y, x = top + i // width, left + i % width
                window[i] = np.int32(blurred[y, x] - spread[old, i])
            cell = row * placement.shape[1] + column
            chosen = cheapest(lists, cell, spread, window, weight)
            if chosen != old:
                for i in range(window.size):
                    y, x = top + i // width, left + i % width
                    blurred[y, x] = np.int32(window[i] + spread[chosen, i])
                placement[row, column] = chosen
                changes += 1
                for r in range(max(0, row - REACH), min(row + REACH + 1, len(stale))):
                    stale[r, max(0, column - REACH) : column + REACH + 1] = True
            stale[row, column] = False
    return changes
