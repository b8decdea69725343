"""Resize images and convert their channels."""

import cv2
import numpy as np

from pigeonhole.core.arrays import Picture


def resize(picture: Picture, width: int, height: int) -> Picture:
    """
    Resize a picture; areas are averaged on the way down, cubic on the way up.

    Parameters
    ----------
    picture : uint8 array, shape (rows, columns) or (rows, columns, 3)
    width, height : int
        In pixels, both positive.
    """
    rows, columns = picture.shape[:2]
    shrinks = width <= columns and height <= rows
    way = cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(picture, (width, height), interpolation=way), np.uint8)


def to_grey(picture: Picture) -> Picture:
    """Return the luma of an RGB picture (ITU-R BT.601), or a grey one as it is."""
    if picture.ndim == 2:
        return picture
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), np.uint8)


def rgb_of(picture: Picture) -> Picture:
    """Return a picture as RGB, whatever its channels."""
    if picture.ndim == 2:
        return np.stack([picture] * 3, axis=-1)
    return np.ascontiguousarray(picture[..., :3])
