"""Kernels that place a frame under limits on repetition, cell by cell.

Limits count sources: all tiles cut from one photo or face count as one. `sources`,
shape (n,), is the source of each tile, and `uses` the number of uses of each source.
"""

import numpy as np

from pigeonhole.core.arrays import Float64Array, Int64Array
from pigeonhole.core.jit import inlined, kernel, parallel_kernel, prange
from pigeonhole.matching.assignment.problem import UNASSIGNED, Number
from pigeonhole.matching.search.descriptor_kernels import Descriptors, Pyramid
from pigeonhole.matching.search.kernels import (
    CELLS_PER_CHUNK,
    INFINITE_DISTANCE,
    TileBlocks,
    block_bounds,
    coarse_candidates,
    next_block,
)
from pigeonhole.matching.search.simd import (
    CACHE_LINE,
    MASK_LANES,
    fetch_add,
    lowest_bit,
    sad,
)

i32 = np.int32
u64 = np.uint64


@inlined
def insert_tile(
    numbers: Int64Array,
    distances: Int64Array,
    sources: Int64Array,
    number: np.int64,
    distance: np.int64,
) -> None:
    """Insert a tile into a sorted list that keeps the nearest tile of each source."""
    k = numbers.size - 1
    for j in range(numbers.size):
        if numbers[j] != UNASSIGNED and sources[numbers[j]] == sources[number]:
            k = j
            break
    if (distance, number) >= (distances[k], numbers[k]):
        return
    while k > 0 and (distance, number) < (distances[k - 1], numbers[k - 1]):
        numbers[k], distances[k] = numbers[k - 1], distances[k - 1]
        k -= 1
    numbers[k], distances[k] = number, distance


@kernel
def search_sources(
    cells: Descriptors,
    i: int,
    pyramid: Pyramid,
    blocks: TileBlocks,
    sources: Int64Array,
    uses: Int64Array,
    max_uses: int,
    marks: Int64Array,
    limit: np.int64,
    numbers: Int64Array,
    distances: Int64Array,
) -> None:
    """
    Find the nearest tile of each of the sources nearest to cell `i`.

    Sources without uses left, those marked by `i`, and tiles beyond a distance `limit`
    are skipped. `numbers` and `distances`, shape (k,), are filled, sorted by distance
    and then by number; entries without a source are UNASSIGNED.

    Successive elimination as in `nearest_tiles`. The blocks are searched in rings of
    increasing lower bounds; each ring reaches half as far again as the one before.
    """
    cell_pixels, _, cell_coarse, projections = cells
    pixels, _, coarse, low, high, order = blocks
    bounds = np.empty((low.shape[0], MASK_LANES), np.int32)
    breadth = pixels.shape[1]
    unit, slack = i32(pyramid.coarse_unit), i32(pyramid.coarse_slack)
    numbers[:] = UNASSIGNED
    distances[:] = INFINITE_DISTANCE
    farthest = i32(min(np.int64(INFINITE_DISTANCE), limit))
    last = farthest
    # Step 1: lower bound of each block from the projections.
    done = i32(-1)
    ring = block_bounds(projections, i, low, high, bounds)
    while done < last and done < INFINITE_DISTANCE - 1:
        ring = min(ring, INFINITE_DISTANCE - 1)
        group, pending = -1, u64(0)
        while True:
            group, pending, b = next_block(bounds, group, pending, done, ring, last)
            if b < 0:
                break
            # Step 2: candidates by their coarse means.
            coarse_limit = i32(last + slack) // unit
            candidates = coarse_candidates(cell_coarse, i, coarse, b, coarse_limit)
            while candidates != u64(0):
                t = b * MASK_LANES + lowest_bit(candidates)
                candidates &= candidates - u64(1)
                source = sources[order[t]]
                if uses[source] >= max_uses or marks[source] == i:
                    continue
                # Step 3: SAD.
                lines = breadth // CACHE_LINE
                distance = sad(cell_pixels, i * breadth, pixels, t * breadth, lines)
                if distance <= last:
                    insert_tile(
                        numbers, distances, sources, order[t], np.int64(distance)
                    )
                    last = min(farthest, i32(distances[distances.size - 1]))
        done = ring
        ring = i32(ring + (ring >> 1) + unit)


@kernel
def mark_nearby_sources(
    placement: Int64Array,
    sources: Int64Array,
    marks: Int64Array,
    c: Number,
    min_distance: int,
) -> None:
    """Mark the sources within `min_distance` of cell `c`, except its own, by `c`."""
    rows, columns = placement.shape
    y, x = c // columns, c % columns
    for row in range(max(0, y - min_distance), min(rows, y + min_distance + 1)):
        left, right = max(0, x - min_distance), min(columns, x + min_distance + 1)
        for column in range(left, right):
            t = placement[row, column]
            if t != UNASSIGNED and row * columns + column != c:
                marks[sources[t]] = c


@parallel_kernel
def nearest_sources(
    cells: Descriptors,
    pyramid: Pyramid,
    blocks: TileBlocks,
    sources: Int64Array,
    count: int,
    limits: Int64Array,
    placement: Int64Array,
    min_distance: int,
    numbers: Int64Array,
    distances: Int64Array,
    threads: int,
) -> None:
    """
    Find the nearest tile of each of the sources nearest to each cell.

    Parameters
    ----------
    cells, pyramid, blocks, sources
        See `search_sources`.
    count : int
        Number of sources.
    limits : int64 array, shape (m,)
        Tiles at a larger distance from the cell are skipped.
    placement : int64 array, shape (rows, columns)
        Sources that it uses within `min_distance` of a cell are skipped.
    numbers, distances : int64 arrays, shape (m, k)
        Rows that end with UNASSIGNED are filled; see `search_sources`.
    threads : int
        They take chunks of cells from a shared counter, so a thread that starts late
        processes fewer.
    """
    cell_count, size = numbers.shape
    uses = np.zeros(count, np.int64)
    counter = np.zeros(1, np.int64)
    for _ in prange(threads):
        marks = np.full(count, UNASSIGNED, np.int64)
        first = fetch_add(counter) * CELLS_PER_CHUNK
        while first < cell_count:
            for c in range(first, min(cell_count, first + CELLS_PER_CHUNK)):
                if numbers[c, size - 1] != UNASSIGNED:
                    continue
                mark_nearby_sources(placement, sources, marks, c, min_distance)
                search_sources(
                    cells,
                    c,
                    pyramid,
                    blocks,
                    sources,
                    uses,
                    1,
                    marks,
                    limits[c],
                    numbers[c],
                    distances[c],
                )
            first = fetch_add(counter) * CELLS_PER_CHUNK


@kernel
def place_greedily(
    cells: Descriptors,
    pyramid: Pyramid,
    blocks: TileBlocks,
    sources: Int64Array,
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
    found = np.empty(1, np.int64)
    distance = np.empty(1, np.int64)
    flat = placement.reshape(-1)
    for c in order:
        mark_nearby_sources(placement, sources, marks, c, min_distance)
        chosen = np.int64(UNASSIGNED)
        for t in numbers[c]:
            if uses[sources[t]] < max_uses and marks[sources[t]] != c:
                chosen = t
                break
        if chosen == UNASSIGNED:
            search_sources(
                cells,
                c,
                pyramid,
                blocks,
                sources,
                uses,
                max_uses,
                marks,
                np.int64(INFINITE_DISTANCE),
                found,
                distance,
            )
            chosen = found[0]
        uses[sources[chosen]] += 1
        flat[c] = chosen


@kernel
def switch_tiles(
    placement: Int64Array,
    order: Int64Array,
    numbers: Int64Array,
    distances: Int64Array,
    thresholds: Float64Array,
    sources: Int64Array,
    uses: Int64Array,
    min_distance: int,
    max_uses: int,
) -> None:
    """
    Switch cells, in an order, to nearer tiles that the limits allow.

    `numbers` and `distances`, shape (m, k), are the candidates of each cell, sorted by
    distance. A cell switches only to a tile nearer than its threshold. The placement
    and the uses are changed.
    """
    marks = np.full(uses.size, UNASSIGNED, np.int64)
    flat = placement.reshape(-1)
    for c in order:
        mark_nearby_sources(placement, sources, marks, c, min_distance)
        old = sources[flat[c]]
        for k in range(numbers.shape[1]):
            if distances[c, k] >= thresholds[c]:
                break
            new = sources[numbers[c, k]]
            if marks[new] != c and (new == old or uses[new] < max_uses):
                uses[old] -= 1
                uses[new] += 1
                flat[c] = numbers[c, k]
                break
