"""Draw text and the recording indicator over a mosaic."""

from functools import lru_cache

import numpy as np

from pigeonhole.core.arrays import Float32Array, Image
from pigeonhole.imaging.text import render_text

BACKGROUND_BRIGHTNESS = 0.25
"""Factor by which the image is darkened behind text."""
RED = (225, 40, 40)
MIN_FONT_SIZE = 9


def draw_text(image: Image, text: str, *, centered: bool) -> None:
    """
    Draw text on a darkened panel, in place.

    Parameters
    ----------
    image : uint8 array, shape (rows, columns, 3)
        Modified in place.
    text : str
        One or more lines. Tabs separate columns.
    centered : bool
        Draw the panel in the middle of the image instead of the lower left corner.
    """
    rows, columns = image.shape[:2]
    # Text that doesn't fit even at the smallest font size is cut off.
    ink = _ink(text, rows, columns)[:rows, :columns]
    height, width = ink.shape[:2]
    top = (rows - height) // 2 if centered else rows - height
    left = (columns - width) // 2 if centered else 0
    panel = image[top : top + height, left : left + width]
    panel[...] = (1 - ink) * BACKGROUND_BRIGHTNESS * panel + 255 * ink


def draw_recording_dot(image: Image) -> None:
    """Draw a red dot in the upper right corner, in place."""
    radius = max(3, min(image.shape[:2]) // 40)
    y, x = np.ogrid[-radius : radius + 1, -radius : radius + 1]
    square = image[radius : 3 * radius + 1, -3 * radius - 1 : -radius]
    square[x * x + y * y <= radius * radius] = RED


@lru_cache(maxsize=8)
def _ink(text: str, rows: int, columns: int) -> Float32Array:
    """Return the text's coverage, 0 to 1, with a margin, in a font that fits."""
    lines = text.count("\n") + 1
    size = max(MIN_FONT_SIZE, min(rows // 24, rows // (2 * lines)))
    mask = render_text(text, size)
    while size > MIN_FONT_SIZE and mask.shape[1] + size > columns:
        size -= 1
        mask = render_text(text, size)
    return np.divide(np.pad(mask, size // 2)[..., None], 255, dtype=np.float32)
