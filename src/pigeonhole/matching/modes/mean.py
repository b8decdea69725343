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
    height, width = brightness.shape[1:3]
    numbers = _sums(brightness).argsort(kind="stable")

    def place(frame: Image) -> Placement:
        target = _brightness_values(frame[None], options)[0]
        grid = split_cells(target, height, width)
        cells = grid.reshape(-1, *grid.shape[2:])
        return np.asarray(numbers[_ranks(cells, len(tiles))].reshape(grid.shape[:2]))

    return place


def describe_pair(
    cells: Image, tiles: Image, options: MatchOptions
) -> tuple[Int64Array, Int64Array]:
    """
    Return the rank of each cell and tile, int64 arrays of shapes (m, 1) and (n, 1).

    The rank of a tile is its position in the set sorted by brightness. The rank of a
    cell is that of its tile if repetition has no limits. So the cost of a tile in a
    cell, the distance of their ranks, is the number of tiles that the cell's own tile
    is away from it in the sorted set.
    """
    brightness = _brightness_values(tiles, options)
    tile_ranks = np.empty(len(tiles), np.int64)
    tile_ranks[_sums(brightness).argsort(kind="stable")] = np.arange(len(tiles))
    cell_ranks = _ranks(_brightness_values(cells, options), len(tiles))
    return cell_ranks[:, None], tile_ranks[:, None]


def _ranks(cells: Image, count: int) -> Int64Array:
    """Return the rank among `count` tiles to which each cell's brightness is mapped."""
    brightest = 256 * cells[0].size
    return np.asarray((count - 1) * _sums(cells) // brightest)


def _brightness_values(stack: Image, options: MatchOptions) -> Image:
    """Return images in the color space; in CIELAB, only their lightness."""
    values = to_color_space(stack, options.space)
    if options.space == "lab" and stack.ndim == 4:
        return np.ascontiguousarray(values[..., 0])
    return values


def _sums(images: Image) -> Int64Array:
    rows = images.reshape(len(images), -1)
    return np.asarray(rows.sum(axis=1, dtype=np.int64))
