"""Compiled loop that draws large tiles into a strip of an image."""

import numpy as np

from pigeonhole.core.arrays import (
    BoolArray,
    ByteArray,
    Float32Array,
    Image,
    Int64Array,
)
from pigeonhole.core.jit import kernel


@kernel
def draw_cells(
    strip: Image,
    top: int,
    edges: Int64Array,
    tiles: ByteArray,
    starts: Int64Array,
    widths: Int64Array,
    mirrored: BoolArray,
    gains: Float32Array,
    offsets: Float32Array,
) -> None:
    """
    Draw the parts of cells that are inside a strip.

    Parameters
    ----------
    strip : uint8 array, shape (rows, width, 3)
        Modified in place.
    top : int
        Row of the image at which the strip begins.
    edges : int64 array, shape (n, 4)
        Top, left, bottom and right of each cell in the image; bottom and right are
        exclusive. A cell may extend beyond the image.
    tiles : uint8 array, one-dimensional
        RGB bytes of all tiles.
    starts : int64 array, shape (n,)
        Position in `tiles` of the tile of each cell.
    widths : int64 array, shape (n,)
        Width of that tile in pixels, at least that of the cell.
    mirrored : bool array, shape (n,)
        Whether the tile is flipped horizontally.
    gains : float32 array, shape (n,)
    offsets : float32 array, shape (n, 3)
        A pixel is drawn as ``gain * pixel + offset``, rounded and clipped to 0..255.
    """
    levels = np.empty((3, 256), np.uint8)
    for cell in range(len(edges)):
        first, left, last, right = edges[cell]
        width = widths[cell]
        for channel in range(3):
            for level in range(256):
                value = gains[cell] * np.float32(level) + offsets[cell, channel]
                levels[channel, level] = min(max(np.rint(value), 0), 255)
        for row in range(max(first, top), min(last, top + strip.shape[0])):
            line = starts[cell] + 3 * width * (row - first)
            for column in range(max(left, 0), min(right, strip.shape[1])):
                x = column - left
                if mirrored[cell]:
                    x = right - left - 1 - x
                pixel = line + 3 * x
                for channel in range(3):
                    level = tiles[pixel + channel]
                    strip[row - top, column, channel] = levels[channel, level]
