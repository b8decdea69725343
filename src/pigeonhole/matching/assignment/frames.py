"""Kernels of frames under a rule: lists of the nearest tiles, and quick choices."""

import numpy as np

from pigeonhole.core.jit import kernel, parallel_kernel, prange
from pigeonhole.matching.assignment.costs import NOBODY, Number, Numbers
from pigeonhole.matching.assignment.greedy import mark_around
from pigeonhole.matching.search.descriptors import Cells, Plan
from pigeonhole.matching.search.kernels import (
    CHUNK,
    FAR,
    Pool,
    box_distances,
    coarse_near,
)
from pigeonhole.matching.search.simd import LANES, LINE, between, gap_of, lowest_bit

i32 = np.int32
u64 = np.uint64


@kernel
def nearest_allowed(
    cells: Cells,
    i: int,
    pool: Pool,
    plan: Plan,
    uses: Numbers,
    most: int,
    marks: Numbers,
    mark: Number,
    bound: Number,
    numbers: Numbers,
    distances: Numbers,
) -> None:
    """
    List the nearest tiles of a cell that have uses left and not the mark.

    Blocks are searched in rings around the cell, each half as wide again as what is
    inside, until the list can't get better.

    Parameters
    ----------
    uses, marks : int64 arrays, shape (n,)
    bound : int
        No tile farther than this can be on the list.
    numbers, distances : int64 arrays, shape (k,)
        Filled, the nearest first, of equal ones the lowest number; NOBODY and FAR where
        fewer are allowed.
    """
    lines, fine, coarse, projections = cells
    tiles, tile_fine, tile_coarse, low, high, order = pool
    boxes = np.empty((low.shape[0], LANES), np.int32)
    size, more, last = tiles.shape[1], fine.shape[1], numbers.size - 1
    unit, slack = i32(plan.fine_unit), i32(plan.fine_slack)
    worst = i32(bound)
    numbers[:] = NOBODY
    distances[:] = FAR
    done = i32(-1)
    ring = box_distances(projections, i, low, high, boxes)
    while done < worst and done < FAR - 1:
        ring = min(ring, FAR - 1)
        for g in range(boxes.shape[0]):
            left = between(boxes, g * LANES, done, ring)
            while left != u64(0):
                j = lowest_bit(left)
                left &= left - u64(1)
                if boxes[g, j] > worst:
                    continue
                b = g * LANES + j
                limit = i32(worst + i32(plan.coarse_slack)) // i32(plan.coarse_unit)
                near = coarse_near(coarse, i, tile_coarse, b, limit)
                limit = i32(worst + slack) // unit
                while near != u64(0):
                    t = b * LANES + lowest_bit(near)
                    near &= near - u64(1)
                    number = order[t]
                    # The last block is filled up with its last tile.
                    again = t > 0 and number == order[t - 1]
                    if again or uses[number] >= most or marks[number] == mark:
                        continue
                    gap = gap_of(fine, i * more, tile_fine, t * more, more // LINE)
                    if gap > limit:
                        continue
                    gap = gap_of(lines, i * size, tiles, t * size, size // LINE)
                    if gap > worst or (
                        gap == distances[last] and number > numbers[last]
                    ):
                        continue
                    at = last
                    while at > 0 and (
                        distances[at - 1] > gap
                        or (distances[at - 1] == gap and numbers[at - 1] > number)
                    ):
                        distances[at] = distances[at - 1]
                        numbers[at] = numbers[at - 1]
                        at -= 1
                    distances[at] = gap
                    numbers[at] = number
                    worst = i32(min(worst, distances[last]))
                    limit = i32(worst + slack) // unit
        done = ring
        ring = i32(ring + (ring >> 1) + i32(plan.coarse_unit))


@kernel
def farthest(
    cells: Cells, i: int, pool: Pool, places: Numbers, tiles: Numbers
) -> np.int32:
    """Return the largest distance of a cell from some tiles, FAR if one is missing."""
    size = cells.lines.shape[1]
    most = i32(0)
    for t in tiles:
        if t == NOBODY:
            return FAR
        at = places[t] * size
        most = max(most, gap_of(cells.lines, i * size, pool.lines, at, size // LINE))
    return most


@parallel_kernel
def nearest_lists(
    cells: Cells, pool: Pool, plan: Plan, places: Numbers, size: int
) -> tuple[Numbers, Numbers]:
    """
    List the nearest tiles of each cell, the nearest first.

    Parameters
    ----------
    places : int64 array, shape (n,)
        Where each tile stands in the pool.

    Returns
    -------
    numbers, distances : int64 arrays, shape (m, size)
    """
    m = cells.lines.shape[0]
    numbers = np.empty((m, size), np.int64)
    distances = np.empty((m, size), np.int64)
    unused = np.zeros(places.size, np.int64)
    for chunk in prange((m + CHUNK - 1) // CHUNK):
        first = chunk * CHUNK
        for i in range(first, min(m, first + CHUNK)):
            # The cell before tells how far a list reaches at most.
            bound = FAR
            if i > first:
                bound = farthest(cells, i, pool, places, numbers[i - 1])
            nearest_allowed(
                cells,
                i,
                pool,
                plan,
                unused,
                1,
                unused,
                1,
                bound,
                numbers[i],
                distances[i],
            )
    return numbers, distances


@kernel
def place_fast(
    cells: Cells,
    pool: Pool,
    plan: Plan,
    count: int,
    numbers: Numbers,
    turns: Numbers,
    placement: Numbers,
    apart: int,
    most: int,
) -> None:
    """
    Give cells in their turns the first tile on their list that is still allowed.

    Where there is none all tiles are searched.

    Parameters
    ----------
    numbers : int64 array, shape (m, k)
    turns : int64 array, shape (m,)
    placement : int64 array, shape (rows, columns)
        NOBODY; filled.
    """
    uses = np.zeros(count, np.int64)
    marks = np.full(count, NOBODY, np.int64)
    flat = placement.reshape(-1)
    found = np.empty(1, np.int64)
    distance = np.empty(1, np.int64)
    for c in turns:
        mark_around(placement, marks, c, apart, c)
        chosen = np.int64(NOBODY)
        for t in numbers[c]:
            if uses[t] < most and marks[t] != c:
                chosen = t
                break
        if chosen == NOBODY:
            nearest_allowed(
                cells, c, pool, plan, uses, most, marks, c, FAR, found, distance
            )
            chosen = found[0]
        uses[chosen] += 1
        flat[c] = chosen
