"""What may be done to the colours of a placed mosaic: tint and overlay."""

import numpy as np

from pigeonhole.images import Picture
from pigeonhole.matching import cells_of


def tinted(picture: Picture, target: Picture, tile: Picture, share: float) -> Picture:
    """
    Move the mean of each cell of a mosaic toward the target's, channel by channel.

    Parameters
    ----------
    picture, target : uint8 arrays, shape (rows * height, columns * width[, 3])
    tile : uint8 array, shape (height, width[, 3])
        Any tile, for its size.
    share : float
        0 leaves the mosaic as it is, 1 gives each cell the target's mean.
    """
    if not share:
        return picture
    height, width = tile.shape[:2]
    means = [
        cells_of(seen, height, width).mean(axis=(2, 3), dtype=np.float32)
        for seen in (target, picture)
    ]
    shifts = np.rint(share * (means[0] - means[1])).astype(np.int16)
    moved = picture + shifts.repeat(height, axis=0).repeat(width, axis=1)
    return np.asarray(np.clip(moved, 0, 255), np.uint8)


def overlaid(picture: Picture, target: Picture, share: float) -> Picture:
    """
    Lay a share of the target over a mosaic of the same shape.

    Parameters
    ----------
    picture, target : uint8 arrays of one shape
    share : float
        0 leaves the mosaic as it is, 1 gives the target itself.
    """
    if not share:
        return picture
    mixed = np.float32(1 - share) * picture + np.float32(share) * target
    return np.asarray(np.rint(mixed), np.uint8)
