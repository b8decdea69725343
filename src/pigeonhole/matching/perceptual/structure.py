"""Structure error: compare the structure of images by quarters, as SSIM does.

References
----------
Z. Wang, A. C. Bovik, H. R. Sheikh and E. P. Simoncelli, "Image quality assessment: from
error visibility to structural similarity", IEEE Transactions on Image Processing 13
(4), 2004.
"""

from typing import NamedTuple, Self

import numpy as np

from pigeonhole.core.arrays import Image, Int64Array
from pigeonhole.core.jit import inlined, parallel_kernel, prange
from pigeonhole.matching.search.kernels import INFINITE_COST
from pigeonhole.matching.search.top_k import insert_key, number_bits, unpack_keys

u64 = np.uint64

WEIGHT_SCALE = 64
"""Weights are rounded to multiples of 1 / WEIGHT_SCALE."""
MAX_STRUCTURE_ERROR = 40
"""Error of a pixel, in levels, if the structure of two quarters is uncorrelated."""
STRUCTURE_SCALE = 1024
"""The dissimilarity of two quarters is rounded to multiples of 1 / STRUCTURE_SCALE."""
PRODUCTS_PER_SUM = 2**14
"""Number of products of two bytes whose sum fits into 32 bits."""
# The constant C2 of SSIM, (0.03 * 255)**2, as a fraction: smaller variances are noise.
SSIM_C2 = (585_225, 10_000)


class Quarters(NamedTuple):
    """
    Images split into quarters, with the sums and variances of the pixels.

    The middle row or column of an odd size belongs to the first quarter; an image one
    pixel wide or high is in both quarters.
    """

    pixels: Image  # quarter by quarter, (m, channels, pixels)
    starts: Int64Array  # start of each quarter, and the end of the last one, (5,)
    sums: Int64Array  # (m, channels, 4)
    variances: Int64Array  # times the square of the number of pixels, (m, channels, 4)

    @classmethod
    def of(cls, stack: Image) -> Self:
        """Split images of shape (m, height, width, channels) into quarters."""
        count, height, width, channels = stack.shape
        quarters = [
            stack[:, rows, columns].reshape(count, -1, channels)
            for rows in _halves(height)
            for columns in _halves(width)
        ]
        starts = np.cumsum([0, *(quarter.shape[1] for quarter in quarters)])
        pixels = np.concatenate(quarters, axis=1).swapaxes(1, 2)
        pixels = np.ascontiguousarray(pixels)
        sums, squares = (
            np.add.reduceat(values, starts[:4], axis=2, dtype=np.int64)
            for values in (pixels, np.square(pixels, dtype=np.uint16))
        )
        return cls(pixels, starts, sums, np.diff(starts) * squares - sums**2)


def _halves(size: int) -> tuple[slice, slice]:
    middle = (size + 1) // 2
    return slice(0, middle), slice(min(middle, size - 1), size)


@inlined
def structure_error(cells: Quarters, c: int, tiles: Quarters, t: int) -> np.int64:
    """
    Return the difference in structure of two images, in levels summed over the pixels.

    For each quarter and channel the error is `MAX_STRUCTURE_ERROR` * (1 - s), where s
    is the contrast and structure term of SSIM (Wang et al. 2004). 1 - s is the variance
    of the difference, divided by the sum of the variances plus C2. So quarters that
    differ in mean brightness only have no error, and noise in a flat area has a large
    one. The sums fit into 63 bits for images of up to 1.4 million pixels.
    """
    cell_pixels, tile_pixels, starts = cells.pixels, tiles.pixels, cells.starts
    total = np.int64(0)
    for channel in range(cell_pixels.shape[1]):
        for quarter in range(4):
            # Step 1: sum of the products, in runs that fit into 32 bits.
            count = starts[quarter + 1] - starts[quarter]
            products = np.int64(0)
            for done in range(0, count, PRODUCTS_PER_SUM):
                first, partial = u64(starts[quarter] + done), np.int32(0)
                # Unsigned indices need no wraparound check.
                for i in range(u64(min(PRODUCTS_PER_SUM, count - done))):
                    a = np.int32(cell_pixels[c, channel, first + i])
                    b = np.int32(tile_pixels[t, channel, first + i])
                    partial = np.int32(partial + np.int32(a * b))
                products += np.int64(partial)
            # Step 2: var(a - b) = var(a) + var(b) - 2 cov(a, b), all times count**2.
            cell, tile = (c, channel, quarter), (t, channel, quarter)
            mean_product = cells.sums[cell] * tiles.sums[tile]
            variances = cells.variances[cell] + tiles.variances[tile]
            difference = variances - 2 * (count * products - mean_product)
            c2 = count * count * SSIM_C2[0] // SSIM_C2[1]
            total += count * (STRUCTURE_SCALE * difference // (variances + c2))
    return MAX_STRUCTURE_ERROR * total // STRUCTURE_SCALE


@parallel_kernel
def rerank(
    cells: Quarters,
    tiles: Quarters,
    candidates: tuple[Int64Array, Int64Array],
    structure_weight: int,
) -> tuple[Int64Array, Int64Array]:
    """
    Sort each cell's candidates by the weighted sum of distance and structure error.

    Candidates are tile numbers and distances, shape (m, size). The weight of the
    structure error is in units of 1 / `WEIGHT_SCALE`; the distance has the remaining
    weight. Return numbers and costs, which are multiplied by `WEIGHT_SCALE`.
    """
    count, size = candidates[0].shape
    bits = number_bits(tiles.sums.shape[0])
    numbers = np.empty((count, size), np.int64)
    costs = np.empty((count, size), np.int64)
    for c in prange(count):
        keys = np.full((2, size), INFINITE_COST, np.int64)
        current = 0
        for k in range(size):
            tile = candidates[0][c, k]
            cost = (WEIGHT_SCALE - structure_weight) * candidates[1][c, k]
            if structure_weight:
                cost += structure_weight * structure_error(cells, c, tiles, tile)
            current = insert_key(keys, current, (cost << bits) + tile)
        unpack_keys(keys[current], bits, numbers[c], costs[c])
    return numbers, costs
