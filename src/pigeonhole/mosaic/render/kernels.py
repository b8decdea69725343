"""The compiled loop that draws large tiles into a band of a picture."""

import numpy as np
import numpy.typing as npt

from pigeonhole.core.arrays import Picture
from pigeonhole.core.jit import kernel

Ints = npt.NDArray[np.int64]


@kernel
def draw_cells(
    band: Picture,
    top: int,
    edges: Ints,
    tiles: Picture,
    starts: Ints,
    strides: Ints,
    mirrored: npt.NDArray[np.bool_],
    shifts: npt.NDArray[np.int16],
) -> None:
    """
    Draw the part of each cell that lies in a band.

    Parameters
    ----------
    band : uint8 array, shape (rows, width, 3)
        Drawn into.
    top : int
        Row of the picture at which the band begins.
    edges : int64 array, shape (n, 4)
        Top, left, bottom and right of each cell in the picture, right and bottom not
        included; a cell may reach beyond the picture.
    tiles : uint8 array, one axis
        RGB bytes of all tiles.
    starts : int64 array, shape (n,)
        Where the tile of each cell begins in `tiles`.
    strides : int64 array, shape (n,)
        Width of that tile in pixels, no less than the cell's.
    mirrored : bool array, shape (n,)
        Whether left and right change places.
    shifts : int16 array, shape (n, 3)
        Added to each channel; what leaves a byte's range stops at its end.
    """
    for cell in range(len(edges)):
        first, left, last, right = edges[cell]
        stride = strides[cell]
        for row in range(max(first, top), min(last, top + band.shape[0])):
            line = starts[cell] + 3 * stride * (row - first)
            for column in range(max(left, 0), min(right, band.shape[1])):
                place = column - left
                if mirrored[cell]:
                    place = right - left - 1 - place
                pixel = line + 3 * place
                for channel in range(3):
                    value = np.int64(tiles[pixel + channel]) + shifts[cell, channel]
                    band[row - top, column, channel] = min(max(value, 0), 255)
