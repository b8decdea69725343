"""A frame as a grid of cells, and back."""

import numpy as np
import numpy.typing as npt

from pigeonhole.core.arrays import Picture

Placement = npt.NDArray[np.int64]
"""For each cell the number of its tile, shape (rows, columns)."""


def cells_of(frame: Picture, height: int, width: int) -> Picture:
    """
    Cut a frame into cells, row by row.

    Parameters
    ----------
    frame : uint8 array, shape (rows * height, columns * width[, 3])
    height, width : int
        Of a cell, in pixels.

    Returns
    -------
    uint8 array, shape (rows, columns, height, width[, 3])

    Raises
    ------
    ValueError
        The frame isn't a whole number of cells.
    """
    check_grid(frame, height, width)
    tall, wide, *channels = frame.shape
    grid = frame.reshape(tall // height, height, wide // width, width, *channels)
    return np.ascontiguousarray(grid.swapaxes(1, 2))


def check_grid(frame: Picture, height: int, width: int) -> None:
    """Raise ValueError where a frame isn't a whole number of cells."""
    tall, wide = frame.shape[:2]
    if not tall or not wide or tall % height or wide % width:
        raise ValueError(
            f"a frame of {wide}x{tall} isn't a whole number of {width}x{height} cells"
        )


def render(tiles: Picture, placement: Placement) -> Picture:
    """
    Put the placed tiles together into a picture.

    Parameters
    ----------
    tiles : uint8 array, shape (n, height, width[, 3])
    placement : int64 array, shape (rows, columns)

    Returns
    -------
    uint8 array, shape (rows * height, columns * width[, 3])
    """
    rows, columns = placement.shape
    _, height, width, *channels = tiles.shape
    cells = tiles[placement].swapaxes(1, 2)
    return cells.reshape(rows * height, columns * width, *channels)
