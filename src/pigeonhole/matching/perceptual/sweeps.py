"""Kernels that minimize the energy of a placement by sweeps over the grid.

All values are integers, so results don't depend on the order of summation. Low-pass
values are mean levels of blocks, multiplied by `LEVEL_SCALE` and blurred with
`BLUR_WEIGHTS` in both directions.
"""

import numpy as np

from pigeonhole.core.arrays import BoolArray, Int32Array, Int64Array
from pigeonhole.core.jit import inlined, kernel, parallel_kernel, prange
from pigeonhole.matching.search.kernels import INFINITE_COST

# A Gaussian whose standard deviation is one block: half a cell, as in quality.json.
BLUR_WEIGHTS = np.array([2, 8, 12, 8, 2], np.int32)
BLUR_RADIUS = len(BLUR_WEIGHTS) // 2
LEVEL_SCALE = 4
LOWPASS_SCALE = LEVEL_SCALE * int(BLUR_WEIGHTS.sum()) ** 2
"""Low-pass value of a difference of one level."""
WINDOW = 2 + 2 * BLUR_RADIUS
"""Side of the window, in blocks, that a cell of 2x2 blocks affects after the blur."""


@parallel_kernel
def blur_tiles(blocks: Int32Array) -> Int32Array:
    """
    Blur the 2x2 blocks of each tile, shape (n, 2, 2, channels).

    Return the rows of each tile's window, shape (n, WINDOW * WINDOW * channels).
    """
    count, channels = blocks.shape[0], blocks.shape[3]
    windows = np.zeros((count, WINDOW * WINDOW * channels), np.int32)
    for tile in prange(count):
        for a, b in np.ndindex(2, 2):
            for i, j in np.ndindex(BLUR_WEIGHTS.size, BLUR_WEIGHTS.size):
                start = ((a + i) * WINDOW + b + j) * channels
                for channel in range(channels):
                    windows[tile, start + channel] += (
                        BLUR_WEIGHTS[i] * BLUR_WEIGHTS[j] * blocks[tile, a, b, channel]
                    )
    return windows


@inlined
def lowpass_cost(window: Int32Array, blurred_tiles: Int32Array, tile: int) -> np.int64:
    """Return the sum of absolute low-pass errors in a window if a tile is added."""
    total = np.int32(0)
    for i in range(window.size):
        error = np.int32(window[i] + blurred_tiles[tile, i])
        total = np.int32(total + np.int32(abs(error)))
    return np.int64(total)


@inlined
def best_candidate(
    candidates: tuple[Int64Array, Int64Array],
    cell: int,
    blurred_tiles: Int32Array,
    window: Int32Array,
    weight: int,
) -> np.int64:
    """Return the candidate of a cell with the least energy; see `sweep`."""
    numbers, costs = candidates
    best: np.int64 = INFINITE_COST
    chosen: np.int64 = numbers[cell, 0]
    for k in range(numbers.shape[1]):
        cost = costs[cell, k] * LOWPASS_SCALE
        # Candidates are sorted: the local cost of all others is at least this.
        if cost >= best:
            break
        cost += weight * lowpass_cost(window, blurred_tiles, numbers[cell, k])
        if cost < best:
            best, chosen = cost, numbers[cell, k]
    return chosen


@kernel
def sweep(
    candidates: tuple[Int64Array, Int64Array],
    blurred_tiles: Int32Array,
    placement: Int64Array,
    errors: Int32Array,
    weight: int,
    stale: BoolArray,
) -> np.int64:
    """
    Switch each cell in turn to the candidate that minimizes the total energy.

    Parameters
    ----------
    candidates : int64 arrays, shape (rows * columns, size)
        Tile numbers and local costs times `WEIGHT_SCALE`, sorted by cost.
    blurred_tiles : int32 array, as returned by `blur_tiles`
    placement : int64 array, shape (rows, columns)
        Changed in place.
    errors : int32 array
        Low-pass errors of the mosaic, as returned by `blur_blocks`; updated.
    weight : int
        Weight of low-pass errors, relative to local costs times `LOWPASS_SCALE`, above
        0.
    stale : bool array, shape (rows, columns)
        Cells whose surroundings have changed since they were last visited; updated.
        Other cells would keep their tile and are skipped.

    Returns
    -------
    int
        Number of cells that changed.
    """
    width = blurred_tiles.shape[1] // WINDOW
    channels = width // WINDOW
    window = np.empty(blurred_tiles.shape[1], np.int32)
    changes = np.int64(0)
    for row in range(placement.shape[0]):
        for column in range(placement.shape[1]):
            if not stale[row, column]:
                continue
            # Step 1: low-pass errors around the cell without its tile.
            old = placement[row, column]
            top, left = 2 * row, 2 * column * channels
            for i in range(window.size):
                y, x = top + i // width, left + i % width
                window[i] = np.int32(errors[y, x] - blurred_tiles[old, i])
            # Step 2: the candidate with the least energy.
            cell = row * placement.shape[1] + column
            chosen = best_candidate(candidates, cell, blurred_tiles, window, weight)
            # Step 3: update the errors and mark the surroundings as stale.
            if chosen != old:
                for i in range(window.size):
                    y, x = top + i // width, left + i % width
                    errors[y, x] = np.int32(window[i] + blurred_tiles[chosen, i])
                placement[row, column] = chosen
                changes += 1
                first_row = max(0, row - BLUR_RADIUS)
                first_column = max(0, column - BLUR_RADIUS)
                for r in range(first_row, min(row + BLUR_RADIUS + 1, len(stale))):
                    stale[r, first_column : column + BLUR_RADIUS + 1] = True
            stale[row, column] = False
    return changes
