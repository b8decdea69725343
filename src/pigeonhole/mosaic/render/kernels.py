"""Compiled loop that draws large tiles into a strip of an image."""

import numpy as np
import numpy.typing as npt

from pigeonhole.core.arrays import BoolArray, ByteArray, Image, Int64Array
from pigeonhole.core.jit import kernel


@kernel
def draw_cells(
    strip: Image,
    top: int,
    edges: Int64Array,
    tiles: ByteArray,
    offsets: Int64Array,
    widths: Int64Array,
    mirrored: BoolArray,
    shifts: npt.NDArray[np.int16],
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
    offsets : int64 array, shape (n,)
        Position in `tiles` of the tile of each cell.
    widths : int64 array, shape (n,)
        Width of that tile in pixels, at least that of the cell.
    mirrored : bool array, shape (n,)
        Whether the tile is flipped horizontally.
    shifts : int16 array, shape (n, 3)
        Added to each channel; the sum is clipped to 0..255.
    """
    for cell in range(len(edges)):
        first, left, last, right = edges[cell]
        width = widths[cell]
        for row in range(max(first, top), min(last, top + strip.shape[0])):
            line = offsets[cell] + 3 * width * (row - first)
            for column in range(max(left, 0), min(right, strip.shape[1])):
                x = column - left
                if mirrored[cell]:
                    x = right - left - 1 - x
                pixel = line + 3 * x
                for channel in range(3):
                    value = np.int64(tiles[pixel + channel]) + shifts[cell, channel]
                    strip[row - top, column, channel] = min(max(value, 0), 255)
