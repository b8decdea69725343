"""Tiles on pages: few pictures to load where there are many tiles to show."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from pigeonhole.core.arrays import Picture
from pigeonhole.core.geometry import Size

SIDE = 2048
"""Longest side of a page, in pixels: browsers on phones draw it without trouble."""
LONGEST = 128
"""Longest side of a tile on a page; larger ones are pictures of their own."""
PIXELS = 32_000_000
"""Pixels of all pages of one size: what is held while they are filled."""


@dataclass(frozen=True, slots=True)
class PageGrid:
    """How the tiles of an atlas lie on its pages: row by row, page after page."""

    size: Size
    columns: int
    rows: int
    tiles: int

    @classmethod
    def of(cls, size: Size, tiles: int, side: int = SIDE) -> "PageGrid":
        """
        Fit as many tiles on a page as go, and no more pages than needed.

        Parameters
        ----------
        size : Size
            Of a tile.
        tiles : int
            How many there are.
        side : int
            Longest side of a page, in pixels; a larger tile gets a page of its own.
        """
        columns = min(tiles, max(1, side // size.width))
        rows = min(-(-tiles // columns), max(1, side // size.height))
        return cls(size, columns, rows, tiles)

    @property
    def per_page(self) -> int:
        """Return how many tiles a full page holds."""
        return self.columns * self.rows

    @property
    def pages(self) -> int:
        """Return how many pages there are."""
        return -(-self.tiles // self.per_page)

    def facts(self) -> dict[str, int]:
        """Return what web/drawing.js wants to know, but for the pages' addresses."""
        return {
            "width": self.size.width,
            "height": self.size.height,
            "columns": self.columns,
            "rows": self.rows,
            "tiles": self.tiles,
        }


def atlas_pages(tiles: Picture, grid: PageGrid) -> Iterator[Picture]:
    """
    Lay tiles on pages; the last page ends with its last row.

    Parameters
    ----------
    tiles : uint8 array, shape (n, height, width[, 3])
    grid : PageGrid

    Yields
    ------
    uint8 array, shape (rows * height, columns * width[, 3])
    """
    width, height = grid.size
    for start in range(0, len(tiles), grid.per_page):
        part = tiles[start : start + grid.per_page]
        rows = -(-len(part) // grid.columns)
        page = np.zeros((rows * grid.columns, *tiles.shape[1:]), np.uint8)
        page[: len(part)] = part
        lying = page.reshape(rows, grid.columns, *tiles.shape[1:]).swapaxes(1, 2)
        yield lying.reshape(rows * height, grid.columns * width, *tiles.shape[3:])


def rising_sizes(tile: Size, tiles: int, largest: Size) -> list[Size]:
    """
    Return the sizes of the atlases beyond the tiles' own: doubled, and doubled again.

    Parameters
    ----------
    tile : Size
    tiles : int
        How many there are: a large set gets fewer sizes.
    largest : Size
        The largest size at which any tile's photo has it: more would show nothing new.
    """
    sizes = []
    size = Size(2 * tile.width, 2 * tile.height)
    while (
        max(size) <= LONGEST
        and size.width * size.height * tiles <= PIXELS
        and size.width < largest.width
    ):
        sizes.append(size)
        size = Size(2 * size.width, 2 * size.height)
    return sizes


def single_size(tile: Size, tiles: int, pixels: int) -> Size:
    """Return the size at which so many tiles have so many pixels together."""
    scale = math.sqrt(pixels / tiles / (tile.width * tile.height))
    return Size(max(1, int(tile.width * scale)), max(1, int(tile.height * scale)))
