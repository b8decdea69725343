"""Kernels that list the nearest tiles of each cell, in whole numbers."""

import numpy as np
import numpy.typing as npt

from pigeonhole.jit import kernel, parallel_kernel, prange

Rows = npt.NDArray[np.uint8]
Whole = npt.NDArray[np.int32]
Numbers = npt.NDArray[np.int64]
Planes = npt.NDArray[np.uint8]
"""Channel after channel, shape (channels, pixels), of many (m, channels, pixels)."""

FINE = 64
"""Weights are rounded to this part of a pixel."""
ENDLESS = np.int64(2**62)


@kernel
def sad(a: Rows, b: Rows) -> np.int32:
    """Sum of absolute differences of two rows of bytes."""
    total = np.int32(0)
    for i in range(a.size):
        gap = np.int32(np.int32(a[i]) - np.int32(b[i]))
        total = np.int32(total + np.int32(abs(gap)))
    return total


@kernel
def shape_gap(a: Planes, b: Planes) -> np.int64:
    """
    Sum of absolute differences of two pictures once their means are alike.

    In each channel the mean difference is taken away, in whole levels: the shape of
    light and dark is left, which is what SSIM looks for.
    """
    pixels = a.shape[1]
    total = np.int64(0)
    for channel in range(a.shape[0]):
        whole = np.int32(0)
        for i in range(pixels):
            gap = np.int32(np.int32(a[channel, i]) - np.int32(b[channel, i]))
            whole = np.int32(whole + gap)
        # Rounded to the nearest, half of a level up.
        mean = np.int32((2 * np.int64(whole) + pixels) // (2 * pixels))
        rest = np.int32(0)
        for i in range(pixels):
            gap = np.int32(np.int32(a[channel, i]) - np.int32(b[channel, i]))
            rest = np.int32(rest + np.int32(abs(np.int32(gap - mean))))
        total += np.int64(rest)
    return total


@kernel
def insert(
    numbers: Numbers, near: Numbers, filled: int, number: np.int64, cost: np.int64
) -> int:
    """Put a tile into a list, cheapest and lowest first; return the list's length."""
    at = filled
    while at > 0 and (
        near[at - 1] > cost or (near[at - 1] == cost and numbers[at - 1] > number)
    ):
        if at < near.size:
            near[at], numbers[at] = near[at - 1], numbers[at - 1]
        at -= 1
    if at < near.size:
        near[at], numbers[at] = cost, number
    return min(filled + 1, near.size)


@kernel
def least_gap(a: Whole, b: Whole) -> np.int64:
    """Return what two rows differ by at least, by the sums of their parts."""
    total = np.int32(0)
    for i in range(a.size):
        total = np.int32(total + np.int32(abs(np.int32(a[i] - b[i]))))
    return np.int64(total)


@parallel_kernel
def short_lists(
    cells: tuple[Rows, Whole],
    tiles: tuple[Rows, Whole],
    order: Numbers,
    totals: Numbers,
    size: int,
) -> tuple[Numbers, Numbers]:
    """
    List each cell's nearest tiles, nearest and lowest first, with distances.

    Parameters
    ----------
    cells, tiles : uint8 array, shape (m, bytes), and int32 array, shape (m, parts)
        Pixels, and sums of parts that share no pixel.
    order : int64 array, shape (n,)
        Tiles by the sum of all their bytes.
    totals : int64 array, shape (n,)
        These sums, rising.
    size : int
        Of a list, no more than there are tiles.

    Notes
    -----
    Successive elimination: pixels differ by no less than their sums. From a cell's own
    sum on, tiles are gone through to both sides, until none can be near enough.
    """
    count = cells[0].shape[0]
    numbers = np.zeros((count, size), np.int64)
    near = np.full((count, size), ENDLESS, np.int64)
    for c in prange(count):
        pixels, parts = cells[0][c], cells[1][c]
        whole = np.int64(0)
        for i in range(parts.size):
            whole += np.int64(parts[i])
        above = np.searchsorted(totals, whole)
        below = above - 1
        filled = 0
        while below >= 0 or above < totals.size:
            up = totals[above] - whole if above < totals.size else ENDLESS
            down = whole - totals[below] if below >= 0 else ENDLESS
            if min(up, down) > near[c, size - 1]:
                break
            if up <= down:
                tile = order[above]
                above += 1
            else:
                tile = order[below]
                below -= 1
            if least_gap(parts, tiles[1][tile]) <= near[c, size - 1]:
                distance = np.int64(sad(pixels, tiles[0][tile]))
                filled = insert(numbers[c], near[c], filled, tile, distance)
    return numbers, near


@parallel_kernel
def weighed(
    cells: Planes, tiles: Planes, lists: tuple[Numbers, Numbers], shape: int
) -> tuple[Numbers, Numbers]:
    """
    Sort lists anew by distance and shape, each with its weight, in `FINE`ths.

    Parameters
    ----------
    cells, tiles : uint8 arrays, shapes (m, channels, pixels) and (n, ...)
    lists : int64 arrays, shape (m, size)
        Numbers and distances.
    shape : int
        What the shape counts; the distance counts the rest of `FINE`.
    """
    numbers = np.zeros_like(lists[0])
    near = np.full_like(lists[1], ENDLESS)
    for c in prange(cells.shape[0]):
        for k in range(numbers.shape[1]):
            tile = lists[0][c, k]
            cost = (FINE - shape) * lists[1][c, k]
            if shape:
                cost += shape * shape_gap(cells[c], tiles[tile])
            insert(numbers[c], near[c], k, tile, cost)
    return numbers, near
