"""The mixed cost of single cells: pixels, and means of blocks for the far look."""

import numpy as np

from pigeonhole.core.arrays import Picture

BLOCKS = 2
"""A cell has 2x2 blocks, or fewer where it is a pixel wide or tall."""


def with_far(stack: Picture, weight: float) -> Picture:
    """
    Append the means of blocks to the pixels, so that a plain index mixes both costs.

    Parameters
    ----------
    stack : uint8 array, shape (n, height, width[, 3])
    weight : float
        What the far look counts beside the near one.

    Returns
    -------
    uint8 array, shape (n, 1, bytes)

    Notes
    -----
    A block's mean m is written r = round(weight * pixels) times, as floor(m + i / r)
    for i from 0 to r - 1. These r bytes sum to floor(r * m) (Hermite's identity), and
    rise together with m: two blocks differ by exactly |floor(r * m) - floor(r * m')|
    in all, with no loss to the rounding of bytes. For weight 1 that is the difference
    of the blocks' sums, never more than the pixels' own; so both looks count alike.
    """
    rows = stack.reshape(len(stack), -1)
    parts = [rows]
    for block in _blocks(stack):
        pixels = block.shape[1] * block.shape[2]
        times = round(weight * pixels)
        sums = block.sum(axis=(1, 2), dtype=np.int64).reshape(len(stack), -1, 1)
        steps = pixels * np.arange(times)
        # floor(sum / pixels + i / times), in whole numbers.
        means = (sums * times + steps) // (pixels * max(times, 1))
        parts.append(means.astype(np.uint8).reshape(len(stack), -1))
    return np.ascontiguousarray(np.concatenate(parts, axis=1))[:, None]


def _blocks(stack: Picture) -> list[Picture]:
    """Cut pictures into blocks; of odd sides the first blocks are the larger."""
    bands = np.array_split(stack, min(BLOCKS, stack.shape[1]), axis=1)
    return [
        block
        for band in bands
        for block in np.array_split(band, min(BLOCKS, stack.shape[2]), axis=2)
    ]
