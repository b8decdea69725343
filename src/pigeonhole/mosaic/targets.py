"""Pictures that mosaics rebuild, brought to a whole number of cells."""

from pathlib import Path

from skimage import data

from pigeonhole.images import Picture, read_rgb, resize, rgb_of
from pigeonhole.settings import SAMPLES, Size


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
