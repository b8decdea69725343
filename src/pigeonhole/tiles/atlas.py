"""Arrange tiles on the pages of an atlas, so that a browser loads few images."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from pigeonhole.core.arrays import Image
from pigeonhole.core.geometry import Size

MAX_ATLAS_PAGE_SIDE = 2048
"""Maximum side of a page in pixels, which browsers on phones can draw."""
MAX_ATLAS_TILE_SIDE = 128
"""Maximum side of a tile in an atlas; larger tiles are separate images."""
MAX_ATLAS_STACK_PIXELS = 32_000_000
"""Maximum pixels of all tiles of one size, which are in memory at the same time."""


@dataclass(frozen=True, slots=True)
class PageGrid:
    """
    The arrangement of tiles on pages: row by row, page after page.

    Attributes
    ----------
    size : Size
        Size of a tile.
    columns, rows : int
        Tiles across and down a page.
    tiles : int
        Number of tiles.
    """

    size: Size
    columns: int
    rows: int
    tiles: int

    @classmethod
    def of(cls, size: Size, tiles: int, side: int = MAX_ATLAS_PAGE_SIDE) -> "PageGrid":
        """
        Return a grid with as many tiles on a page as fit.

        `side` is the maximum side of a page in pixels. A larger tile has its own page.
        """
        columns = min(tiles, max(1, side // size.width))
        rows = min(-(-tiles // columns), max(1, side // size.height))
        return cls(size, columns, rows, tiles)

    @property
    def per_page(self) -> int:
        """Number of tiles on a full page."""
        return self.columns * self.rows

    @property
    def pages(self) -> int:
        """Number of pages."""
        return -(-self.tiles // self.per_page)

    def facts(self) -> dict[str, int]:
        """Return `AtlasData` of shared/atlas.js, without the addresses of the pages."""
        counts = {"columns": self.columns, "rows": self.rows, "tiles": self.tiles}
        return {**self.size._asdict(), **counts}


def atlas_pages(tiles: Image, grid: PageGrid) -> Iterator[Image]:
    """
    Render the pages of an atlas. The last page has only as many rows as needed.

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
        on_page = tiles[start : start + grid.per_page]
        rows = -(-len(on_page) // grid.columns)
        cells = np.zeros((rows * grid.columns, *tiles.shape[1:]), np.uint8)
        cells[: len(on_page)] = on_page
        # (row, column, y, x) to (row, y, column, x)
        page = cells.reshape(rows, grid.columns, *tiles.shape[1:]).swapaxes(1, 2)
        yield page.reshape(rows * height, grid.columns * width, *tiles.shape[3:])


def atlas_sizes(tile: Size, tiles: int, largest: Size) -> list[Size]:
    """
    Return tile sizes for further atlases, each twice as large as the previous one.

    Parameters
    ----------
    tile : Size
        Size in the tile set.
    tiles : int
        Number of tiles; large sets have fewer atlases.
    largest : Size
        Size of the largest crop; larger tiles would show no more detail.
    """
    sizes = []
    size = Size(2 * tile.width, 2 * tile.height)
    while (
        max(size) <= MAX_ATLAS_TILE_SIDE
        and size.width * size.height * tiles <= MAX_ATLAS_STACK_PIXELS
        and size.width < largest.width
    ):
        sizes.append(size)
        size = Size(2 * size.width, 2 * size.height)
    return sizes


def size_for_pixels(tile: Size, tiles: int, pixels: int) -> Size:
    """Return the tile size at which `tiles` tiles have `pixels` pixels in total."""
    scale = math.sqrt(pixels / tiles / (tile.width * tile.height))
    return Size(max(1, int(tile.width * scale)), max(1, int(tile.height * scale)))
