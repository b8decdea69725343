"""mean-2x2: compare the means of 2x2 blocks, as thumbnails of 2x2 pixels."""

import numpy as np

from pigeonhole.core.arrays import Image
from pigeonhole.imaging.color_spaces import to_color_space
from pigeonhole.imaging.resize import resize
from pigeonhole.matching.grid import Placement
from pigeonhole.matching.options import Matcher, MatchOptions
from pigeonhole.matching.search.index import TileIndex


def make_matcher(tiles: Image, options: MatchOptions) -> Matcher:
    """Return a function that matches thumbnails of frames by an exact index."""
    _, height, width = tiles.shape[:3]
    # A tile one pixel wide or high has fewer blocks.
    block_rows, block_columns = min(2, height), min(2, width)
    pixels = to_color_space(tiles, options.space)
    thumbnails = [resize(tile, block_columns, block_rows) for tile in pixels]
    index = TileIndex(np.stack(thumbnails))

    def place(frame: Image) -> Placement:
        rows, columns = frame.shape[0] // height, frame.shape[1] // width
        target = to_color_space(frame[None], options.space)[0]
        return index.place(resize(target, columns * block_columns, rows * block_rows))

    return place
