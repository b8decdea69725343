"""Kernels that list the nearest tiles of each cell, in whole numbers."""

import numpy as np
import numpy.typing as npt

from pigeonhole.core.jit import inlined, kernel, parallel_kernel, prange
from pigeonhole.matching.perceptual.structure import Quarters, shape_gap
from pigeonhole.matching.search.descriptors import Cells, Plan
from pigeonhole.matching.search.kernels import (
    FAR,
    TIERS,
    Pool,
    box_distances,
    coarse_near,
)
from pigeonhole.matching.search.simd import LANES, LINE, between, gap_of, lowest_bit

Whole = npt.NDArray[np.int32]
Numbers = npt.NDArray[np.int64]

FINE = 64
"""Weights are rounded to this part of a pixel."""
ENDLESS = np.int64(2**62)
u64 = np.uint64


@inlined
def insert(keys: Numbers, now: int, key: np.int64) -> int:
    """
    Put a key into a rising list and drop the last, without a branch.

    Parameters
    ----------
    keys : int64 array, shape (2, size)
        The list, and room for the next one.
    now : int
        Which of them it is.

    Returns
    -------
    int : which of them is the list now
    """
    then = 1 - now
    keys[then, 0] = min(keys[now, 0], key)
    for k in range(u64(1), u64(keys.shape[1])):
        keys[then, k] = max(keys[now, k - u64(1)], min(keys[now, k], key))
    return then


@parallel_kernel
def short_lists(
    cells: Cells, plan: Plan, pool: Pool, tiles: int, size: int
) -> tuple[Numbers, Numbers]:
    """
    List each cell's nearest tiles, nearest and lowest first, with distances.

    Parameters
    ----------
    cells : Cells
    plan : Plan
        By which the cells and the pool were described.
    pool : Pool
    tiles : int
        How many the pool has, beside those that fill up its last block.
    size : int
        Of a list, no more than there are tiles.

    Notes
    -----
    Successive elimination as in `nearest_tiles`, but by the last of a list, which is so
    far that the fine means take longer than they spare.
    """
    count, breadth = cells.lines.shape
    # Unpacked here, since each look into a tuple counts references.
    cell_lines, _, cell_coarse, projections = cells
    lines, _, coarse, low, high, order = pool
    unit, slack = np.int32(plan.coarse_unit), np.int32(plan.coarse_slack)
    bits = number_bits(tiles)
    numbers = np.empty((count, size), np.int64)
    near = np.empty((count, size), np.int64)
    for c in prange(count):
        boxes = np.empty((low.shape[0], LANES), np.int32)
        least = box_distances(projections, c, low, high, boxes)
        keys = np.full((2, size), np.int64(FAR) << bits, np.int64)
        now, last = 0, FAR
        done = np.int32(-1)
        for tier in range(TIERS):
            # First the nearest block, which fills most of the list.
            reach = max(least, np.int32(last >> (TIERS - 1 - tier))) if tier else least
            for g in range(boxes.shape[0]):
                near_boxes = between(boxes, g * LANES, done, reach)
                while near_boxes != u64(0):
                    j = lowest_bit(near_boxes)
                    near_boxes &= near_boxes - u64(1)
                    if boxes[g, j] > last:
                        continue
                    b = g * LANES + j
                    limit = np.int32(last + slack) // unit
                    left = coarse_near(cell_coarse, c, coarse, b, limit)
                    while left != u64(0):
                        t = b * LANES + lowest_bit(left)
                        left &= left - u64(1)
                        gap = gap_of(
                            cell_lines, c * breadth, lines, t * breadth, breadth // LINE
                        )
                        if gap <= last and t < tiles:
                            key = (np.int64(gap) << bits) + order[t]
                            now = insert(keys, now, key)
                            last = np.int32(keys[now, size - 1] >> bits)
            done = max(done, reach)
        split(keys[now], bits, numbers[c], near[c])
    return numbers, near


@kernel
def number_bits(tiles: int) -> int:
    """
    Return how many bits a tile's number takes.

    A key is what a tile costs, and behind these bits its number, so that keys are in
    the order of lists. A cost is less than 2**15 for each byte of a tile, so that keys
    fit into 63 bits as long as all tiles fit into 2**47 bytes.
    """
    bits = 0
    while tiles >> bits:
        bits += 1
    return bits


@inlined
def split(keys: Numbers, bits: int, numbers: Numbers, costs: Numbers) -> None:
    """Split keys into numbers and costs."""
    for k in range(keys.size):
        numbers[k] = keys[k] & ((np.int64(1) << bits) - 1)
        costs[k] = keys[k] >> bits


@parallel_kernel
def weighed(
    cells: Quarters, tiles: Quarters, lists: tuple[Numbers, Numbers], shape: int
) -> tuple[Numbers, Numbers]:
    """
    Sort lists anew by distance and shape, each with its weight, in `FINE`ths.

    Parameters
    ----------
    cells, tiles : Quarters
    lists : int64 arrays, shape (m, size)
        Numbers and distances.
    shape : int
        What the shape counts; the distance counts the rest of `FINE`.
    """
    count, size = lists[0].shape
    bits = number_bits(tiles.sums.shape[0])
    numbers = np.empty((count, size), np.int64)
    near = np.empty((count, size), np.int64)
    for c in prange(count):
        keys = np.full((2, size), ENDLESS, np.int64)
        now = 0
        for k in range(size):
            tile = lists[0][c, k]
            cost = (FINE - shape) * lists[1][c, k]
            if shape:
                cost += shape * shape_gap(cells, c, tiles, tile)
            now = insert(keys, now, (cost << bits) + tile)
        split(keys[now], bits, numbers[c], near[c])
    return numbers, near
