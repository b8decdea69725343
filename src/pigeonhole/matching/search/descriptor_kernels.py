"""Kernels that compute descriptors: block means and projections of images.

The block sums of an image form a pyramid: fine blocks, at most 8x8 for each channel;
coarse blocks of 2x2 fine blocks; and quarters of about 2x2 coarse blocks. Pixels beyond
the edges of the image count as 0.
"""

from typing import NamedTuple

import numpy as np

from pigeonhole.core.arrays import ByteArray, Int32Array, UInt32Array
from pigeonhole.core.jit import inlined, parallel_kernel, prange
from pigeonhole.matching.search.simd import copy_bytes

FRACTION_BITS = 24
"""Fractional bits of the fixed-point factors that turn sums into means."""

i32 = np.int32
u8 = np.uint8
u32 = np.uint32
u64 = np.uint64


class Pyramid(NamedTuple):
    """
    Geometry of the block sums of an image, and what their differences prove.

    A mean is a sum times a fixed-point factor, without the last `FRACTION_BITS` bits.
    A unit is the sum that corresponds to one level of a mean. The SAD of two images'
    means, times the unit, minus the slack (a correction for the rounding of all means)
    is a lower bound of the SAD of the images.
    """

    height: int  # of an image, in pixels
    width: int
    channels: int
    block_height: int  # of a fine block, in pixels
    block_width: int
    block_rows: int  # number of fine blocks from top to bottom
    block_columns: int
    fine_factor: int
    coarse_factor: int
    fine_unit: int
    coarse_unit: int
    fine_slack: int
    coarse_slack: int


class Descriptors(NamedTuple):
    """Descriptors of m cells or tiles; bytes are padded with zeros."""

    pixels: ByteArray  # (m, a multiple of CACHE_LINE)
    fine: ByteArray  # means of fine blocks, (m, a multiple of CACHE_LINE)
    coarse: ByteArray  # means of coarse blocks, (m, a multiple of OCTET)
    projections: Int32Array  # (m, p)


class Scratch(NamedTuple):
    """Buffers for the sums of one row of cells."""

    row_sums: UInt32Array  # of the pixels of a row of fine blocks, from top to bottom
    block_sums: UInt32Array  # of fine blocks
    pair_sums: UInt32Array  # of two fine blocks, one above the other
    means: ByteArray  # of fine blocks
    quarters: Int32Array  # sums of the quarters of each cell, (columns, 4 * channels)


@inlined
def new_scratch(columns: int, pyramid: Pyramid) -> Scratch:
    """Allocate buffers in which each cell is padded to whole coarse blocks."""
    padded_blocks = (pyramid.block_columns + 1) // 2 * 2
    size = columns * padded_blocks * pyramid.block_width * pyramid.channels
    return Scratch(
        np.zeros(size, np.uint32),
        np.zeros(size, np.uint32),
        np.zeros(size, np.uint32),
        np.zeros(size, np.uint8),
        np.zeros((columns, 4 * pyramid.channels), np.int32),
    )


@inlined
def sum_rows(
    frame: ByteArray,
    top: int,
    bottom: int,
    columns: int,
    pyramid: Pyramid,
    row_sums: UInt32Array,
) -> None:
    """Sum the pixel rows from `top` to `bottom`, column by column."""
    cell_size = pyramid.width * pyramid.channels
    padded_size = row_sums.size // columns
    # If cells need no padding, the whole row is one loop; otherwise each cell is.
    runs = 1 if padded_size == cell_size else columns
    run = u64(columns // runs * cell_size)
    for x in range(row_sums.size):
        row_sums[x] = u32(0)
    for y in range(top, bottom):
        for c in range(runs):
            to, start = u64(c * padded_size), u64(c) * run
            for x in range(run):
                row_sums[to + x] = u32(row_sums[to + x] + frame[y, start + x])


@inlined
def sum_blocks(y: int, pyramid: Pyramid, scratch: Scratch) -> None:
    """Compute sums and means of row `y` of fine blocks; add up pairs of rows."""
    row_sums, block_sums = scratch.row_sums, scratch.block_sums
    pair_sums = scratch.pair_sums
    # Sum across the width of a block, starting at every pixel.
    for x in range(row_sums.size):
        block_sums[x] = row_sums[x]
    for d in range(1, pyramid.block_width):
        ahead = u64(d * pyramid.channels)
        for x in range(u64(row_sums.size) - ahead):
            block_sums[x] = u32(block_sums[x] + row_sums[x + ahead])
    # Turn sums into means by fixed-point multiplication.
    factor = u32(pyramid.fine_factor)
    for x in range(row_sums.size):
        scratch.means[x] = u8(u32(block_sums[x] * factor) >> u32(FRACTION_BITS))
    # Two rows of fine blocks make a row of coarse blocks.
    if y % 2 == 0:
        for x in range(row_sums.size):
            pair_sums[x] = u32(0)
    for x in range(row_sums.size):
        pair_sums[x] = u32(pair_sums[x] + block_sums[x])


@inlined
def store_fine(
    y: int, start: int, pyramid: Pyramid, scratch: Scratch, fine: ByteArray, i: int
) -> None:
    """Store row `y` of the fine means of cell `i`, which begins at `start`."""
    channels = u64(pyramid.channels)
    step = u64(pyramid.block_width * pyramid.channels)
    for k in range(channels):
        to = u64(y * pyramid.block_columns) * channels + k
        position = u64(start) + k
        for _ in range(pyramid.block_columns):
            fine[i, to] = scratch.means[position]
            to += channels
            position += step


@inlined
def store_coarse(
    y: int,
    start: int,
    pyramid: Pyramid,
    scratch: Scratch,
    coarse: ByteArray,
    i: int,
    c: int,
) -> None:
    """Store row `y` of the coarse means of cell `i`; add the sums to its quarters."""
    channels = u64(pyramid.channels)
    step = u64(pyramid.block_width * pyramid.channels)
    rows, columns = (pyramid.block_rows + 1) // 2, (pyramid.block_columns + 1) // 2
    # Index of the first quarter of this row, and the column where the right half
    # begins.
    half, right = u64(2 * (y >= (rows + 1) // 2)), (columns + 1) // 2
    factor = u32(pyramid.coarse_factor)
    for k in range(channels):
        to, position = u64(y * columns) * channels + k, u64(start) + k
        for x in range(columns):
            left_sum = scratch.pair_sums[position]
            block_sum = u32(left_sum + scratch.pair_sums[position + step])
            coarse[i, to] = u8(u32(block_sum * factor) >> u32(FRACTION_BITS))
            quarter = (half + u64(x >= right)) * channels + k
            scratch.quarters[c, quarter] += i32(block_sum)
            to += channels
            position += u64(2) * step


@inlined
def describe_row(
    frame: ByteArray,
    row: int,
    columns: int,
    pyramid: Pyramid,
    signs: Int32Array,
    scratch: Scratch,
    descriptors: Descriptors,
    first: int,
) -> None:
    """Compute the descriptors of a row of cells and store them from index `first`."""
    cell_size = pyramid.width * pyramid.channels
    top = row * pyramid.height
    quarters, padded_size = scratch.quarters, scratch.row_sums.size // columns
    quarters[:] = i32(0)
    # Step 1: means of fine and coarse blocks, and sums of quarters.
    for y in range(pyramid.block_rows):
        upper = y * pyramid.block_height
        lower = min(pyramid.height, upper + pyramid.block_height)
        sum_rows(frame, top + upper, top + lower, columns, pyramid, scratch.row_sums)
        sum_blocks(y, pyramid, scratch)
        for c in range(columns):
            start = c * padded_size
            store_fine(y, start, pyramid, scratch, descriptors.fine, first + c)
        if y % 2 == 1 or y == pyramid.block_rows - 1:
            for c in range(columns):
                start = c * padded_size
                coarse = descriptors.coarse
                store_coarse(y >> 1, start, pyramid, scratch, coarse, first + c, c)
    # Step 2: the pixels of each cell, in one piece.
    for y in range(pyramid.height):
        for c in range(columns):
            to = (first + c) * descriptors.pixels.shape[1] + y * cell_size
            start = ((top + y) * columns + c) * cell_size
            copy_bytes(descriptors.pixels, to, frame, start, cell_size)
    # Step 3: projections, which are sums of the quarters with signs.
    for c in range(columns):
        for p in range(signs.shape[0]):
            total = i32(0)
            for q in range(signs.shape[1]):
                total = i32(total + i32(signs[p, q] * quarters[c, q]))
            descriptors.projections[first + c, p] = total


@parallel_kernel
def describe(
    frame: ByteArray,
    columns: int,
    pyramid: Pyramid,
    signs: Int32Array,
    descriptors: Descriptors,
) -> None:
    """
    Compute the descriptors of all cells of a frame.

    Parameters
    ----------
    frame : uint8 array, shape (rows * height, columns * width * channels)
    columns : int
    pyramid : Pyramid
    signs : int32 array, shape (p, 4 * channels)
        Sign of each quarter in each projection.
    descriptors : Descriptors
        Zeros; filled.
    """
    for row in prange(frame.shape[0] // pyramid.height):
        scratch = new_scratch(columns, pyramid)
        first = row * columns
        describe_row(frame, row, columns, pyramid, signs, scratch, descriptors, first)
