"""Read targets and their masks, and fit them to a whole number of cells."""

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from pigeonhole.core.arrays import BoolArray, Image
from pigeonhole.core.geometry import Size
from pigeonhole.imaging.codecs import read_alpha, read_rgb
from pigeonhole.imaging.resize import resize, to_gray, to_rgb
from pigeonhole.mosaic.render.prints import Print
from pigeonhole.settings import SAMPLES
from pigeonhole.tiles import TileSet

log = logging.getLogger(__name__)


class Target(NamedTuple):
    """
    A target, ready to be matched.

    Attributes
    ----------
    source, original : uint8 arrays, shape (rows, columns, 3)
        The entire image and the part that the mosaic reproduces, at their own size.
    image : uint8 array, shape (height, width, 3)
        That part, resized to a whole number of cells.
    mask : bool array, shape (height, width), or None
        True where the target is visible; None if all of it is.
    """

    source: Image
    original: Image
    image: Image
    mask: BoolArray | None


def load_inputs(
    tiles: Path, target: Mapping[str, Any], sheet: Print | None = None
) -> tuple[TileSet, Target]:
    """Load a tile set, and the target of these arguments of `prepare_target`."""
    tile_set = TileSet.load(tiles)
    return tile_set, prepare_target(tile=tile_set.size, sheet=sheet, **target)


def prepare_target(
    source: str,
    tile: Size,
    width: int,
    max_pixels: int,
    mask: str | None = None,
    sheet: Print | None = None,
) -> Target:
    """
    Read a target and its mask and fit them to a grid of cells.

    Parameters
    ----------
    source : str
        Path of an image, or name of one of scikit-image's sample photos.
    tile : Size
    width : int
        Requested width of the mosaic in pixels.
    max_pixels : int
        Larger files are rejected.
    mask : str, optional
        Path of an image of any size, black where nothing is visible.
    sheet : Print, optional
        Sheet of paper for the mosaic; the target is cropped if the sheet requires it.

    Raises
    ------
    UnreadableImage
    """
    image = read_target(source, max_pixels)
    if sheet is None:
        fitted = fit_to_grid(image, tile, width)
        size = Size(*fitted.shape[1::-1])
        return Target(image, image, fitted, read_mask(source, mask, size, max_pixels))
    original = sheet.crop(image)
    fitted = fit_to_grid(original, tile, width)
    size, full = (Size(*array.shape[1::-1]) for array in (fitted, image))
    log.info("%s", sheet.describe(size, tile, original.size / image.size))
    full_mask = read_mask(source, mask, full, max_pixels)
    return Target(image, original, fitted, sheet.crop_mask(full_mask, size))


def read_target(source: str, max_pixels: int) -> Image:
    """Read a target as RGB; see `prepare_target`."""
    if source in SAMPLES:
        # Imported here: it takes a third of the time of a small mosaic.
        from skimage import data

        return to_rgb(getattr(data, source)())
    return read_rgb(Path(source), max_pixels)


def fit_to_grid(image: Image, tile: Size, width: int) -> Image:
    """Resize a target to whole cells, near the requested width and its aspect ratio."""
    image_height, image_width = image.shape[:2]
    columns = max(1, round(width / tile.width))
    height = columns * tile.width * image_height / image_width
    rows = max(1, round(height / tile.height))
    return resize(image, columns * tile.width, rows * tile.height)


def read_mask(
    source: str, mask: str | None, size: Size, max_pixels: int
) -> BoolArray | None:
    """
    Return where a target is visible, from its transparency and a mask image.

    `size` is that of the result, which is None if all of the target is visible; for the
    other parameters, see `prepare_target`.
    """
    layers = []
    if source not in SAMPLES:
        layers.append(read_alpha(Path(source), max_pixels))
    if mask:
        layers.append(to_gray(read_rgb(Path(mask), max_pixels)))
    visible = [resize(layer, *size) >= 128 for layer in layers if layer is not None]
    return np.logical_and.reduce(visible) if visible else None
