"""The ways to choose a tile: exact, or the two short cuts of the tutorials."""

from collections.abc import Callable
from typing import Literal

import numpy as np

from pigeonhole.images import Picture, resize
from pigeonhole.matching.grid import Placement, cells_of
from pigeonhole.matching.index import TileIndex

Mode = Literal["exact", "mean", "four"]
Matcher = Callable[[Picture], Placement]
"""frame, shape (rows * height, columns * width[, 3]) -> placement (rows, columns)"""


def matcher(mode: Mode, tiles: Picture) -> Matcher:
    """
    Return the function that places tiles on frames.

    Parameters
    ----------
    mode : {"exact", "mean", "four"}
        exact compares every pixel; mean looks a tile up by brightness alone; four
        compares thumbnails of 2x2 pixels.
    tiles : uint8 array, shape (n, height, width[, 3])
    """
    makers = {"exact": _exact, "mean": _by_mean, "four": _by_four}
    return makers[mode](tiles)


def _exact(tiles: Picture) -> Matcher:
    return TileIndex(tiles).place


def _by_mean(tiles: Picture) -> Matcher:
    """Take brightness 0 to 256 as the place in the set sorted by brightness."""
    count, height, width = tiles.shape[:3]
    by_brightness = _sums(tiles).argsort(kind="stable")

    def place(frame: Picture) -> Placement:
        grid = cells_of(frame, height, width)
        cells = grid.reshape(-1, *grid.shape[2:])
        ranks = (count - 1) * _sums(cells) // (256 * tiles[0].size)
        placement: Placement = by_brightness[ranks].reshape(grid.shape[:2])
        return placement

    return place


def _sums(pictures: Picture) -> Placement:
    rows = pictures.reshape(len(pictures), -1)
    return np.asarray(rows.sum(axis=1, dtype=np.int64))


def _by_four(tiles: Picture) -> Matcher:
    _, height, width = tiles.shape[:3]
    # A tile one pixel wide or tall has no two points that way.
    tall, wide = min(2, height), min(2, width)
    index = TileIndex(np.stack([resize(tile, wide, tall) for tile in tiles]))

    def place(frame: Picture) -> Placement:
        rows, columns = frame.shape[0] // height, frame.shape[1] // width
        return index.place(resize(frame, columns * wide, rows * tall))

    return place
