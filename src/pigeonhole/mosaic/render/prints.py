"""Prints: convert paper sizes to pixels and crop the target to the paper."""

from dataclasses import dataclass
from typing import Literal, Self

import numpy as np

from pigeonhole.core.arrays import BoolArray, Image
from pigeonhole.core.errors import SettingsError
from pigeonhole.core.geometry import Size
from pigeonhole.imaging.resize import resize
from pigeonhole.mosaic.render.page import Page, check_page_size
from pigeonhole.settings import PrintSettings

MM_PER_INCH = 25.4
MIN_FACE_MM = 6
"""Size of a printed cell, in millimeters, from which faces are recognizable."""


@dataclass(frozen=True, slots=True)
class Print:
    """A sheet of paper with its bleed, in pixels."""

    size: Size
    """Size of the paper, including the bleed."""
    dpi: int
    fit: Literal["crop", "pad"]
    """Crop the target to the aspect ratio of the paper, or pad it with white."""

    @classmethod
    def from_settings(cls, settings: PrintSettings) -> Self:
        """Return the sheet of paper that the settings describe."""
        if settings.size is None:
            hint = "set a paper size, such as 60x90 cm."
            raise SettingsError("mosaic.print.size", None, hint)
        width, height = (
            round((side + 2 * settings.bleed) * settings.dpi / MM_PER_INCH)
            for side in settings.size.millimeters
        )
        size = Size(max(1, width), max(1, height))
        check_page_size(size)
        return cls(size, settings.dpi, settings.fit)

    def crop(self, image: Image) -> Image:
        """Return the part of a target that is printed: its center, if cropped."""
        if self.fit == "pad":
            return image
        rows, columns = image.shape[:2]
        width, height = self.printed_size(Size(columns, rows))
        top, left = (rows - height) // 2, (columns - width) // 2
        return image[top : top + height, left : left + width]

    def printed_size(self, target: Size) -> Size:
        """Return the size of the part of a target that is printed."""
        if self.fit == "pad":
            return target
        height = round(target.width * self.size.height / self.size.width)
        width = round(target.height * self.size.width / self.size.height)
        width, height = min(target.width, width), min(target.height, height)
        return Size(max(1, width), max(1, height))

    def crop_mask(self, mask: BoolArray | None, size: Size) -> BoolArray | None:
        """Return the printed part of a target's mask, resized to the fitted target."""
        if mask is None:
            return None
        levels = self.crop(np.where(mask, np.uint8(255), np.uint8(0)))
        return np.asarray(resize(levels, *size) >= 128)

    def page(self, matched: Size) -> Page:
        """
        Return the position on the sheet of a mosaic that was matched at a size.

        Because its size is a whole number of cells, a cropped mosaic is stretched to
        the sheet by less than one cell.
        """
        if self.fit == "crop":
            return Page(self.size, self.size)
        scale = min(self.size.width / matched.width, self.size.height / matched.height)
        mosaic = Size(
            max(1, round(matched.width * scale)), max(1, round(matched.height * scale))
        )
        left = (self.size.width - mosaic.width) // 2
        top = (self.size.height - mosaic.height) // 2
        return Page(self.size, mosaic, left, top)

    def describe(self, matched: Size, tile: Size, shown: float) -> str:
        """
        Return the size of the print and its cells, with advice if they are too small.

        `shown` is the share of the target that isn't cropped.
        """
        mosaic = self.page(matched).mosaic
        width = mosaic.width * tile.width / matched.width
        height = mosaic.height * tile.height / matched.height
        smallest = min(width, height) / self.dpi * MM_PER_INCH
        cropped = "" if shown > 0.995 else f" {1 - shown:.0%} of the target is cropped."
        advice = ""
        if smallest < 0.95 * MIN_FACE_MM:
            advice = (
                f" Faces are recognizable from about {MIN_FACE_MM} mm; set the width "
                f"to {int(matched.width * smallest / MIN_FACE_MM)} for larger cells."
            )
        grid = Size(matched.width // tile.width, matched.height // tile.height)
        return (
            f"{self.size} pixels at {self.dpi} DPI; {grid} cells of "
            f"{width:.0f}x{height:.0f} pixels, {width / self.dpi * MM_PER_INCH:.1f}x"
            f"{height / self.dpi * MM_PER_INCH:.1f} mm on paper.{cropped}{advice}"
        )
