"""Pictures in quarters: the shape of each, whatever its light, and its mean."""

from typing import NamedTuple, Self

import numpy as np
import numpy.typing as npt

from pigeonhole.core.arrays import Picture
from pigeonhole.core.jit import inlined

Numbers = npt.NDArray[np.int64]
u64 = np.uint64

FULL = 40
"""Levels that a pixel's shape counts where two quarters have nothing in common."""
PARTS = 1024
"""A likeness is known to this part."""
RUN = 2**14
"""Products of so many pixels fit into 32 bits."""
# SSIM's own constant, (0.03 * 255)**2: below it spreads are noise.
CALM = (585_225, 10_000)


class Quarters(NamedTuple):
    """
    Pictures, channel after channel and quarter after quarter.

    Attributes
    ----------
    pixels : uint8 array, shape (m, channels, pixels)
        A line in the middle belongs to the first quarter; where a picture has no other,
        to both.
    starts : int64 array, shape (5,)
        Where the quarters begin, and where the last ends.
    sums : int64 array, shape (m, channels, 4)
    spreads : int64 array, shape (m, channels, 4)
        The variance, times the square of how many pixels there are.
    """

    pixels: Picture
    starts: Numbers
    sums: Numbers
    spreads: Numbers

    @classmethod
    def of(cls, stack: Picture) -> Self:
        """Part pictures, shape (m, height, width, channels)."""
        count, height, width, channels = stack.shape
        parts = [
            stack[:, tall, wide].reshape(count, -1, channels)
            for tall in _halves(height)
            for wide in _halves(width)
        ]
        starts = np.cumsum([0, *(part.shape[1] for part in parts)])
        pixels = np.ascontiguousarray(np.concatenate(parts, axis=1).swapaxes(1, 2))
        sums, squares = (
            np.add.reduceat(values, starts[:4], axis=2, dtype=np.int64)
            for values in (pixels, np.square(pixels, dtype=np.uint16))
        )
        return cls(pixels, starts, sums, np.diff(starts) * squares - sums**2)


def _halves(side: int) -> tuple[slice, slice]:
    middle = (side + 1) // 2
    return slice(0, middle), slice(min(middle, side - 1), side)


@inlined
def shape_gap(cells: Quarters, c: int, tiles: Quarters, t: int) -> np.int64:
    """
    Return how much two pictures' shapes differ, in levels, summed over the pixels.

    In each quarter it is one less the structure of SSIM (Wang et al. 2004), times
    `FULL`: the variance of the difference by the sum of the variances. What two flat
    quarters differ by in light alone is nothing, and noise on a flat one is much. For
    pictures of up to 1.4 million pixels, whose sums fit into 63 bits.
    """
    seen, known, starts = cells.pixels, tiles.pixels, cells.starts
    total = np.int64(0)
    for channel in range(seen.shape[1]):
        for part in range(4):
            pixels = starts[part + 1] - starts[part]
            products = np.int64(0)
            for done in range(0, pixels, RUN):
                first, some = u64(starts[part] + done), np.int32(0)
                # Unsigned, so that no place is checked for counting from the end.
                for i in range(u64(min(RUN, pixels - done))):
                    a = np.int32(seen[c, channel, first + i])
                    b = np.int32(known[t, channel, first + i])
                    some = np.int32(some + np.int32(a * b))
                products += np.int64(some)
            both = cells.sums[c, channel, part] * tiles.sums[t, channel, part]
            spread = cells.spreads[c, channel, part] + tiles.spreads[t, channel, part]
            apart = spread - 2 * (pixels * products - both)
            calm = pixels * pixels * CALM[0] // CALM[1]
            total += pixels * (PARTS * apart // (spread + calm))
    return FULL * total // PARTS
