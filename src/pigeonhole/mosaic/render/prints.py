"""Paper sizes -> pixels, the part of a target that is shown, the size of cells."""

from dataclasses import dataclass
from typing import Literal, Self

import numpy as np

from pigeonhole.core.arrays import Picture
from pigeonhole.core.errors import SettingsError
from pigeonhole.core.geometry import Size
from pigeonhole.imaging.resize import resize
from pigeonhole.mosaic.layout import Mask
from pigeonhole.mosaic.render.drawing import Page
from pigeonhole.settings import PrintSettings

INCH = 25.4
"""Millimetres."""
FACE = 6
"""Millimetres of a printed cell from which on a face is seen as one."""


@dataclass(frozen=True, slots=True)
class Print:
    """
    A sheet of paper with its bleed, in pixels.

    Attributes
    ----------
    size : Size
        Paper and bleed.
    dpi : int
    fit : {"crop", "pad"}
        Whether the target is cut to the paper's shape or white is left beside it.
    """

    size: Size
    dpi: int
    fit: Literal["crop", "pad"]

    @classmethod
    def of(cls, settings: PrintSettings) -> Self:
        """
        Return the sheet that the settings ask for.

        Raises
        ------
        SettingsError
            They ask for none.
        """
        if settings.size is None:
            raise SettingsError(
                "mosaic.print.size", None, "give the paper's size, such as 60x90 cm."
            )
        width, height = (
            round((side + 2 * settings.bleed) * settings.dpi / INCH)
            for side in settings.size.millimetres
        )
        return cls(Size(max(1, width), max(1, height)), settings.dpi, settings.fit)

    def part(self, picture: Picture) -> Picture:
        """Return the part of a target that the print shows: its middle, if cropped."""
        if self.fit == "pad":
            return picture
        rows, columns = picture.shape[:2]
        tall = min(rows, max(1, round(columns * self.size.height / self.size.width)))
        wide = min(columns, max(1, round(rows * self.size.width / self.size.height)))
        top, left = (rows - tall) // 2, (columns - wide) // 2
        return picture[top : top + tall, left : left + wide]

    def seen(self, mask: Mask | None, size: Size) -> Mask | None:
        """
        Return where the part is to be seen, None where all is.

        Parameters
        ----------
        mask : bool array, shape (rows, columns), or None
            Of the whole target.
        size : Size
            Of the part, fitted to a grid.
        """
        if mask is None:
            return None
        levels = self.part(np.where(mask, np.uint8(255), np.uint8(0)))
        return np.asarray(resize(levels, *size) >= 128)

    def page(self, matched: Size) -> Page:
        """
        Return where on the sheet a mosaic lies.

        Parameters
        ----------
        matched : Size
            Of the mosaic as it was matched. Whole cells decide its shape: cropped, it's
            stretched to the sheet by less than a cell.
        """
        if self.fit == "crop":
            return Page(self.size, self.size)
        scale = min(self.size.width / matched.width, self.size.height / matched.height)
        picture = Size(
            max(1, round(matched.width * scale)), max(1, round(matched.height * scale))
        )
        left = (self.size.width - picture.width) // 2
        top = (self.size.height - picture.height) // 2
        return Page(self.size, picture, left, top)

    def sentence(self, matched: Size, tile: Size, shown: float) -> str:
        """
        Say what comes out.

        Parameters
        ----------
        matched, tile : Size
            Of the mosaic as it was matched, and of a tile in it.
        shown : float
            Share of the target that is seen.
        """
        picture = self.page(matched).picture
        wide = picture.width * tile.width / matched.width
        tall = picture.height * tile.height / matched.height
        smallest = min(wide, tall) / self.dpi * INCH
        cut = "" if shown > 0.995 else f" {1 - shown:.0%} of the target is cut off."
        small = f" A face is a face from about {FACE} mm on: a width of "
        small += f"{int(matched.width * smallest / FACE)} gives that."
        return (
            f"{self.size} pixels at {self.dpi} DPI; "
            f"{matched.width // tile.width}x{matched.height // tile.height} cells of "
            f"{wide:.0f}x{tall:.0f} pixels, "
            f"{wide / self.dpi * INCH:.1f}x{tall / self.dpi * INCH:.1f} mm on paper."
            f"{cut}{small if smallest < 0.95 * FACE else ''}"
        )
