"""mean-2x2: compare the means of 2x2 blocks, as thumbnails of 2x2 pixels."""

import numpy as np

from pigeonhole.core.arrays import Image
from pigeonhole.imaging.color_spaces import to_color_space
from pigeonhole.imaging.resize import resize
from pigeonhole.matching.grid import Placement
from pigeonhole.matching.options import Matcher, MatchOptions
from pigeonhole.matching.search.index import TileIndex


def describe(stack: Image, options: MatchOptions) -> Image:
    """Return thumbnails of images, which have a pixel for each block."""
    block_rows, block_columns = _blocks(stack)
    pixels = to_color_space(stack, options.space)
    return np.stack([resize(image, block_columns, block_rows) for image in pixels])


def make_matcher(tiles: Image, options: MatchOptions) -> Matcher:
    """Return a function that matches thumbnails of frames by an exact index."""
    _, height, width = tiles.shape[:3]
    block_rows, block_columns = _blocks(tiles)
    index = TileIndex(describe(tiles, options))

    def place(frame: Image) -> Placement:
        rows, columns = frame.shape[0] // height, frame.shape[1] // width
        target = to_color_space(frame[None], options.space)[0]
        return index.place(resize(target, columns * block_columns, rows * block_rows))

    return place


def _blocks(stack: Image) -> tuple[int, int]:
    """Return rows and columns of blocks, fewer if images are one pixel wide or high."""
    return min(2, stack.shape[1]), min(2, stack.shape[2])
