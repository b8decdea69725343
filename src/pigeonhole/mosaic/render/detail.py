"""Details: the part of a mosaic around its subject, enlarged."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from pigeonhole.core.arrays import Image
from pigeonhole.core.geometry import Box, Size
from pigeonhole.imaging.saliency import object_map
from pigeonhole.mosaic.render.drawing import Drawing
from pigeonhole.mosaic.render.large import draw_page
from pigeonhole.mosaic.render.page import Page
from pigeonhole.photos.ledger import PhotoRow
from pigeonhole.tiles.subject import detect_faces

COLUMNS = 12
"""Width of a detail in cells: few enough to recognize the photos."""
ASPECT_RATIO = 4 / 3
"""Width of a detail over its height."""
TILE_WIDTH = 48
"""Width of the tiles of a detail in pixels."""


def find_detail(target: Image, tile: Size) -> Box:
    """
    Return a part of a target, in whole cells, around its subject.

    The subject is the largest face, or what is salient, or else the middle.

    Parameters
    ----------
    target : uint8 array, shape (rows * height, columns * width, 3)
    tile : Size
        Size of a cell.
    """
    sides, cell = np.array(target.shape[1::-1]), np.array(tile)
    wanted = COLUMNS * tile.width * np.array([1, 1 / ASPECT_RATIO])
    size = np.minimum(np.maximum(1, np.rint(wanted / cell)) * cell, sides)
    corner = np.rint((np.array(_subject(target)) - size / 2) / cell) * cell
    corner = np.clip(corner, 0, sides - size)
    return Box(*np.concatenate([corner, size]).astype(np.int64).tolist())


def _subject(target: Image) -> tuple[float, float]:
    """Return the center of the subject as (x, y)."""
    if faces := detect_faces(target):
        return max(faces, key=lambda face: face.area).center
    saliency = object_map(target)
    if not saliency.any():
        saliency = np.ones_like(saliency)
    scale = np.array(target.shape[:2]) / saliency.shape
    places = (np.indices(saliency.shape) + 0.5).reshape(2, -1)
    row, column = (places * saliency.ravel()).sum(axis=1) / saliency.sum() * scale
    return float(column), float(row)


def draw_detail(
    drawing: Drawing, detail: Box, photos: Sequence[PhotoRow], folder: Path
) -> Image:
    """Render a part of a mosaic, shape (height, width, 3), from the photos.

    `detail` is in pixels of the mosaic as it was matched; see `find_detail`.
    """
    mosaic = drawing.page(max(TILE_WIDTH, drawing.tile.width)).size
    scale = np.array(mosaic) / np.array(drawing.size)
    left, top, width, height = np.rint(np.array(detail) * np.tile(scale, 2)).astype(int)
    page = Page(Size(int(width), int(height)), mosaic, -int(left), -int(top))
    return draw_page(drawing, page, photos, folder)
