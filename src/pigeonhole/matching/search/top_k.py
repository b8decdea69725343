"""Kernels that find the k nearest tiles of each cell, in integer arithmetic."""

import numpy as np

from pigeonhole.core.arrays import Int64Array
from pigeonhole.core.jit import inlined, kernel, parallel_kernel, prange
from pigeonhole.matching.search.descriptor_kernels import Descriptors, Pyramid
from pigeonhole.matching.search.kernels import (
    INFINITE_DISTANCE,
    SEARCH_TIERS,
    TileBlocks,
    block_bounds,
    coarse_candidates,
    next_block,
)
from pigeonhole.matching.search.simd import CACHE_LINE, MASK_LANES, lowest_bit, sad

u64 = np.uint64


@inlined
def insert_key(keys: Int64Array, current: int, key: np.int64) -> int:
    """
    Insert a key into a sorted list and drop the largest, without branches.

    Row `current` of `keys`, shape (2, size), is the list; the other row becomes the new
    list. Return its index.
    """
    new = 1 - current
    keys[new, 0] = min(keys[current, 0], key)
    for k in range(u64(1), u64(keys.shape[1])):
        keys[new, k] = max(keys[current, k - u64(1)], min(keys[current, k], key))
    return new


@parallel_kernel
def top_k_tiles(
    cells: Descriptors, pyramid: Pyramid, blocks: TileBlocks, tiles: int, size: int
) -> tuple[Int64Array, Int64Array]:
    """
    Find the nearest tiles of each cell, sorted by distance and then by number.

    Successive elimination as in `nearest_tiles`, with the last distance of the list as
    the limit. This limit is so loose that fine means would cost more than they save.

    `tiles` is the number of tiles without padding, `size` the number to find for each
    cell. Return numbers and distances, int64 arrays of shape (m, size).
    """
    count, breadth = cells.pixels.shape
    # Unpacked here because every tuple lookup counts references.
    cell_pixels, _, cell_coarse, projections = cells
    pixels, _, coarse, low, high, order = blocks
    unit, slack = np.int32(pyramid.coarse_unit), np.int32(pyramid.coarse_slack)
    bits = number_bits(tiles)
    numbers = np.empty((count, size), np.int64)
    distances = np.empty((count, size), np.int64)
    for c in prange(count):
        # Step 1: lower bound of each block from the projections.
        bounds = np.empty((low.shape[0], MASK_LANES), np.int32)
        least = block_bounds(projections, c, low, high, bounds)
        keys = np.full((2, size), np.int64(INFINITE_DISTANCE) << bits, np.int64)
        current, last = 0, INFINITE_DISTANCE
        done = np.int32(-1)
        for tier in range(SEARCH_TIERS):
            # The first tier is the nearest block only, which fills most of the list.
            limit_of_tier = np.int32(last >> (SEARCH_TIERS - 1 - tier))
            reach = max(least, limit_of_tier) if tier else least
            group, pending = -1, u64(0)
            while True:
                group, pending, b = next_block(
                    bounds, group, pending, done, reach, last
                )
                if b < 0:
                    break
                # Step 2: candidates by their coarse means.
                limit = np.int32(last + slack) // unit
                candidates = coarse_candidates(cell_coarse, c, coarse, b, limit)
                while candidates != u64(0):
                    t = b * MASK_LANES + lowest_bit(candidates)
                    candidates &= candidates - u64(1)
                    # Step 3: SAD.
                    lines = breadth // CACHE_LINE
                    distance = sad(cell_pixels, c * breadth, pixels, t * breadth, lines)
                    if distance <= last and t < tiles:
                        key = (np.int64(distance) << bits) + order[t]
                        current = insert_key(keys, current, key)
                        last = np.int32(keys[current, size - 1] >> bits)
            done = max(done, reach)
        unpack_keys(keys[current], bits, numbers[c], distances[c])
    return numbers, distances


@kernel
def number_bits(tiles: int) -> int:
    """
    Return the number of bits of a tile number in a sort key, which begins with a cost.

    Costs are below 2**15 for each byte of a tile, so keys fit into 63 bits if all tiles
    together have at most 2**47 bytes.
    """
    bits = 0
    while tiles >> bits:
        bits += 1
    return bits


@inlined
def unpack_keys(
    keys: Int64Array, bits: int, numbers: Int64Array, costs: Int64Array
) -> None:
    """Split sort keys into tile numbers and costs."""
    for k in range(keys.size):
        numbers[k] = keys[k] & ((np.int64(1) << bits) - 1)
        costs[k] = keys[k] >> bits
