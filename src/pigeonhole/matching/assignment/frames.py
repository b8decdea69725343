"""Kernels that place a frame under limits on repetition, cell by cell."""

import numpy as np

from pigeonhole.core.arrays import Int64Array
from pigeonhole.core.jit import kernel
from pigeonhole.matching.assignment.greedy import mark_nearby_tiles
from pigeonhole.matching.assignment.problem import UNASSIGNED
from pigeonhole.matching.search.descriptor_kernels import Descriptors, Pyramid
from pigeonhole.matching.search.kernels import (
    INFINITE_DISTANCE,
    TileBlocks,
    block_bounds,
    coarse_candidates,
    keep_nearer,
    next_block,
)
from pigeonhole.matching.search.simd import CACHE_LINE, MASK_LANES, lowest_bit, sad

i32 = np.int32
u64 = np.uint64


@kernel
def nearest_allowed(
    cells: Descriptors,
    i: int,
    blocks: TileBlocks,
    pyramid: Pyramid,
    uses: Int64Array,
    max_uses: int,
    marks: Int64Array,
) -> np.int64:
    """
    Return the nearest tile of cell `i` among those with uses left and another mark.

    Successive elimination as in `nearest_tiles`. The blocks are searched in rings of
    increasing lower bounds; each ring reaches half as far again as the one before.
    """
    cell_pixels, cell_fine, cell_coarse, projections = cells
    pixels, fine, coarse, low, high, order = blocks
    bounds = np.empty((low.shape[0], MASK_LANES), np.int32)
    fine_size = fine.shape[1]
    coarse_unit, coarse_slack = i32(pyramid.coarse_unit), i32(pyramid.coarse_slack)
    fine_unit, fine_slack = i32(pyramid.fine_unit), i32(pyramid.fine_slack)
    best, nearest = INFINITE_DISTANCE, 0
    # Step 1: lower bound of each block from the projections.
    done = i32(-1)
    ring = block_bounds(projections, i, low, high, bounds)
    while done < best and done < INFINITE_DISTANCE - 1:
        ring = min(ring, INFINITE_DISTANCE - 1)
        group, pending = -1, u64(0)
        while True:
            group, pending, b = next_block(bounds, group, pending, done, ring, best)
            if b < 0:
                break
            # Step 2: candidates by their coarse means.
            limit = i32(best + coarse_slack) // coarse_unit
            candidates = coarse_candidates(cell_coarse, i, coarse, b, limit)
            while candidates != u64(0):
                t = b * MASK_LANES + lowest_bit(candidates)
                candidates &= candidates - u64(1)
                if uses[order[t]] >= max_uses or marks[order[t]] == i:
                    continue
                # Step 3: fine means.
                lines = fine_size // CACHE_LINE
                distance = sad(cell_fine, i * fine_size, fine, t * fine_size, lines)
                if distance > i32(best + fine_slack) // fine_unit:
                    continue
                # Step 4: SAD.
                best, nearest = keep_nearer(
                    cell_pixels, i, pixels, t, order, best, nearest
                )
        done = ring
        ring = i32(ring + (ring >> 1) + coarse_unit)
    return np.int64(order[nearest] if best < INFINITE_DISTANCE else UNASSIGNED)


@kernel
def place_greedily(
    cells: Descriptors,
    blocks: TileBlocks,
    pyramid: Pyramid,
    uses: Int64Array,
    numbers: Int64Array,
    order: Int64Array,
    placement: Int64Array,
    min_distance: int,
    max_uses: int,
) -> None:
    """
    Assign to each cell in turn its first candidate that the limits allow.

    If none of the candidates is allowed, all tiles are searched. `numbers`, shape (m,
    k), has the candidates of each cell, and `order` the order in which cells choose.
    The uses, 0, and the placement, UNASSIGNED, are filled.
    """
    marks = np.full(uses.size, UNASSIGNED, np.int64)
    flat = placement.reshape(-1)
    for c in order:
        mark_nearby_tiles(placement, marks, c, min_distance)
        chosen = np.int64(UNASSIGNED)
        for t in numbers[c]:
            if uses[t] < max_uses and marks[t] != c:
                chosen = t
                break
        if chosen == UNASSIGNED:
            chosen = nearest_allowed(cells, c, blocks, pyramid, uses, max_uses, marks)
        uses[chosen] += 1
        flat[c] = chosen
