"""Words and signs over a mosaic, for the eyes of who stands before it."""

from functools import lru_cache

import numpy as np
import numpy.typing as npt

from pigeonhole.core.arrays import Picture
from pigeonhole.imaging.text import lettering

Ink = npt.NDArray[np.float32]

SHADE = 0.25
"""What is left of the picture's light behind words."""
RED = (225, 40, 40)


def panel(picture: Picture, text: str, *, middle: bool) -> None:
    """
    Write words into a picture, in the middle or at its foot.

    Parameters
    ----------
    picture : uint8 array, shape (rows, columns, 3)
        Changed in place.
    text : str
        One line or several; tabs set columns.
    middle : bool
    """
    rows, columns = picture.shape[:2]
    ink = _ink(text, rows, columns)
    # What doesn't fit, even in the smallest letters, is cut off.
    ink = ink[:rows, :columns]
    tall, wide = ink.shape[:2]
    top = (rows - tall) // 2 if middle else rows - tall
    left = (columns - wide) // 2 if middle else 0
    part = picture[top : top + tall, left : left + wide]
    part[...] = (1 - ink) * SHADE * part + 255 * ink


def dot(picture: Picture) -> None:
    """Put the red dot of a recording into the upper right corner."""
    radius = max(3, min(picture.shape[:2]) // 40)
    y, x = np.ogrid[-radius : radius + 1, -radius : radius + 1]
    around = picture[radius : 3 * radius + 1, -3 * radius - 1 : -radius]
    around[x * x + y * y <= radius * radius] = RED


@lru_cache(maxsize=8)
def _ink(text: str, rows: int, columns: int) -> Ink:
    """Return the share of ink, with a margin, in letters that fit."""
    lines = text.count("\n") + 1
    size = max(9, min(rows // 24, rows // (2 * lines)))
    mask = lettering(text, size)
    while size > 9 and mask.shape[1] + size > columns:
        size -= 1
        mask = lettering(text, size)
    return np.divide(np.pad(mask, size // 2)[..., None], 255, dtype=np.float32)
