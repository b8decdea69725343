"""What the search knows of a picture: its bytes, means and projections."""

from functools import cache
from typing import NamedTuple, Self

import numpy as np
import numpy.typing as npt

from pigeonhole.core.arrays import Picture
from pigeonhole.matching.search.descriptors import POINT, Cells, Plan, describe
from pigeonhole.matching.search.simd import EIGHT, LINE

Ints = npt.NDArray[np.int32]

# Signs of the quarters (upper left, upper right, lower left, lower right): all of them,
# upper against lower, left against right, and the diagonals.
PLACES = ((1, 1, 1, 1), (1, 1, -1, -1), (1, -1, 1, -1), (1, -1, -1, 1))
# Signs of the channels: light, and red, green and blue against the others.
COLOURS = ((1, 1, 1), (1, -1, -1), (-1, 1, -1), (-1, -1, 1))
FINE = 8
"""Fine rectangles across a picture, at most; coarse ones are half as many."""


class Shape(NamedTuple):
    """Of a cell or tile."""

    height: int
    width: int
    channels: int

    @classmethod
    def of(cls, pictures: Picture) -> Self:
        """Return the shape of pictures, an array of shape (n, height, width[, 3])."""
        return cls(*pictures.shape[1:3], *pictures.shape[3:] or [1])

    @property
    def bytes(self) -> int:
        """Return how many bytes a picture has."""
        return self.height * self.width * self.channels

    @property
    def lines(self) -> int:
        """Return how many lines a picture takes."""
        return -(-self.bytes // LINE)

    @property
    def means(self) -> tuple[int, int]:
        """Return how many bytes fine means take, in lines, and coarse, in eights."""
        plan = self.plan
        fine = plan.tall * plan.wide * self.channels
        coarse = -(-plan.tall // 2) * -(-plan.wide // 2) * self.channels
        return -(-fine // LINE) * LINE, -(-coarse // EIGHT) * EIGHT

    @property
    def plan(self) -> Plan:
        """Return how pictures of this shape are described."""
        side_y, side_x = -(-self.height // FINE), -(-self.width // FINE)
        tall, wide = -(-self.height // side_y), -(-self.width // side_x)
        area = side_y * side_x
        times = [(1 << POINT) // area, (1 << POINT) // (4 * area)]
        # Two means differ by less than 1 more than their sums, times this.
        units = [(1 << POINT) // factor for factor in times]
        means = [tall * wide, -(-tall // 2) * -(-wide // 2)]
        slacks = [
            count * self.channels * (unit - 1)
            for count, unit in zip(means, units, strict=True)
        ]
        return Plan(*self, side_y, side_x, tall, wide, *times, *units, *slacks)


def described(frame: Picture, shape: Shape) -> Cells:
    """
    Describe the cells of a frame.

    Parameters
    ----------
    frame : uint8 array, shape (rows * height, columns * width[, channels])
    shape : Shape
        Of a cell.
    """
    plan, signs = shape.plan, signs_of(shape.channels)
    columns = frame.shape[1] // shape.width
    count = frame.shape[0] // shape.height * columns
    fine, coarse = shape.means
    cells = Cells(
        np.zeros((count, shape.lines * LINE), np.uint8),
        np.zeros((count, fine), np.uint8),
        np.zeros((count, coarse), np.uint8),
        np.zeros((count, len(signs)), np.int32),
    )
    describe(flat_rows(frame), columns, plan, signs, cells)
    return cells


def stacked(pictures: Picture) -> Picture:
    """Return a frame of one column with a picture in each row."""
    count, height, width, *channels = pictures.shape
    return pictures.reshape(count * height, width, *channels)


def flat_rows(frame: Picture) -> Picture:
    """Return a frame as rows of bytes, in C order."""
    return np.ascontiguousarray(frame).reshape(frame.shape[0], -1)


@cache
def signs_of(channels: int) -> Ints:
    """Return the signs of every projection, shape (p, 4 * channels)."""
    if channels == 1:
        return np.array(PLACES, np.int32)
    light = [np.repeat(place, 3) for place in PLACES]
    colours = [np.tile(colour, 4) for colour in COLOURS[1:]]
    return np.array([*light, *colours], np.int32)
