"""Split frames into cells and render placements as images."""

import numpy as np
import numpy.typing as npt

from pigeonhole.core.arrays import Image
from pigeonhole.core.checks import check_images, check_indices, check_integer

Placement = npt.NDArray[np.int64]
"""The tile number of each cell, shape (rows, columns)."""


def split_cells(frame: Image, height: int, width: int) -> Image:
    """
    Split a frame into cells, row by row.

    Parameters
    ----------
    frame : uint8 array, shape (rows * height, columns * width[, 3])
        ValueError is raised if its size isn't a multiple of the cell size.
    height, width : int
        Size of a cell in pixels.

    Returns
    -------
    uint8 array, shape (rows, columns, height, width[, 3])
    """
    check_grid(frame, height, width)
    frame_height, frame_width, *channels = frame.shape
    rows, columns = frame_height // height, frame_width // width
    grid = frame.reshape(rows, height, columns, width, *channels)
    return np.ascontiguousarray(grid.swapaxes(1, 2))


def check_grid(frame: Image, height: int, width: int) -> None:
    """Raise ValueError unless the frame size is a multiple of the cell size."""
    check_integer("height", height, 1)
    check_integer("width", width, 1)
    if frame.ndim not in (2, 3):
        raise ValueError(f"a frame must have 2 or 3 dimensions, not {frame.ndim}")
    frame_height, frame_width = frame.shape[:2]
    empty = not frame_height or not frame_width
    if empty or frame_height % height or frame_width % width:
        raise ValueError(
            f"the frame size {frame_width}x{frame_height} isn't a multiple of the cell "
            f"size {width}x{height}"
        )


def render(tiles: Image, placement: Placement) -> Image:
    """
    Render a placement as an image.

    Parameters
    ----------
    tiles : uint8 array, shape (n, height, width[, 3])
    placement : int64 array, shape (rows, columns)
        ValueError is raised unless its numbers are from 0 to n - 1.

    Returns
    -------
    uint8 array, shape (rows * height, columns * width[, 3])
    """
    check_images("tiles", tiles)
    check_placement("placement", placement, len(tiles))
    rows, columns = placement.shape
    _, height, width, *channels = tiles.shape
    cells = tiles[placement].swapaxes(1, 2)
    return cells.reshape(rows * height, columns * width, *channels)


def check_placement(name: str, placement: Placement, tiles: int) -> None:
    """Raise ValueError unless it is a grid of numbers below the number of tiles."""
    if placement.ndim != 2:
        raise ValueError(f"{name} must have 2 dimensions, not {placement.ndim}")
    check_indices(name, placement, tiles)
