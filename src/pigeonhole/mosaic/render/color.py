"""Change the colors of a mosaic: color transfer and overlay."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from pigeonhole.core.arrays import BoolArray, Float32Array, Image, Int64Array
from pigeonhole.matching.color_transfer import (
    PixelStatistics,
    pixel_statistics,
    transfer,
)
from pigeonhole.mosaic.cells import fit_tiles
from pigeonhole.mosaic.layout import BoxGroup, Layout
from pigeonhole.settings import MosaicOptions

BYTES_AT_ONCE = 4_000_000
"""Number of bytes changed at a time, to limit the memory."""


class ColorChanges(NamedTuple):
    """
    Color transfer of each cell, which shows its tile as ``gain * pixel + offset``.

    `gains` has the shape (n,), `offsets` (n, channels), both float32. The result is
    rounded and clipped to 0..255; a gain of 1 and an offset of 0 change nothing.
    """

    gains: Float32Array
    offsets: Float32Array


def color_changes(
    layout: Layout,
    frame: Image,
    tiles: Image,
    placement: Int64Array,
    options: MosaicOptions,
    statistics: Callable[[BoxGroup], PixelStatistics] | None = None,
) -> ColorChanges:
    """
    Return the color transfer of a mosaic; see `matching.color_transfer`.

    Parameters
    ----------
    layout : Layout
    frame : uint8 array, shape (height, width[, 3])
        The target as it was matched.
    tiles : uint8 array, shape (m, height, width[, 3])
    placement : int64 array, shape (n,)
    options : MosaicOptions
    statistics : callable, optional
        Returns the colors of the cells of a group, if they are known already.
    """
    channels = 1 if frame.ndim == 2 else 3
    gains = np.ones(len(layout), np.float32)
    offsets = np.zeros((len(layout), channels), np.float32)
    if not options.color_transfer:
        return ColorChanges(gains, offsets)
    bounds = options.color_transfer, options.max_color_transfer
    for group in layout.groups:
        used, numbers = np.unique(placement[group.numbers], return_inverse=True)
        of_tiles = pixel_statistics(fit_tiles(group, tiles[used]))
        means, stds = of_tiles.means[numbers], of_tiles.stds[numbers]
        of_cells = (
            pixel_statistics(group.cut(frame))
            if statistics is None
            else statistics(group)
        )
        changes = transfer(means, stds, *of_cells, *bounds)
        gains[group.numbers], offsets[group.numbers] = changes
    return ColorChanges(gains, offsets)


def transfer_color(image: Image, layout: Layout, changes: ColorChanges) -> Image:
    """Return a mosaic, rendered at the size of its layout, with its color transfer."""
    gains, offsets = changes
    if (gains == 1).all() and not offsets.any():
        return image
    result = image.copy()
    for group in layout.groups:
        cells = group.cut(image)
        step = max(1, BYTES_AT_ONCE // cells[0].size)
        for first in range(0, len(cells), step):
            part = slice(first, first + step)
            numbers = group.numbers[part]
            gain = gains[numbers].reshape(-1, 1, 1, *(1,) * (image.ndim - 2))
            offset = offsets[numbers].reshape(-1, 1, 1, *image.shape[2:])
            cells[part] = np.clip(np.rint(gain * cells[part] + offset), 0, 255)
        group.paste(result, cells)
    return result


def blend_target(
    image: Image, target: Image, opacity: float, coverage: BoolArray | None = None
) -> Image:
    """
    Blend a target over a mosaic.

    Parameters
    ----------
    image, target : uint8 arrays of the same shape
    opacity : float
        0 leaves the mosaic unchanged, 1 returns the target.
    coverage : bool array, shape (height, width), optional
        Pixels to blend; all by default.
    """
    if not opacity:
        return image
    blended = np.float32(1 - opacity) * image + np.float32(opacity) * target
    result = np.asarray(np.rint(blended), np.uint8)
    if coverage is None:
        return result
    return np.where(coverage if image.ndim == 2 else coverage[..., None], result, image)
