"""Read targets and their masks, and fit them to a whole number of cells."""

import logging
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import cv2
import numpy as np

from pigeonhole.core.arrays import BoolArray, Image
from pigeonhole.core.errors import SettingsError, UnreadableImage
from pigeonhole.core.geometry import Size
from pigeonhole.imaging.codecs import Pixels, read_pixels
from pigeonhole.imaging.resize import resize, to_gray, to_rgb
from pigeonhole.mosaic.render.prints import Print
from pigeonhole.settings import SAMPLES
from pigeonhole.tiles import TileSet

log = logging.getLogger(__name__)

MAX_TARGET_PIXELS = 200_000_000
"""Maximum number of pixels of a target that is matched, which limits the memory."""


class Target(NamedTuple):
    """
    A target, ready to be matched.

    Attributes
    ----------
    source, original : uint8 arrays, shape (rows, columns, 3)
        The entire image, composited over white, and the part that the mosaic
        reproduces, at their own size. In the original, invisible pixels that are less
        than a cell from visible ones have the color of the nearest visible pixel, so
        that cells at the rim are matched by what is visible of them.
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
    return fit_target(read_layers(source, max_pixels, mask), tile, width, sheet)


class TargetLayers(NamedTuple):
    """
    A target and its mask as they were read.

    Attributes
    ----------
    pixels : Pixels
    image : uint8 array, shape (rows, columns, 3)
        The target, composited over white.
    masks : list of uint8 arrays
        Alpha channel and mask, if there are any; invisible below 128.
    mask : str or None
        Path of the mask.
    """

    pixels: Pixels
    image: Image
    masks: list[Image]
    mask: str | None


def read_layers(source: str, max_pixels: int, mask: str | None) -> TargetLayers:
    """Read a target and its mask; see `prepare_target`."""
    pixels = _read(source, max_pixels)
    masks = _layers(source, pixels, mask, max_pixels)
    return TargetLayers(pixels, pixels.over_white(), masks, mask)


def fit_target(
    target: TargetLayers, tile: Size, width: int, sheet: Print | None = None
) -> Target:
    """Fit a target and its mask to a grid of cells; see `prepare_target`."""
    pixels, image, layers, mask = target
    whole = Size(*image.shape[1::-1])
    filled, full_mask = image, visible_pixels(layers, whole)
    if full_mask is not None and not full_mask.all():
        if not full_mask.any():
            hint = "it hides all that the target shows; use one that is white there."
            raise SettingsError("mosaic.mask", mask, hint)
        shown = image if pixels.alpha is None else pixels.color
        # Resizing mixes pixels that are up to three pixels apart.
        reach = math.hypot(tile.width, tile.height) * whole.width / width + 4
        filled = fill_invisible(shown, image, full_mask, reach)
    if sheet is None:
        fitted = fit_to_grid(filled, tile, width)
        visible = visible_pixels(layers, Size(*fitted.shape[1::-1]))
        return Target(image, filled, fitted, visible)
    original = sheet.crop(filled)
    fitted = fit_to_grid(original, tile, width)
    size = Size(*fitted.shape[1::-1])
    log.info("%s", sheet.describe(size, tile, original.size / filled.size))
    return Target(image, original, fitted, sheet.crop_mask(full_mask, size))


def read_target(source: str, max_pixels: int) -> Image:
    """Read a target as RGB, composited over white; see `prepare_target`."""
    return _read(source, max_pixels).over_white()


def _read(source: str, max_pixels: int) -> Pixels:
    if source in SAMPLES:
        # Imported here: it takes a third of the time of a small mosaic.
        from skimage import data

        return Pixels(to_rgb(getattr(data, source)()), None)
    return read_pixels(Path(source), max_pixels)


def fit_to_grid(image: Image, tile: Size, width: int) -> Image:
    """Resize a target to the cells of `grid_of`, and limit its size."""
    columns, rows = grid_of(Size(*image.shape[1::-1]), tile, width)
    size = Size(columns * tile.width, rows * tile.height)
    if (pixels := size.width * size.height) > MAX_TARGET_PIXELS:
        largest = int(width * math.sqrt(MAX_TARGET_PIXELS / pixels))
        advice = f"choose at most {largest:,}"
        if largest < tile.width:
            advice = "crop the target, or choose smaller tiles"
        hint = (
            f"this target would get {size.width:,}x{size.height:,} pixels, and "
            f"{MAX_TARGET_PIXELS // 10**6} million are the maximum; {advice}. For "
            "larger tiles in the image, set tile_width instead."
        )
        raise SettingsError("mosaic.width", width, hint)
    return resize(image, *size)


def grid_of(image: Size, tile: Size, width: int) -> Size:
    """Return columns and rows near the requested width and the image's aspect ratio."""
    columns = max(1, round(width / tile.width))
    height = columns * tile.width * image.height / image.width
    return Size(columns, max(1, round(height / tile.height)))


def fill_invisible(
    color: Image, background: Image, visible: BoolArray, reach: float
) -> Image:
    """
    Return an image that continues the colors of visible pixels beyond their rim.

    Parameters
    ----------
    color, background : uint8 arrays, shape (rows, columns, 3)
        Colors of visible and of invisible pixels.
    visible : bool array, shape (rows, columns)
        At least one value is true.
    reach : float
        Distance up to which invisible pixels get the color of the nearest visible one.
    """
    # The label of each pixel is that of the nearest visible pixel.
    distances, labels = cv2.distanceTransformWithLabels(
        np.where(visible, np.uint8(0), np.uint8(1)),
        cv2.DIST_L2,
        cv2.DIST_MASK_5,
        labelType=cv2.DIST_LABEL_PIXEL,
    )
    colors = np.zeros((int(labels.max()) + 1, 3), np.uint8)
    colors[labels[visible]] = color[visible]
    return np.where((distances <= reach)[..., None], colors[labels], background)


def _layers(
    source: str, pixels: Pixels, mask: str | None, max_pixels: int
) -> list[Image]:
    """Return the alpha channel and the mask of a target, if it has them."""
    layers = []
    if pixels.alpha is not None:
        if pixels.alpha.max() < 128:
            raise UnreadableImage(source, "the image is transparent everywhere")
        layers.append(pixels.alpha)
    if mask:
        try:
            shape = read_pixels(Path(mask), max_pixels)
        except UnreadableImage as error:
            hint = f"it can't be used: {error.reason}."
            raise SettingsError("mosaic.mask", mask, hint) from None
        layer = to_gray(shape.color)
        if shape.alpha is not None:
            layer = np.minimum(layer, shape.alpha)
        if layer.max() < 128:
            hint = "it is black or transparent everywhere and hides the target; use "
            hint += "one that is white where tiles go."
            raise SettingsError("mosaic.mask", mask, hint)
        layers.append(layer)
    return layers


def visible_pixels(layers: list[Image], size: Size) -> BoolArray | None:
    """
    Return where a target is visible at a size, or None if all of it is.

    `layers` are its alpha channel and its mask, at any size, which are combined.
    """
    visible = [resize(layer, *size) >= 128 for layer in layers]
    return np.logical_and.reduce(visible) if visible else None
