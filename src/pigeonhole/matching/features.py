"""What the search knows of a picture: bytes, squares, quarters, projections."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from pigeonhole.images import Picture
from pigeonhole.matching.kernels import LANES, describe

Ints = npt.NDArray[np.int32]

# Signs of the quarters (upper left, upper right, lower left, lower right): all of them,
# upper against lower, left against right, and the diagonals.
PLACES = ((1, 1, 1, 1), (1, 1, -1, -1), (1, -1, 1, -1), (1, -1, -1, 1))
# Signs of the channels: light, and red, green and blue against the others.
COLOURS = ((1, 1, 1), (1, -1, -1), (-1, 1, -1), (-1, -1, 1))


class Shape(NamedTuple):
    """Of a cell or tile."""

    height: int
    width: int
    channels: int

    @property
    def bytes(self) -> int:
        """Return how many bytes a picture has."""
        return self.height * self.width * self.channels

    @property
    def bits(self) -> int:
        """Return the log2 of the side of a square: larger for larger tiles."""
        return int(np.clip((self.bytes.bit_length() - 5) // 3, 0, 3))

    @property
    def squares(self) -> int:
        """Return how many means of squares a picture has."""
        tall, wide = -(-self.height >> self.bits), -(-self.width >> self.bits)
        # -(-a >> b) rounds up.
        return tall * wide * self.channels

    @property
    def shift(self) -> int:
        """Return the bits that a quarter's sum has to lose to fit into 16."""
        side = 1 << self.bits
        tall, wide = (
            (-(-length >> self.bits) + 1) // 2 * side
            for length in (self.height, self.width)
        )
        return max(0, (255 * tall * wide).bit_length() - 16)

    @property
    def slack(self) -> int:
        """Return by how much rounding may raise the distance of quarters."""
        return 4 * self.channels * ((1 << self.shift) - 1)

    @property
    def area(self) -> int:
        """Return the pixels of a square."""
        return 1 << (2 * self.bits)

    @property
    def mean_slack(self) -> int:
        """Return by how much rounding may raise the distance of squares."""
        return self.squares * (self.area - 1)


class Features(NamedTuple):
    """
    Pictures and their sums.

    Attributes
    ----------
    lines : uint8 array, shape (n, lines, LANES)
        The bytes, zeros at the end.
    means : uint8 array, shape (n, k, LANES)
        Means of small squares, rounded down.
    quarters : int32 array, shape (n, 4 * channels)
        Sums of the quarters, shifted to 16 bits.
    projections : int32 array, shape (n, p)
        Sums with signs: they differ by no more than the pictures' distance.
    """

    lines: Picture
    means: Picture
    quarters: Ints
    projections: Ints


def features_of(frame: Picture, shape: Shape) -> Features:
    """
    Describe the cells of a frame.

    Parameters
    ----------
    frame : uint8 array, shape (rows * height, columns * width[, channels])
    shape : Shape
        Of a cell.
    """
    rows, columns = frame.shape[0] // shape.height, frame.shape[1] // shape.width
    count = rows * columns
    signs = _signs(shape.channels)
    means = np.zeros((count, _padded(shape.squares)), np.uint8)
    quarters = np.empty((count, signs.shape[1]), np.int32)
    projections = np.empty((count, len(signs)), np.int32)
    grid = frame.reshape(rows, shape.height, columns, shape.width * shape.channels)
    cells = describe(
        np.ascontiguousarray(grid),
        shape.bits,
        shape.shift,
        signs,
        means,
        quarters,
        projections,
    )
    lines = _lines(cells.reshape(count, shape.bytes))
    return Features(lines, means.reshape(count, -1, LANES), quarters, projections)


def _signs(channels: int) -> Ints:
    """Return the signs of every projection, shape (p, 4 * channels)."""
    if channels == 1:
        return np.array(PLACES, np.int32)
    light = [np.repeat(place, 3) for place in PLACES]
    colours = [np.tile(colour, 4) for colour in COLOURS[1:]]
    return np.array([*light, *colours], np.int32)


def _padded(length: int) -> int:
    return -(-length // LANES) * LANES


def _lines(rows: Picture) -> Picture:
    missing = _padded(rows.shape[1]) - rows.shape[1]
    if missing:
        rows = np.pad(rows, ((0, 0), (0, missing)))
    return rows.reshape(len(rows), -1, LANES)
