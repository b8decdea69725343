"""Draw the images of previews: from the tiles of the set, or from the photos."""

from collections.abc import Callable

import numpy as np

from pigeonhole.core.arrays import BoolArray, Image, Int64Array
from pigeonhole.core.geometry import Size
from pigeonhole.imaging.resize import resize, to_rgb
from pigeonhole.mosaic.layout import Layout
from pigeonhole.mosaic.render.color import blend_target
from pigeonhole.mosaic.render.drawing import Drawing
from pigeonhole.mosaic.render.kernels import draw_cells
from pigeonhole.mosaic.render.large import cell_edges
from pigeonhole.mosaic.render.page import Page

TileCutter = Callable[[Int64Array, Size], Image]
"""Function of numbers of tiles and a size that returns them, (n, height, width, 3)."""


def fit_size(size: Size, max_pixels: int) -> Size:
    """Return a size reduced, if necessary, to a number of pixels."""
    scale = min(1.0, (max_pixels / (size.width * size.height)) ** 0.5)
    return Size(max(1, int(size.width * scale)), max(1, int(size.height * scale)))


def draw_mosaic(drawing: Drawing, layout: Layout, size: Size, cut: TileCutter) -> Image:
    """
    Draw a mosaic at any size, shape (height, width, 3); empty cells are white.

    Parameters
    ----------
    drawing : Drawing
    layout : Layout
    size : Size
        Size of the image.
    cut : callable
        Returns tiles at a size.
    """
    edges = cell_edges(drawing, Page(size, size))
    image = np.full((size.height, size.width, 3), 255, np.uint8)
    shapes = (
        layout.boxes[:, 2] * (layout.size.width + layout.boxes[:, 3].max())
        + (layout.boxes[:, 3])
    )
    for shape in np.unique(shapes):
        cells = np.flatnonzero(shapes == shape)
        heights, widths = (edges[cells, 2:] - edges[cells, :2]).T
        tile = Size(max(1, int(widths.max())), max(1, int(heights.max())))
        used, places = np.unique(drawing.numbers[cells], return_inverse=True)
        tiles = cut(used, tile)
        draw_cells(
            image,
            0,
            edges[cells],
            tiles.reshape(-1),
            places.ravel() * tiles[0].size,
            np.full(len(cells), tile.width),
            drawing.mirrored[cells],
            drawing.gains[cells],
            drawing.offsets[cells],
        )
    if not drawing.overlay:
        return image
    target = resize(to_rgb(drawing.target), *size)
    covered = None if layout.grid else _covered(edges, size)
    return blend_target(image, target, drawing.overlay, covered)


def _covered(edges: Int64Array, size: Size) -> BoolArray:
    mask = np.zeros((size.height, size.width), np.bool_)
    for top, left, bottom, right in np.maximum(edges, 0).tolist():
        mask[top:bottom, left:right] = True
    return mask


def set_cutter(tiles: Image) -> TileCutter:
    """Return a function that resizes tiles, uint8 (n, height, width[, 3])."""

    def cut(numbers: Int64Array, size: Size) -> Image:
        chosen = tiles[numbers]
        if chosen.shape[2:0:-1] == size:
            return to_rgb_stack(chosen)
        # Stacked vertically they are one image.
        stacked = chosen.reshape(-1, *chosen.shape[2:])
        stacked = resize(stacked, size.width, len(chosen) * size.height)
        return to_rgb_stack(stacked.reshape(-1, size.height, *stacked.shape[1:]))

    return cut


def to_rgb_stack(stack: Image) -> Image:
    """Return images, uint8 (n, height, width[, 3]), as RGB."""
    if stack.ndim == 3:
        stack = np.repeat(stack[..., None], 3, axis=3)
    return np.ascontiguousarray(stack, np.uint8)
