"""What a page is told of the tile sets: atlases, and whom each tile is from."""

import threading
from urllib.parse import urlsplit

import numpy as np

from pigeonhole.core.geometry import Size
from pigeonhole.imaging.codecs import encode_exact_webp
from pigeonhole.imaging.resize import resize
from pigeonhole.mosaic.credits import UNNAMED, licence_link
from pigeonhole.tiles import TileSet
from pigeonhole.tiles.atlas import PageGrid, atlas_pages

MOST_PIXELS = 48_000_000
"""Of an atlas: phones hold so many, four bytes each."""


class SetPages:
    """
    A tile set as pages load it: tiles as they were cut, even if larger than cells.

    Parameters
    ----------
    name : str
    tile_set : TileSet
    frame : Size
        Of the pictures that are matched to it.
    cell : Size
        Of a cell in the frame.
    """

    def __init__(self, name: str, tile_set: TileSet, frame: Size, cell: Size) -> None:
        self.name = name
        self.colour = tile_set.tiles.ndim == 4
        self._tile_set = tile_set
        self._size = _bearable(tile_set, cell)
        self._grid = PageGrid.of(self._size, len(tile_set.tiles))
        self._made: dict[int, bytes] = {}
        self._making = threading.Lock()
        self.frame_shape = (frame.height, frame.width, *((3,) if self.colour else ()))

    def facts(self) -> dict[str, object]:
        """Return what the page has to know of the set."""
        return {
            "name": self.name,
            "colour": self.colour,
            "atlas": self._grid.facts(),
            "pages": self._grid.pages,
        }

    def page(self, number: int) -> bytes:
        """Return an atlas page as WebP, without loss; made when first asked for."""
        if not 0 <= number < self._grid.pages:
            raise IndexError(number)
        with self._making:
            if number not in self._made:
                start = number * self._grid.per_page
                part = self._tile_set.tiles[start : start + self._grid.per_page]
                if self._size != self._tile_set.size:
                    part = np.stack([resize(tile, *self._size) for tile in part])
                self._made[number] = encode_exact_webp(
                    next(atlas_pages(part, self._grid))
                )
            return self._made[number]

    def prepare(self) -> None:
        """Make all atlas pages, so that nobody waits for them."""
        for number in range(self._grid.pages):
            self.page(number)

    def credit(self, number: int) -> dict[str, str]:
        """Return whom a tile is from, with links that are safe to follow."""
        if not 0 <= number < len(self._tile_set.rows):
            raise IndexError(number)
        row = self._tile_set.rows[number]
        licence, licence_url = licence_link(row.licence or UNNAMED)
        return {
            "photo": row.photo,
            "photographer": row.photographer,
            "photographer_url": _link(row.photographer_url),
            "page_url": _link(row.page_url),
            "licence": licence,
            "licence_url": licence_url,
        }


def _bearable(tile_set: TileSet, cell: Size) -> Size:
    """Return the size of tiles of which browsers hold them all."""
    size = tile_set.size
    while (
        len(tile_set.tiles) * size.width * size.height > MOST_PIXELS
        and size.width // 2 >= cell.width
        and size.height // 2 >= cell.height
    ):
        size = Size(size.width // 2, size.height // 2)
    return size


def _link(address: str) -> str:
    """Keep an address of the web, and no script or file."""
    try:
        return address if urlsplit(address).scheme in ("http", "https") else ""
    except ValueError:
        return ""
