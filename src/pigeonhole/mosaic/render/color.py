"""Change the colors of a rendered mosaic: color transfer and overlay."""

import numpy as np
import numpy.typing as npt

from pigeonhole.core.arrays import BoolArray, Image
from pigeonhole.mosaic.layout import Layout


def transfer_color(
    image: Image, target: Image, layout: Layout, strength: float
) -> Image:
    """
    Move the mean color of each cell of a mosaic toward that of the target.

    Parameters
    ----------
    image, target : uint8 arrays of the same shape
    layout : Layout
    strength : float
        0 leaves the mosaic unchanged, 1 gives each cell the target's mean color.
    """
    if not strength:
        return image
    result = image.copy()
    shifts = color_shifts(image, target, layout, strength)
    for group in layout.groups:
        shift = shifts[group.numbers, None, None].reshape(-1, 1, 1, *image.shape[2:])
        cells = np.clip(group.cut(image) + shift, 0, 255)
        group.paste(result, cells.astype(np.uint8))
    return result


def color_shifts(
    image: Image, target: Image, layout: Layout, strength: float
) -> npt.NDArray[np.int16]:
    """Return what `transfer_color` adds to each cell, shape (n, channels)."""
    channels = 1 if image.ndim == 2 else 3
    shifts = np.zeros((len(layout), channels), np.int16)
    for group in layout.groups:
        target_mean, mean = (
            group.cut(array).mean(axis=(1, 2), dtype=np.float32).reshape(-1, channels)
            for array in (target, image)
        )
        shifts[group.numbers] = np.rint(strength * (target_mean - mean))
    return shifts


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
