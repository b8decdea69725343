"""Descriptors of images: padded pixels, block means and projections."""

from functools import cache
from typing import NamedTuple, Self

import numpy as np

from pigeonhole.core.arrays import Image, Int32Array
from pigeonhole.matching.search.descriptor_kernels import (
    FRACTION_BITS,
    Descriptors,
    Pyramid,
    describe,
)
from pigeonhole.matching.search.simd import CACHE_LINE, OCTET

# Signs of the quarters (upper left, upper right, lower left, lower right) in each
# projection: total sum, top minus bottom, left minus right, and the diagonals.
QUARTER_SIGNS = ((1, 1, 1, 1), (1, 1, -1, -1), (1, -1, 1, -1), (1, -1, -1, 1))
# Signs of the channels: red, green or blue minus the other two.
CHANNEL_SIGNS = ((1, -1, -1), (-1, 1, -1), (-1, -1, 1))
MAX_FINE_BLOCKS = 8
"""Largest number of fine blocks along a side; there are half as many coarse ones."""


class ImageShape(NamedTuple):
    """Height, width and number of channels of a cell or tile."""

    height: int
    width: int
    channels: int

    @classmethod
    def of(cls, images: Image) -> Self:
        """Return the shape of images, an array of shape (n, height, width[, 3])."""
        return cls(*images.shape[1:3], *images.shape[3:] or [1])

    @property
    def padded_size(self) -> int:
        """Number of bytes of an image padded to whole cache lines."""
        return _round_up(self.height * self.width * self.channels, CACHE_LINE)

    @property
    def mean_sizes(self) -> tuple[int, int]:
        """Number of bytes of the fine and of the coarse means, with padding."""
        rows, columns = self.pyramid.block_rows, self.pyramid.block_columns
        fine = rows * columns * self.channels
        coarse = -(-rows // 2) * -(-columns // 2) * self.channels
        return _round_up(fine, CACHE_LINE), _round_up(coarse, OCTET)

    @property
    def pyramid(self) -> Pyramid:
        """Geometry of the block sums of images of this shape."""
        block_height = -(-self.height // MAX_FINE_BLOCKS)
        block_width = -(-self.width // MAX_FINE_BLOCKS)
        rows, columns = -(-self.height // block_height), -(-self.width // block_width)
        area = block_height * block_width
        factors = [(1 << FRACTION_BITS) // area, (1 << FRACTION_BITS) // (4 * area)]
        # If two means differ by d, their sums differ by more than (d - 1) units.
        units = [(1 << FRACTION_BITS) // factor for factor in factors]
        blocks = [rows * columns, -(-rows // 2) * -(-columns // 2)]
        slacks = [
            count * self.channels * (unit - 1)
            for count, unit in zip(blocks, units, strict=True)
        ]
        return Pyramid(
            *self, block_height, block_width, rows, columns, *factors, *units, *slacks
        )


def compute_descriptors(frame: Image, shape: ImageShape) -> Descriptors:
    """
    Compute the descriptors of the cells of a frame.

    The frame has shape (rows * height, columns * width[, channels]), `shape` is that of
    a cell.
    """
    signs = projection_signs(shape.channels)
    columns = frame.shape[1] // shape.width
    count = frame.shape[0] // shape.height * columns
    fine, coarse = shape.mean_sizes
    descriptors = Descriptors(
        np.zeros((count, shape.padded_size), np.uint8),
        np.zeros((count, fine), np.uint8),
        np.zeros((count, coarse), np.uint8),
        np.zeros((count, len(signs)), np.int32),
    )
    describe(flatten_rows(frame), columns, shape.pyramid, signs, descriptors)
    return descriptors


def stack_vertically(images: Image) -> Image:
    """Return a frame of one column, with one image in each row."""
    count, height, width, *channels = images.shape
    return images.reshape(count * height, width, *channels)


def flatten_rows(frame: Image) -> Image:
    """Return a frame in C order as an array of shape (rows, bytes)."""
    return np.ascontiguousarray(frame).reshape(frame.shape[0], -1)


@cache
def projection_signs(channels: int) -> Int32Array:
    """Return the sign of each quarter in each projection, shape (p, 4 * channels)."""
    if channels == 1:
        return np.array(QUARTER_SIGNS, np.int32)
    spatial = [np.repeat(signs, 3) for signs in QUARTER_SIGNS]
    chromatic = [np.tile(signs, 4) for signs in CHANNEL_SIGNS]
    return np.array([*spatial, *chromatic], np.int32)


def _round_up(value: int, multiple: int) -> int:
    return -(-value // multiple) * multiple
