"""Descriptors of the perceptual mode for single cells: pixels and block means."""

import numpy as np

from pigeonhole.core.arrays import Image

BLOCKS_PER_SIDE = 2
"""A cell has 2x2 blocks, or fewer if it is one pixel wide or high."""


def append_block_means(stack: Image, weight: float) -> Image:
    """
    Append weighted block means to the pixels of images, shape (n, height, width[, 3]).

    The sum of absolute differences of the result, shape (n, 1, bytes), is the local
    error plus the weighted error of the block means, so an ordinary index minimizes
    both together.

    A block's mean m is written r = round(weight * pixels) times, as floor(m + i / r)
    for i from 0 to r - 1. These r bytes sum to floor(r * m) (Hermite's identity), and
    none of them decreases if m increases. So the bytes of two blocks differ by exactly
    |floor(r * m) - floor(r * m')| in total, without rounding error. For weight 1 this
    is the difference of the sums of the two blocks, which is at most the sum of the
    differences of their pixels, so both errors have the same scale.
    """
    rows = stack.reshape(len(stack), -1)
    parts = [rows]
    for block in _blocks(stack):
        pixels = block.shape[1] * block.shape[2]
        repeats = round(weight * pixels)
        sums = block.sum(axis=(1, 2), dtype=np.int64).reshape(len(stack), -1, 1)
        offsets = pixels * np.arange(repeats)
        # floor(sum / pixels + i / repeats), in integers.
        means = (sums * repeats + offsets) // (pixels * max(repeats, 1))
        parts.append(means.astype(np.uint8).reshape(len(stack), -1))
    return np.ascontiguousarray(np.concatenate(parts, axis=1))[:, None]


def _blocks(stack: Image) -> list[Image]:
    """Split images into blocks; if a size is odd, the first blocks are larger."""
    rows, columns = (min(BLOCKS_PER_SIDE, size) for size in stack.shape[1:3])
    return [
        block
        for row in np.array_split(stack, rows, axis=1)
        for block in np.array_split(row, columns, axis=2)
    ]
