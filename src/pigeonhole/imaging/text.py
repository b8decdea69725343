"""Render text to images."""

import numpy as np
import PIL.Image
from PIL import ImageDraw, ImageFont

from pigeonhole.core.arrays import Image


def render_text(text: str, size: int) -> Image:
    """
    Render text in a font of `size` pixels as a mask of 255 on 0, uint8 (rows, columns).

    In several lines of text, tabs separate the columns of a table.
    """
    font = ImageFont.load_default(size)
    table = [line.split("\t") for line in text.split("\n")]
    widths = [
        max(round(font.getlength(row[column])) for row in table if column < len(row))
        for column in range(max(map(len, table)))
    ]
    line_height = round(1.5 * size)
    shape = (sum(widths) + size * len(widths), line_height * len(table))
    mask = PIL.Image.new("L", shape)
    draw = ImageDraw.Draw(mask)
    for line, row in enumerate(table):
        for column, word in enumerate(row):
            left = sum(widths[:column]) + size * column
            draw.text((left, line * line_height), word, fill=255, font=font)
    return np.asarray(mask, np.uint8)
