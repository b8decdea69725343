"""Draw text."""

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from pigeonhole.core.arrays import Picture


def lettering(text: str, size: int) -> Picture:
    """
    Return text as a mask, 255 where there is ink, uint8 (rows, columns).

    Parameters
    ----------
    text : str
        One line or several; tabs set columns.
    size : int
        Of the letters, in pixels.
    """
    font = ImageFont.load_default(size)
    table = [line.split("\t") for line in text.split("\n")]
    widths = [
        max(round(font.getlength(row[at])) for row in table if at < len(row))
        for at in range(max(map(len, table)))
    ]
    height = round(1.5 * size)
    sheet = Image.new("L", (sum(widths) + size * len(widths), height * len(table)))
    draw = ImageDraw.Draw(sheet)
    for line, row in enumerate(table):
        for at, word in enumerate(row):
            left = sum(widths[:at]) + size * at
            draw.text((left, line * height), word, fill=255, font=font)
    return np.asarray(sheet, np.uint8)
