"""Kernels of the mixed cost: blurs, and sweeps over the grid.

All in whole numbers, so that results don't depend on the order of sums. *Far* values
are mean levels of blocks times `LEVEL`, blurred by `WEIGHTS` each way.
"""

import numpy as np
import numpy.typing as npt

from pigeonhole.jit import kernel, parallel_kernel, prange
from pigeonhole.matching.short_lists import ENDLESS, Numbers, Whole

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
    Blur the 2x2 blocks of each tile along the rows.

    Parameters
    ----------
    blocks : int32 array, shape (n, 2, 2, channels)

    Returns
    -------
    int32 array, shape (n, 2, SEEN * channels)
    """
    count, channels = blocks.shape[0], blocks.shape[3]
    rows = np.zeros((count, 2, SEEN * channels), np.int32)
    for tile in prange(count):
        for a in range(2):
            for b in range(2):
                for k in range(WEIGHTS.size):
                    for channel in range(channels):
                        at = (b + k) * channels + channel
                        rows[tile, a, at] += WEIGHTS[k] * blocks[tile, a, b, channel]
    return rows


@kernel
def share(block: int, row: int) -> np.int32:
    """Return what a block counts in a row of the blurred picture."""
    at = row - block
    return WEIGHTS[at] if 0 <= at < WEIGHTS.size else np.int32(0)


@kernel
def far_cost(window: Whole, rows: Whole, most: np.int64) -> np.int64:
    """
    Sum of what a window of blurred differences becomes with a tile, unsigned.

    Beyond `most` the rest isn't summed.
    """
    total = np.int64(0)
    for i in range(SEEN):
        first, second = share(0, i), share(1, i)
        line = np.int32(0)
        for j in range(rows.shape[1]):
            added = np.int32(
                np.int32(first * rows[0, j]) + np.int32(second * rows[1, j])
            )
            line = np.int32(line + np.int32(abs(np.int32(window[i, j] + added))))
        total += np.int64(line)
        if total > most:
            break
    return total


@kernel
def add(window: Whole, rows: Whole, sign: int) -> None:
    """Put a tile into a window of blurred differences, or with -1 take it away."""
    for i in range(SEEN):
        first, second = sign * share(0, i), sign * share(1, i)
        for j in range(rows.shape[1]):
            window[i, j] += np.int32(first * rows[0, j] + second * rows[1, j])


@kernel
def cheapest(
    listed: tuple[Numbers, Numbers], rows: Whole, window: Whole, weight: int
) -> np.int64:
    """Return the listed tile with which the whole costs least; see `sweep`."""
    numbers, near = listed
    best: np.int64 = ENDLESS
    chosen: np.int64 = numbers[0]
    for k in range(numbers.size):
        cost = near[k] * UNIT
        # The list rises: what follows is too far by its distance alone.
        if cost >= best:
            break
        most = (best - cost) // weight
        cost += weight * far_cost(window, rows[numbers[k]], most)
        if cost < best:
            best, chosen = cost, numbers[k]
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
    spread : int32 array, shape (n, 2, SEEN * channels)
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
    width = spread.shape[2]
    channels = width // SEEN
    changes = np.int64(0)
    for row in range(placement.shape[0]):
        for column in range(placement.shape[1]):
            if not stale[row, column]:
                continue
            cell = row * placement.shape[1] + column
            left = 2 * column * channels
            window = blurred[2 * row : 2 * row + SEEN, left : left + width]
            old = placement[row, column]
            add(window, spread[old], -1)
            chosen = cheapest((lists[0][cell], lists[1][cell]), spread, window, weight)
            add(window, spread[chosen], 1)
            if chosen != old:
                placement[row, column] = chosen
                changes += 1
                for r in range(max(0, row - REACH), min(row + REACH + 1, len(stale))):
                    stale[r, max(0, column - REACH) : column + REACH + 1] = True
            stale[row, column] = False
    return changes
