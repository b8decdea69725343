"""Kernels of the exact search; they take and return arrays and check nothing.

The distance of two images is the sum of absolute differences (SAD) of their bytes. The
search is a successive elimination (Li and Salari 1995): lower bounds of the distance,
each tighter and more expensive than the one before, rule out tiles that can't be nearer
than the best tile so far.

1. Projections. Tiles are grouped in blocks of `MASK_LANES`. A projection is a sum of an
   image's quarters with signs; by the triangle inequality, the projections of two
   images differ by no more than their distance. Each block has the bounding box of its
   tiles' projections, and the distance of a cell from the box is a lower bound for the
   block.
2. Coarse means: at most 4x4 block means of each channel, for all tiles of a block.
3. Fine means: at most 8x8 block means of each channel.
4. SAD of the candidates that remain.

Rules for fast Numba code: intermediate values stay in 32 bits, loops have a constant
trip count or start at 0 (otherwise Numba adds wraparound checks to the indices), and no
array views or tuple lookups occur inside loops (they count references).

References
----------
W. Li and E. Salari, "Successive elimination algorithm for motion estimation", IEEE
Transactions on Image Processing 4 (1), 1995.
"""

from typing import NamedTuple

import numpy as np

from pigeonhole.core.arrays import ByteArray, Int32Array, Int64Array
from pigeonhole.core.checks import check_indices
from pigeonhole.core.jit import inlined, kernel, parallel_kernel, prange
from pigeonhole.matching.search.descriptor_kernels import (
    Descriptors,
    Pyramid,
    describe_row,
    new_scratch,
)
from pigeonhole.matching.search.simd import (
    CACHE_LINE,
    MASK_LANES,
    OCTET,
    fetch_add,
    lanes_between,
    lowest_bit,
    octet_within,
    sad,
)

CELLS_PER_CHUNK = 32
"""Minimum number of cells that a thread processes at a time, in whole rows."""
INFINITE_DISTANCE = np.int32(2**30)
"""Larger than any distance."""
INFINITE_COST = np.int64(2**62)
"""Larger than any weighted sum of distances."""
SEARCH_TIERS = 4
"""Number of passes over the blocks, in order of their lower bounds."""
i32 = np.int32
u64 = np.uint64


class TileBlocks(NamedTuple):
    """
    Descriptors of tiles in the order of their blocks.

    The last tile is repeated to fill the last block. Bytes are padded with zeros.
    """

    pixels: ByteArray  # (n, a multiple of CACHE_LINE)
    fine: ByteArray  # fine means, (n, a multiple of CACHE_LINE)
    # Coarse means, (blocks, OCTET, groups, OCTET, OCTET): for every eight tiles, groups
    # with eight means of each tile.
    coarse: ByteArray
    # Bounding boxes of the blocks, (groups of MASK_LANES blocks, projections,
    # MASK_LANES).
    low: Int32Array
    high: Int32Array
    order: Int64Array  # tile numbers, (n,)


@inlined
def block_bounds(
    projections: Int32Array,
    i: int,
    low: Int32Array,
    high: Int32Array,
    bounds: Int32Array,
) -> np.int32:
    """Compute a lower bound of the distance of each block; return the least bound."""
    least = INFINITE_DISTANCE
    for g in range(low.shape[0]):
        for j in range(MASK_LANES):
            bounds[g, j] = i32(0)
        for k in range(low.shape[1]):
            x = projections[i, k]
            for j in range(MASK_LANES):
                outside = max(i32(low[g, k, j] - x), i32(x - high[g, k, j]))
                bounds[g, j] = max(bounds[g, j], outside)
        for j in range(MASK_LANES):
            least = min(least, bounds[g, j])
    return least


@inlined
def next_block(
    bounds: Int32Array,
    group: int,
    pending: np.uint64,
    done: np.int32,
    reach: np.int32,
    limit: np.int32,
) -> tuple[int, np.uint64, int]:
    """
    Advance to the next block whose lower bound is in (done, reach] and within a limit.

    The state is a group of blocks, -1 at first, and a mask of its blocks that are still
    to visit. Return the new state and the block, or -1 after the last one.
    """
    while True:
        while pending == u64(0):
            group += 1
            if group >= bounds.shape[0]:
                return group, pending, -1
            pending = lanes_between(bounds, group * MASK_LANES, done, reach)
        j = lowest_bit(pending)
        pending &= pending - u64(1)
        if bounds[group, j] <= limit:
            return group, pending, group * MASK_LANES + j


@inlined
def coarse_candidates(
    cell_coarse: ByteArray, i: int, coarse: ByteArray, b: int, limit: np.int32
) -> np.uint64:
    """Return a mask of the tiles of a block whose coarse means are within a limit."""
    size = cell_coarse.shape[1]
    mask = u64(0)
    for v in range(OCTET):
        start = (b * OCTET + v) * OCTET * size
        near = octet_within(cell_coarse, i * size, coarse, start, size // OCTET, limit)
        mask |= near << u64(v * OCTET)
    return mask


@inlined
def fine_distances(
    cell_fine: ByteArray,
    i: int,
    fine: ByteArray,
    b: int,
    candidates: np.uint64,
    distances: Int32Array,
) -> int:
    """Compute the SAD of the candidates' fine means; return the lane of the least."""
    size = cell_fine.shape[1]
    for j in range(MASK_LANES):
        distances[j] = INFINITE_DISTANCE
    least, nearest = INFINITE_DISTANCE, 0
    # No branches in the loop: which candidate is nearer can't be predicted.
    while candidates != u64(0):
        j = lowest_bit(candidates)
        candidates &= candidates - u64(1)
        start = (b * MASK_LANES + j) * size
        distance = sad(cell_fine, i * size, fine, start, size // CACHE_LINE)
        distances[j] = distance
        nearest = j if distance < least else nearest
        least = min(least, distance)
    return nearest


@inlined
def keep_nearer(
    cells: ByteArray,
    i: int,
    tiles: ByteArray,
    t: int,
    order: Int64Array,
    best: np.int32,
    nearest: int,
) -> tuple[np.int32, int]:
    """Return the nearer of tile `t` and the nearest so far, with its distance."""
    size = tiles.shape[1]
    distance = sad(cells, i * size, tiles, t * size, size // CACHE_LINE)
    if distance < best or (distance == best and order[t] < order[nearest]):
        best, nearest = distance, t
    return best, nearest


@parallel_kernel
def nearest_tiles(  # noqa: C901 - helpers with branches would count references
    frame: ByteArray,
    columns: int,
    pyramid: Pyramid,
    signs: Int32Array,
    blocks: TileBlocks,
    threads: int,
) -> tuple[Int64Array, Int64Array]:
    """
    Find the nearest tile of every cell of a frame; ties go to the lowest number.

    Parameters
    ----------
    frame : uint8 array, shape (rows * height, columns * width * channels)
    columns : int
        Number of cells in a row.
    pyramid : Pyramid
    signs : int32 array, shape (p, 4 * channels)
    blocks : TileBlocks
    threads : int
        They take chunks of rows from a shared counter, so a thread that starts late
        processes fewer.

    Returns
    -------
    numbers, distances : int64 arrays, shape (rows * columns,)
    """
    rows = frame.shape[0] // pyramid.height
    numbers = np.empty(rows * columns, np.int64)
    distances = np.empty(rows * columns, np.int64)
    chunk_rows = max(1, CELLS_PER_CHUNK // columns)
    chunk_cells = chunk_rows * columns
    # Unpacked here because every tuple lookup counts references.
    tiles, fine, coarse, low, high, order = blocks
    coarse_unit, coarse_slack = i32(pyramid.coarse_unit), i32(pyramid.coarse_slack)
    fine_unit, fine_slack = i32(pyramid.fine_unit), i32(pyramid.fine_slack)
    counter = np.zeros(1, np.int64)
    for _ in prange(threads):
        scratch = new_scratch(columns, pyramid)
        cell_pixels = np.zeros((chunk_cells, tiles.shape[1]), np.uint8)
        cell_fine = np.zeros((chunk_cells, fine.shape[1]), np.uint8)
        cell_coarse = np.zeros((chunk_cells, coarse.shape[2] * OCTET), np.uint8)
        projections = np.zeros((chunk_cells, signs.shape[0]), np.int32)
        cells = Descriptors(cell_pixels, cell_fine, cell_coarse, projections)
        bounds = np.zeros((low.shape[0], MASK_LANES), np.int32)
        fine_sads = np.zeros(MASK_LANES, np.int32)
        chunk = fetch_add(counter)
        while chunk * chunk_rows < rows:
            first, last = chunk * chunk_rows, min(rows, chunk * chunk_rows + chunk_rows)
            for row in range(first, last):
                i = (row - first) * columns
                describe_row(frame, row, columns, pyramid, signs, scratch, cells, i)
            nearest = 0
            for i in range((last - first) * columns):
                # Initial guess: the tile of the neighboring cell.
                best, nearest = keep_nearer(
                    cell_pixels, i, tiles, nearest, order, INFINITE_DISTANCE, nearest
                )
                # Step 1: lower bound of each block from the projections.
                least = block_bounds(projections, i, low, high, bounds)
                done = i32(-1)
                # Search blocks with low bounds first: they lower `best` soonest.
                for tier in range(SEARCH_TIERS):
                    limit_of_tier = i32(best >> (SEARCH_TIERS - 1 - tier))
                    reach = max(least, limit_of_tier)
                    group, pending = -1, u64(0)
                    while True:
                        group, pending, b = next_block(
                            bounds, group, pending, done, reach, best
                        )
                        if b < 0:
                            break
                        # Step 2: candidates by their coarse means.
                        limit = i32(best + coarse_slack) // coarse_unit
                        candidates = coarse_candidates(cell_coarse, i, coarse, b, limit)
                        if candidates == u64(0):
                            continue
                        # Step 3: candidates by their fine means.
                        j = fine_distances(cell_fine, i, fine, b, candidates, fine_sads)
                        if fine_sads[j] > i32(best + fine_slack) // fine_unit:
                            continue
                        # Step 4: SAD. The candidate with the nearest fine means goes
                        # first, because it tightens the limit for the others.
                        t = b * MASK_LANES + j
                        best, nearest = keep_nearer(
                            cell_pixels, i, tiles, t, order, best, nearest
                        )
                        fine_sads[j] = INFINITE_DISTANCE
                        limit = i32(best + fine_slack) // fine_unit
                        candidates = lanes_between(fine_sads, 0, i32(-1), limit)
                        while candidates != u64(0):
                            t = b * MASK_LANES + lowest_bit(candidates)
                            candidates &= candidates - u64(1)
                            best, nearest = keep_nearer(
                                cell_pixels, i, tiles, t, order, best, nearest
                            )
                    done = max(done, reach)
                numbers[first * columns + i] = order[nearest]
                distances[first * columns + i] = best
            chunk = fetch_add(counter)
    return numbers, distances


def paired_distances(
    cells: ByteArray, tiles: ByteArray, numbers: Int64Array
) -> Int64Array:
    """
    Return the distance of each cell from its tile.

    Cells and tiles are uint8 arrays, shapes (m, bytes) and (n, bytes); `numbers`, shape
    (m,), has the tile of each cell. ValueError is raised if they don't fit together.
    """
    if cells.shape[1:] != tiles.shape[1:] or numbers.shape != cells.shape[:1]:
        raise ValueError(
            f"cells of shape {cells.shape}, tiles of shape {tiles.shape} and numbers "
            f"of shape {numbers.shape} don't fit together"
        )
    check_indices("numbers", numbers, len(tiles))
    return _paired_distances(cells, tiles, numbers)


@kernel
def _paired_distances(
    cells: ByteArray, tiles: ByteArray, numbers: Int64Array
) -> Int64Array:
    distances = np.zeros(cells.shape[0], np.int64)
    for c in range(cells.shape[0]):
        total = np.int64(0)
        for i in range(cells.shape[1]):
            total += abs(np.int64(cells[c, i]) - np.int64(tiles[numbers[c], i]))
        distances[c] = total
    return distances
