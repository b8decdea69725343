"""Pictures that mosaics rebuild, brought to a whole number of cells."""

from pathlib import Path

import numpy as np

from pigeonhole.core.arrays import Picture
from pigeonhole.core.geometry import Size
from pigeonhole.imaging.codecs import read_alpha, read_rgb
from pigeonhole.imaging.resize import resize, rgb_of, to_grey
from pigeonhole.mosaic.layout import Mask
from pigeonhole.settings import SAMPLES


def read_target(target: str, max_pixels: int) -> Picture:
    """
    Read a target.

    Parameters
    ----------
    target : str
        A picture's path, or the name of one of scikit-image's sample photos.
    max_pixels : int
        A larger file is refused.

    Returns
    -------
    uint8 array, shape (rows, columns, 3)

    Raises
    ------
    UnreadablePhoto
    """
    if target in SAMPLES:
        # Here, since it takes a third of the time of a small mosaic.
        from skimage import data

        return rgb_of(getattr(data, target)())
    return read_rgb(Path(target), max_pixels)


def fit_to_grid(picture: Picture, tile: Size, width: int) -> Picture:
    """
    Resize a target to whole cells, as near to `width` and its own shape as they allow.

    Parameters
    ----------
    picture : uint8 array, shape (rows, columns, 3)
    tile : Size
    width : int
        Wished width of the mosaic, in pixels.
    """
    tall, wide = picture.shape[:2]
    columns = max(1, round(width / tile.width))
    rows = max(1, round(columns * tile.width * tall / wide / tile.height))
    return resize(picture, columns * tile.width, rows * tile.height)


def read_seen(
    target: str, mask: str | None, size: Size, max_pixels: int
) -> Mask | None:
    """
    Read where a target is to be seen: what its alpha and the mask leave.

    Parameters
    ----------
    target : str
        As for `read_target`.
    mask : str or None
        A picture of any size, black where nothing is to be seen.
    size : Size
        Of the fitted target.

    Returns
    -------
    bool array, shape (height, width), or None where all is seen

    Raises
    ------
    UnreadablePhoto
    """
    levels = []
    if target not in SAMPLES:
        levels.append(read_alpha(Path(target), max_pixels))
    if mask:
        levels.append(to_grey(read_rgb(Path(mask), max_pixels)))
    seen = [resize(each, *size) >= 128 for each in levels if each is not None]
    return np.logical_and.reduce(seen) if seen else None
