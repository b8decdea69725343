"""mean: look up a tile by mean brightness alone."""

import numpy as np

from pigeonhole.core.arrays import Image, Int64Array
from pigeonhole.imaging.color_spaces import to_color_space
from pigeonhole.matching.grid import Placement, split_cells
from pigeonhole.matching.options import Matcher, MatchOptions


def make_matcher(tiles: Image, options: MatchOptions) -> Matcher:
    """
    Return a function that maps the brightness of a cell, from 0 to 256, to a tile.

    The map is linear, to a rank in the tile set sorted by brightness.
    """
    brightness = _brightness_values(tiles, options)
    count, height, width = brightness.shape[:3]
    numbers = _sums(brightness).argsort(kind="stable")
    brightest = 256 * brightness[0].size

    def place(frame: Image) -> Placement:
        target = _brightness_values(frame[None], options)[0]
        grid = split_cells(target, height, width)
        cells = grid.reshape(-1, *grid.shape[2:])
        ranks = (count - 1) * _sums(cells) // brightest
        return np.asarray(numbers[ranks].reshape(grid.shape[:2]))

    return place


def _brightness_values(stack: Image, options: MatchOptions) -> Image:
    """Return images in the color space; in CIELAB, only their lightness."""
    values = to_color_space(stack, options.space)
    if options.space == "lab" and stack.ndim == 4:
        return np.ascontiguousarray(values[..., 0])
    return values


def _sums(images: Image) -> Int64Array:
    rows = images.reshape(len(images), -1)
    return np.asarray(rows.sum(axis=1, dtype=np.int64))
