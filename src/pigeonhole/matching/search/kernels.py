"""Kernels of matching: arrays in, arrays out, no checks.

A distance is the sum of absolute differences of bytes. The search is a successive
elimination (Li and Salari 1995) in three steps, each a lower bound of the next:

1. Tiles lie in blocks of `LANES`. A *projection* sums a picture's quarters with signs;
   two pictures' projections differ by no more than the pictures do. Each block knows
   the box of its tiles' projections: blocks whose box is too far are left out.
2. The *coarse* means, at most 4x4 of each channel, of a block's tiles, side by side.
3. The *fine* means, at most 8x8 of each channel.

What remains is compared byte by byte. Numba's rules of speed: intermediates stay in 32
bits, loops have a constant number of turns or start at 0 (else indices are checked for
wraparound), and no views are made inside (they are counted).
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from pigeonhole.core.jit import inlined, kernel, parallel_kernel, prange
from pigeonhole.matching.search.descriptors import Cells, Plan, describe_row, room_for
from pigeonhole.matching.search.simd import (
    EIGHT,
    LANES,
    LINE,
    between,
    eight_within,
    gap_of,
    lowest_bit,
    take_turn,
)

Bytes = npt.NDArray[np.uint8]
Ints = npt.NDArray[np.int32]
Numbers = npt.NDArray[np.int64]

CHUNK = 32
"""Cells that one thread takes at a time, but whole rows of them."""
FAR = np.int32(2**30)
"""More than any distance."""
TIERS = 4
"""Blocks are searched in so many steps of nearness, the nearest first."""
i32 = np.int32
u64 = np.uint64


class Pool(NamedTuple):
    """
    Tiles as the search wants them, in the order of their blocks.

    Attributes
    ----------
    lines : uint8 array, shape (n, whole lines of LINE bytes)
        Their bytes, zeros at the end. The last block is filled up with its last tile.
    fine : uint8 array, shape (n, whole lines of LINE bytes)
        Their fine means, zeros at the end.
    coarse : uint8 array, shape (blocks, EIGHT, groups, EIGHT, EIGHT)
        Their coarse means: for each eight tiles groups with eight means of each tile.
    low, high : int32 arrays, shape (groups of LANES blocks, p, LANES)
        The boxes of the blocks.
    order : int64 array, shape (n,)
        Their own numbers.
    """

    lines: Bytes
    fine: Bytes
    coarse: Bytes
    low: Ints
    high: Ints
    order: Numbers


@inlined
def box_distances(
    projections: Ints, i: int, low: Ints, high: Ints, boxes: Ints
) -> np.int32:
    """Write how far a cell is from each block's box at least; return the least."""
    least = FAR
    for g in range(low.shape[0]):
        for j in range(LANES):
            boxes[g, j] = i32(0)
        for k in range(low.shape[1]):
            x = projections[i, k]
            for j in range(LANES):
                outside = max(i32(low[g, k, j] - x), i32(x - high[g, k, j]))
                boxes[g, j] = max(boxes[g, j], outside)
        for j in range(LANES):
            least = min(least, boxes[g, j])
    return least


@inlined
def coarse_near(
    cell_coarse: Bytes, i: int, coarse: Bytes, b: int, limit: np.int32
) -> np.uint64:
    """Return a word with a 1 for each tile of a block whose coarse means are near."""
    size = cell_coarse.shape[1]
    found = u64(0)
    for v in range(EIGHT):
        at = (b * EIGHT + v) * EIGHT * size
        near = eight_within(cell_coarse, i * size, coarse, at, size // EIGHT, limit)
        found |= near << u64(v * EIGHT)
    return found


@inlined
def fine_gaps(
    cell_fine: Bytes, i: int, fine: Bytes, b: int, chosen: np.uint64, gaps: Ints
) -> int:
    """Write how far the fine means of chosen tiles are; return the nearest's place."""
    size = cell_fine.shape[1]
    for j in range(LANES):
        gaps[j] = FAR
    least, nearest = FAR, 0
    # Without branches but the loop's own: what passes is too hard to foresee.
    while chosen != u64(0):
        j = lowest_bit(chosen)
        chosen &= chosen - u64(1)
        at = (b * LANES + j) * size
        gap = gap_of(cell_fine, i * size, fine, at, size // LINE)
        gaps[j] = gap
        nearest = j if gap < least else nearest
        least = min(least, gap)
    return nearest


@inlined
def nearer(
    cells: Bytes,
    i: int,
    tiles: Bytes,
    t: int,
    order: Numbers,
    best: np.int32,
    number: int,
) -> tuple[np.int32, int]:
    """Compare a cell with one tile; return the better of it and the best so far."""
    size = tiles.shape[1]
    distance = gap_of(cells, i * size, tiles, t * size, size // LINE)
    if distance < best or (distance == best and order[t] < order[number]):
        best, number = distance, t
    return best, number


@parallel_kernel
def nearest_tiles(  # noqa: C901 - parts with branches would count references
    frame: Bytes,
    columns: int,
    plan: Plan,
    signs: Ints,
    pool: Pool,
    threads: int,
) -> tuple[Numbers, Numbers]:
    """
    Find the nearest tile of every cell of a frame; of equal tiles the lowest number.

    Parameters
    ----------
    frame : uint8 array, shape (rows * height, columns * width * channels)
    columns : int
    plan : Plan
    signs : int32 array, shape (p, 4 * channels)
    pool : Pool
    threads : int
        How many take chunks of rows, each the next when it has done one: a thread that
        wakes late or waits for its core has fewer.

    Returns
    -------
    numbers, distances : int64 arrays, shape (rows * columns,)
    """
    rows = frame.shape[0] // plan.height
    numbers = np.empty(rows * columns, np.int64)
    distances = np.empty(rows * columns, np.int64)
    each = max(1, CHUNK // columns)
    most = each * columns
    # Unpacked here, since each look into a tuple counts references.
    tiles, fine, coarse, low, high, order = pool
    coarse_unit, coarse_slack = i32(plan.coarse_unit), i32(plan.coarse_slack)
    fine_unit, fine_slack = i32(plan.fine_unit), i32(plan.fine_slack)
    counter = np.zeros(1, np.int64)
    for _ in prange(threads):
        room = room_for(columns, plan)
        cell_lines = np.zeros((most, tiles.shape[1]), np.uint8)
        cell_fine = np.zeros((most, fine.shape[1]), np.uint8)
        cell_coarse = np.zeros((most, coarse.shape[2] * EIGHT), np.uint8)
        projections = np.zeros((most, signs.shape[0]), np.int32)
        cells = Cells(cell_lines, cell_fine, cell_coarse, projections)
        boxes = np.zeros((low.shape[0], LANES), np.int32)
        gaps = np.zeros(LANES, np.int32)
        turn = take_turn(counter)
        while turn * each < rows:
            first, last = turn * each, min(rows, turn * each + each)
            for row in range(first, last):
                at = (row - first) * columns
                describe_row(frame, row, columns, plan, signs, room, cells, at)
            number = 0
            for i in range((last - first) * columns):
                # A neighbour's tile is a good first guess.
                best, number = nearer(cell_lines, i, tiles, number, order, FAR, number)
                least = box_distances(projections, i, low, high, boxes)
                done = i32(-1)
                for tier in range(TIERS):
                    reach = max(least, i32(best >> (TIERS - 1 - tier)))
                    for g in range(boxes.shape[0]):
                        left = between(boxes, g * LANES, done, reach)
                        while left != u64(0):
                            j = lowest_bit(left)
                            left &= left - u64(1)
                            if boxes[g, j] > best:
                                continue
                            b = g * LANES + j
                            limit = i32(best + coarse_slack) // coarse_unit
                            near = coarse_near(cell_coarse, i, coarse, b, limit)
                            if near == u64(0):
                                continue
                            j = fine_gaps(cell_fine, i, fine, b, near, gaps)
                            if gaps[j] > i32(best + fine_slack) // fine_unit:
                                continue
                            # The nearest by its means makes the limit tight for others.
                            t = b * LANES + j
                            best, number = nearer(
                                cell_lines, i, tiles, t, order, best, number
                            )
                            gaps[j] = FAR
                            limit = i32(best + fine_slack) // fine_unit
                            near = between(gaps, 0, i32(-1), limit)
                            while near != u64(0):
                                t = b * LANES + lowest_bit(near)
                                near &= near - u64(1)
                                best, number = nearer(
                                    cell_lines, i, tiles, t, order, best, number
                                )
                    done = max(done, reach)
                numbers[first * columns + i] = order[number]
                distances[first * columns + i] = best
            turn = take_turn(counter)
    return numbers, distances


@kernel
def paired_distances(cells: Bytes, tiles: Bytes, numbers: Numbers) -> Numbers:
    """
    Return the distance of each cell from the tile that was chosen for it.

    Parameters
    ----------
    cells, tiles : uint8 arrays, shapes (m, n) and (n_tiles, n)
    numbers : int64 array, shape (m,)
    """
    distances = np.zeros(cells.shape[0], np.int64)
    for c in range(cells.shape[0]):
        total = np.int64(0)
        for i in range(cells.shape[1]):
            total += abs(np.int64(cells[c, i]) - np.int64(tiles[numbers[c], i]))
        distances[c] = total
    return distances
