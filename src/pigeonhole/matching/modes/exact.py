"""exact: choose the tile with the least sum of absolute differences of all pixels."""

from pigeonhole.core.arrays import Image
from pigeonhole.imaging.color_spaces import to_color_space
from pigeonhole.matching.options import Matcher, MatchOptions
from pigeonhole.matching.search.index import TileIndex


def describe(stack: Image, options: MatchOptions) -> Image:
    """Return the pixels of images in the color space; the stack itself for RGB."""
    return to_color_space(stack, options.space)


def make_matcher(tiles: Image, options: MatchOptions) -> Matcher:
    """Return a function that matches frames by an exact index of the pixels."""
    index = TileIndex(describe(tiles, options))
    # A frame is a stack of one image.
    return lambda frame: index.place(describe(frame[None], options)[0])
