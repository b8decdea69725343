"""The atlas pages and tile credits that the live page downloads."""

import threading
from urllib.parse import urlsplit

import numpy as np

from pigeonhole.core.geometry import Size
from pigeonhole.imaging.codecs import encode_lossless_webp
from pigeonhole.imaging.resize import resize
from pigeonhole.mosaic.credits import UNKNOWN_LICENSE, split_license
from pigeonhole.tiles import TileSet
from pigeonhole.tiles.atlas import PageGrid, atlas_pages

MAX_ATLAS_PIXELS = 48_000_000
"""Maximum number of pixels of all pages, at 4 bytes each. Phones have little memory."""


class AtlasPages:
    """
    The atlas of one tile set.

    Tiles have the size at which they were cut, even if that is larger than a cell. If
    the atlas would exceed `MAX_ATLAS_PIXELS`, they are reduced, down to a cell's size.
    """

    def __init__(self, name: str, tile_set: TileSet, cell_size: Size) -> None:
        self.name = name
        self.color = tile_set.tiles.ndim == 4
        self._tile_set = tile_set
        self._size = _limited_size(tile_set, cell_size)
        self._grid = PageGrid.of(self._size, len(tile_set.tiles))
        self._pages: dict[int, bytes] = {}
        self._lock = threading.Lock()

    def facts(self) -> dict[str, object]:
        """Return what the page's script needs to know about the tile set."""
        return {
            "name": self.name,
            "color": self.color,
            "atlas": self._grid.facts(),
            "pages": self._grid.pages,
        }

    def page(self, number: int) -> bytes:
        """Return an atlas page as lossless WebP, encoding it on first use."""
        if not 0 <= number < self._grid.pages:
            raise IndexError(number)
        with self._lock:
            if number not in self._pages:
                start = number * self._grid.per_page
                tiles = self._tile_set.tiles[start : start + self._grid.per_page]
                if self._size != self._tile_set.size:
                    tiles = np.stack([resize(tile, *self._size) for tile in tiles])
                page = next(atlas_pages(tiles, self._grid))
                self._pages[number] = encode_lossless_webp(page)
            return self._pages[number]

    def prepare(self) -> None:
        """Encode all atlas pages so that no viewer has to wait for it."""
        for number in range(self._grid.pages):
            self.page(number)

    def credit(self, number: int) -> dict[str, str]:
        """Return photo, photographer and license of a tile, with safe links only."""
        if not 0 <= number < len(self._tile_set.rows):
            raise IndexError(number)
        row = self._tile_set.rows[number]
        license, license_url = split_license(row.license or UNKNOWN_LICENSE)
        return {
            "photo": row.photo,
            "photographer": row.photographer,
            "photographer_url": _safe_link(row.photographer_url),
            "page_url": _safe_link(row.page_url),
            "license": license,
            "license_url": license_url,
        }


def _limited_size(tile_set: TileSet, cell_size: Size) -> Size:
    """Halve the tile size until the atlas is small enough or tiles are cell-sized."""
    size = tile_set.size
    while (
        len(tile_set.tiles) * size.width * size.height > MAX_ATLAS_PIXELS
        and size.width // 2 >= cell_size.width
        and size.height // 2 >= cell_size.height
    ):
        size = Size(size.width // 2, size.height // 2)
    return size


def _safe_link(url: str) -> str:
    """Return an http or https URL as it is and an empty string for anything else."""
    try:
        return url if urlsplit(url).scheme in ("http", "https") else ""
    except ValueError:
        return ""
