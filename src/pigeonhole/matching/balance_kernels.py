"""Kernels of the mixed cost: short lists of tiles, and sweeps over the grid.

All in whole numbers, so that results don't depend on the order of sums. *Far* values
are mean levels of blocks times `LEVEL`, blurred by `WEIGHTS` each way.
"""

import numpy as np
import numpy.typing as npt

from pigeonhole.jit import kernel, parallel_kernel, prange

Rows = npt.NDArray[np.uint8]
Whole = npt.NDArray[np.int32]
Numbers = npt.NDArray[np.int64]

# A Gaussian whose sigma is a block: half a cell, as in quality.json.
WEIGHTS = np.array([2, 8, 12, 8, 2], np.int32)
REACH = len(WEIGHTS) // 2
LEVEL = 4
UNIT = LEVEL * int(WEIGHTS.sum()) ** 2
"""A blurred difference of one level, in far values."""
FINE = 64
"""The weight of the far look is rounded to this part of a pixel."""
SEEN = 2 + 2 * REACH
"""Blocks each way that change with a cell of 2x2 blocks."""
ENDLESS = np.int64(2**62)


@kernel
def sad(a: Rows, b: Rows) -> np.int32:
    """Sum of absolute differences of two rows of bytes."""
    total = np.int32(0)
    for i in range(a.size):
        gap = np.int32(np.int32(a[i]) - np.int32(b[i]))
        total = np.int32(total + np.int32(abs(gap)))
    return total


@parallel_kernel
def short_lists(cells: Rows, tiles: Rows, size: int) -> tuple[Numbers, Numbers]:
    """List each cell's nearest tiles, nearest and lowest first, with distances."""
    numbers = np.zeros((cells.shape[0], size), np.int64)
    near = np.full((cells.shape[0], size), ENDLESS, np.int64)
    for c in prange(cells.shape[0]):
        for t in range(tiles.shape[0]):
            distance = np.int64(sad(cells[c], tiles[t]))
            at = size
            while at > 0 and near[c, at - 1] > distance:
                if at < size:
                    near[c, at] = near[c, at - 1]
                    numbers[c, at] = numbers[c, at - 1]
                at -= 1
            if at < size:
                near[c, at] = distance
                numbers[c, at] = t
    return numbers, near


@kernel
def spread(change: Whole, rows: Whole) -> None:
    """
    Blur a change of 2x2 blocks along the rows.

    Parameters
    ----------
    change : int32 array, shape (2, 2, channels)
    rows : int32 array, shape (2, SEEN * channels)
        Where it goes.
    """
    channels = change.shape[2]
    rows[:] = 0
    for a in range(2):
        for b in range(2):
            for k in range(WEIGHTS.size):
                for channel in range(channels):
                    at = (b + k) * channels + channel
                    seen = WEIGHTS[k] * change[a, b, channel]
                    rows[a, at] = np.int32(rows[a, at] + np.int32(seen))


@kernel
def share(block: int, row: int) -> np.int32:
    """Return what a block counts in a row of the blurred picture."""
    at = row - block
    return WEIGHTS[at] if 0 <= at < WEIGHTS.size else np.int32(0)


@kernel
def far_cost(blurred: Whole, rows: Whole) -> np.int64:
    """Sum of what a window of blurred differences becomes with a change, unsigned."""
    total = np.int64(0)
    for i in range(SEEN):
        first, second = share(0, i), share(1, i)
        line = np.int32(0)
        for j in range(rows.shape[1]):
            change = np.int32(
                np.int32(first * rows[0, j]) + np.int32(second * rows[1, j])
            )
            line = np.int32(line + np.int32(abs(np.int32(blurred[i, j] + change))))
        total += np.int64(line)
    return total


@kernel
def add_change(blurred: Whole, rows: Whole) -> None:
    """Change a window of blurred differences."""
    for i in range(SEEN):
        first, second = share(0, i), share(1, i)
        for j in range(rows.shape[1]):
            blurred[i, j] += np.int32(first * rows[0, j] + second * rows[1, j])


@kernel
def sweep(
    lists: tuple[Numbers, Numbers],
    blocks: Whole,
    placement: Numbers,
    blurred: Whole,
    weight: int,
) -> np.int64:
    """
    Give each cell in turn the listed tile with which the whole costs least.

    Parameters
    ----------
    lists : int64 arrays, shape (rows * columns, size)
        Numbers of tiles and their distances, rising.
    blocks : int32 array, shape (n, 2, 2, channels)
        Mean levels of the tiles' blocks times `LEVEL`.
    placement : int64 array, shape (rows, columns)
        Changed in place.
    blurred : int32 array, (2 * rows + 2 * REACH, (2 * columns + 2 * REACH) * channels)
        Blurred differences of mosaic and target, changed with it.
    weight : int
        What a far value counts, beside distances times `UNIT` * `FINE`.

    Returns
    -------
    int : how many cells changed
    """
    numbers, near = lists
    channels = blocks.shape[3]
    rows = np.zeros((2, SEEN * channels), np.int32)
    changes = np.int64(0)
    for row in range(placement.shape[0]):
        for column in range(placement.shape[1]):
            cell = row * placement.shape[1] + column
            left = 2 * column * channels
            window = blurred[2 * row : 2 * row + SEEN, left : left + SEEN * channels]
            old = placement[row, column]
            best, chosen = ENDLESS, old
            for k in range(numbers.shape[1]):
                cost = near[cell, k] * UNIT * FINE
                # The list rises: what follows is too far by its distance alone.
                if cost >= best:
                    break
                spread(blocks[numbers[cell, k]] - blocks[old], rows)
                cost += weight * far_cost(window, rows)
                if cost < best:
                    best, chosen = cost, numbers[cell, k]
            if chosen != old:
                spread(blocks[chosen] - blocks[old], rows)
                add_change(window, rows)
                placement[row, column] = chosen
                changes += 1
    return changes
