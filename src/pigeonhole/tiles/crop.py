"""The part of a photo that a tile shows: a box, which may be rotated."""

import math
from typing import NamedTuple

import cv2
import numpy as np

from pigeonhole.core.arrays import Image
from pigeonhole.core.geometry import Box, Size
from pigeonhole.imaging.resize import resize, to_gray


class Crop(NamedTuple):
    """
    A box that is rotated around its center.

    Attributes
    ----------
    box : Box
        The box before it is rotated, in pixels of the photo.
    rotation : int
        Clockwise angle in degrees.
    """

    box: Box
    rotation: int = 0

    @property
    def bounds(self) -> Box:
        """Smallest upright box that contains the crop."""
        if not self.rotation:
            return self.box
        angle = math.radians(self.rotation)
        cos, sin = math.cos(angle), abs(math.sin(angle))
        x, y = self.box.center
        half_width = (self.box.width * cos + self.box.height * sin) / 2
        half_height = (self.box.width * sin + self.box.height * cos) / 2
        left, top = math.floor(x - half_width), math.floor(y - half_height)
        right, bottom = math.ceil(x + half_width), math.ceil(y + half_height)
        return Box(left, top, right - left, bottom - top)


def crop_box(box: Box, photo: Size, tile: Size, margin: float) -> Box:
    """
    Return the crop for a tile: a box with a margin, in the tile's aspect ratio.

    If the crop doesn't fit at its place, it is moved into the photo. Only if the photo
    is too small is it shrunk. `margin` on each side is a fraction of the box.
    """
    factor = 1 + 2 * margin
    scale = max(box.width * factor / tile.width, box.height * factor / tile.height)
    scale = min(scale, photo.width / tile.width, photo.height / tile.height)
    width = max(1, min(photo.width, round(scale * tile.width)))
    height = max(1, min(photo.height, round(scale * tile.height)))
    x = box.x + box.width // 2 - width // 2
    y = box.y + box.height // 2 - height // 2
    x, y = min(max(x, 0), photo.width - width), min(max(y, 0), photo.height - height)
    return Box(x, y, width, height)


def cut_tile(
    photo: Image, crop: Box, size: Size, *, color: bool, rotation: int = 0
) -> Image:
    """Return a crop of a photo as a tile; see `Crop`."""
    pixels = _rotate(photo, Crop(crop, rotation)) if rotation else crop.crop(photo)
    tile = resize(pixels, size.width, size.height)
    return tile if color else to_gray(tile)


def _rotate(photo: Image, crop: Crop) -> Image:
    """Return the pixels of a rotated crop at the resolution of the photo."""
    # OpenCV interpolates from up to two pixels around the crop.
    x, y, width, height = crop.bounds.pad(2)
    left, top = max(0, x), max(0, y)
    part = photo[top : y + height, left : x + width]
    angle = math.radians(crop.rotation)
    cos, sin = math.cos(angle), math.sin(angle)
    turn = np.array([[cos, -sin], [sin, cos]])
    # Coordinates of OpenCV are those of centers of pixels.
    old_center = np.array(crop.box.center) - (left + 0.5, top + 0.5)
    new_center = (np.array(crop.box[2:]) - 1) / 2
    matrix = np.column_stack([turn, old_center - turn @ new_center])
    size = (crop.box.width, crop.box.height)
    flags = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
    rotated = cv2.warpAffine(
        part, matrix, size, flags=flags, borderMode=cv2.BORDER_REPLICATE
    )
    return np.asarray(rotated, np.uint8)
