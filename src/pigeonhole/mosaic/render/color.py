"""What may be done to the colours of a placed mosaic: tint and overlay."""

import numpy as np
import numpy.typing as npt

from pigeonhole.core.arrays import Picture
from pigeonhole.mosaic.layout import Layout, Mask


def tinted(picture: Picture, target: Picture, layout: Layout, share: float) -> Picture:
    """
    Move the mean of each cell of a mosaic toward the target's, channel by channel.

    Parameters
    ----------
    picture, target : uint8 arrays of one shape
    layout : Layout
    share : float
        0 leaves the mosaic as it is, 1 gives each cell the target's mean.
    """
    if not share:
        return picture
    moved = picture.copy()
    shifts = tint_shifts(picture, target, layout, share)
    for group in layout.groups():
        shift = shifts[group.cells, None, None].reshape(-1, 1, 1, *picture.shape[2:])
        cells = np.clip(group.cut(picture) + shift, 0, 255)
        group.paste(moved, cells.astype(np.uint8))
    return moved


def tint_shifts(
    picture: Picture, target: Picture, layout: Layout, share: float
) -> npt.NDArray[np.int16]:
    """Return what `tinted` adds to each cell, shape (n, channels)."""
    channels = 1 if picture.ndim == 2 else 3
    shifts = np.zeros((len(layout), channels), np.int16)
    for group in layout.groups():
        means = [
            group.cut(seen).mean(axis=(1, 2), dtype=np.float32).reshape(-1, channels)
            for seen in (target, picture)
        ]
        shifts[group.cells] = np.rint(share * (means[0] - means[1]))
    return shifts


def overlaid(
    picture: Picture, target: Picture, share: float, where: Mask | None = None
) -> Picture:
    """
    Lay a share of the target over a mosaic of the same shape.

    Parameters
    ----------
    picture, target : uint8 arrays of one shape
    share : float
        0 leaves the mosaic as it is, 1 gives the target itself.
    where : bool array, shape (height, width), optional
        Pixels that take it; all by default.
    """
    if not share:
        return picture
    mixed = np.float32(1 - share) * picture + np.float32(share) * target
    shown = np.asarray(np.rint(mixed), np.uint8)
    if where is None:
        return shown
    seen = where if picture.ndim == 2 else where[..., None]
    return np.where(seen, shown, picture)
