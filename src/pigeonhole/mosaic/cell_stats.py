"""Measure each cell of a mosaic: its error, its colors and its distance to repeats."""

from collections.abc import Iterator

import numpy as np

from pigeonhole.core.arrays import (
    BoolArray,
    Float32Array,
    Float64Array,
    Image,
    Int64Array,
)
from pigeonhole.matching.color_transfer import PixelStatistics, pixel_statistics
from pigeonhole.matching.neighbors import find_neighbors
from pigeonhole.mosaic.layout import Layout

WORST_CELLS = 10
"""Number of cells with the largest errors that are reported."""
MAX_ERROR = 80
"""Error at the end of the color scale, in levels of 255."""
ERROR_COLORS = ("#fdf6ec", "#fbd9a0", "#f39a4b", "#d5452f", "#8c1c4a", "#35103f")
"""Color scale of errors, evenly spaced from 0 to `MAX_ERROR`."""
BLOCK_PIXELS = 4_000_000
"""Number of pixels measured at a time, to limit the memory for large images."""


def cell_colors(image: Image, layout: Layout) -> PixelStatistics:
    """Return mean color and contrast of each cell of an image at the layout's size."""
    channels = 1 if image.ndim == 2 else image.shape[2]
    colors = PixelStatistics(np.zeros((len(layout), channels)), np.zeros(len(layout)))
    for group in layout.groups:
        means, stds = pixel_statistics(group.cut(image))
        colors.means[group.numbers], colors.stds[group.numbers] = means, stds
    return colors


def cell_errors(target: Image, mosaic: Image, layout: Layout) -> Float64Array:
    """
    Return the root mean square error of each cell, in levels of 255, shape (n,).

    Parameters
    ----------
    target, mosaic : uint8 arrays of the same shape, (height, width[, 3])
    layout : Layout
        Its size is that of the images.
    """
    errors = np.zeros(len(layout))
    blocks = zip(
        _cell_blocks(target, layout), _cell_blocks(mosaic, layout), strict=True
    )
    for (numbers, wanted), (_, shown) in blocks:
        squares = np.square(wanted - shown)
        errors[numbers] = np.sqrt(squares.mean(axis=(1, 2), dtype=np.float64))
    return errors


def worst_cells(errors: Float64Array, count: int = WORST_CELLS) -> Int64Array:
    """Return the cells with the largest errors, the worst first."""
    return np.argsort(-errors, kind="stable")[:count]


def near_own_source(layout: Layout, sources: Int64Array, distance: int) -> BoolArray:
    """
    Return which cells have another cell of their own source nearby, shape (n,).

    Parameters
    ----------
    layout : Layout
    sources : int64 array, shape (n,)
        Number of the source of each cell.
    distance : int
        In cells, diagonals included; see `find_neighbors`.
    """
    if layout.grid:
        return _near_in_grid(sources.reshape(layout.grid), distance).ravel()
    starts, cells = find_neighbors(layout.boxes, distance)
    owners = np.repeat(np.arange(len(layout)), np.diff(starts))
    near = np.zeros(len(layout), np.bool_)
    near[owners[sources[owners] == sources[cells]]] = True
    return near


def _near_in_grid(sources: Int64Array, distance: int) -> BoolArray:
    """Compare a grid with itself, shifted: lists of neighbors would fill the memory."""
    near = np.zeros(sources.shape, np.bool_)
    rows, columns = sources.shape
    for down in range(min(distance, rows - 1) + 1):
        for right in range(-min(distance, columns - 1), min(distance, columns - 1) + 1):
            if down == 0 and right <= 0:
                continue
            left = slice(max(0, -right), columns - max(0, right))
            moved = slice(max(0, right), columns - max(0, -right))
            above, below = (slice(0, rows - down), left), (slice(down, rows), moved)
            same = sources[above] == sources[below]
            near[above] |= same
            near[below] |= same
    return near


def _cell_blocks(
    image: Image, layout: Layout
) -> Iterator[tuple[Int64Array, Float32Array]]:
    """Yield numbers and pixels, shape (m, pixels, channels), of a block of cells."""
    channels = 1 if image.ndim == 2 else image.shape[2]
    for group in layout.groups:
        pixels = group.cut(image).reshape(len(group.numbers), -1, channels)
        step = max(1, BLOCK_PIXELS // pixels.shape[1])
        for first in range(0, len(pixels), step):
            block = slice(first, first + step)
            yield group.numbers[block], pixels[block].astype(np.float32)
