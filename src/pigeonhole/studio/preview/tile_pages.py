"""The tiles of a project as the page loads them: credits, atlases and single tiles."""

import threading
from pathlib import Path
from typing import Any

import numpy as np

from pigeonhole.core.geometry import Size
from pigeonhole.imaging.codecs import encode_lossless_webp, encode_webp
from pigeonhole.imaging.resize import to_rgb
from pigeonhole.mosaic.cell_stats import ERROR_COLORS, MAX_ERROR
from pigeonhole.mosaic.viewer import photo_credits
from pigeonhole.studio.photos.cutting import ProjectTiles
from pigeonhole.studio.preview.crops import CropReader
from pigeonhole.studio.server.messages import StudioError
from pigeonhole.tiles import TileRow
from pigeonhole.tiles.atlas import PageGrid, atlas_pages

MAX_CROP_WIDTH = 1024
"""Largest width of a single tile."""


class NoSuchTile(StudioError):
    """The tile set has no such tile or page."""

    def __init__(self, number: int) -> None:
        super().__init__(f"There is no tile or page {number} in this tile set.")


class TilePages:
    """
    The tiles of one version of the tile set.

    Pages are encoded when they are first needed; tiles larger than in the tile set are
    cut from their photos. Any thread may call the methods.
    """

    def __init__(
        self, version: int, tiles: ProjectTiles, folder: Path, max_pixels: int
    ) -> None:
        self.version = version
        self.tile_set = tiles.tile_set
        self._sizes = {row.photo: (row.width, row.height) for row in tiles.photos}
        self._crops = CropReader(folder, max_pixels)
        self._grid = PageGrid.of(self.tile_set.size, len(self.tile_set.tiles))
        self._pages: dict[int, bytes] = {}
        self._lock = threading.Lock()

    def data(self, token: str) -> dict[str, Any]:
        """
        Return tiles, photos, credits and atlases.

        The last atlas describes single tiles, whose addresses the page makes itself.
        """
        query = f"version={self.version}&token={token}"
        pages = [f"/tiles/atlas?page={n}&{query}" for n in range(self._grid.pages)]
        single = PageGrid(self._largest, 1, 1, len(self.tile_set.rows))
        return {
            "version": self.version,
            **photo_credits(self.tile_set),
            "sources": self.tile_set.sources.tolist(),
            "atlases": [
                {**self._grid.facts(), "pages": pages},
                {**single.facts(), "pages": []},
            ],
            "errors": {"maximum": MAX_ERROR, "colors": ERROR_COLORS},
        }

    @property
    def _largest(self) -> Size:
        """Size of single tiles: that of the largest crop, up to `MAX_CROP_WIDTH`."""
        size = self.tile_set.size
        crops = max((row.width for row in self.tile_set.rows), default=size.width)
        width = max(size.width, min(MAX_CROP_WIDTH, crops))
        return Size(width, max(1, round(width * size.height / size.width)))

    def atlas(self, number: int) -> bytes:
        """Return a page of the atlas as lossless WebP."""
        if not 0 <= number < self._grid.pages:
            raise NoSuchTile(number)
        with self._lock:
            if number not in self._pages:
                start = number * self._grid.per_page
                tiles = self.tile_set.tiles[start : start + self._grid.per_page]
                page = next(atlas_pages(np.ascontiguousarray(tiles), self._grid))
                self._pages[number] = encode_lossless_webp(to_rgb(page))
            return self._pages[number]

    def facts(self, number: int) -> dict[str, Any]:
        """Return the crop of a tile, and the size of its photo."""
        row = self._row(number)
        return {
            "crop": row.crop,
            "rotation": row.rotation,
            "photo_size": self._sizes.get(row.photo),
        }

    def crop(self, number: int, width: int) -> bytes:
        """Return a tile, cut from its photo at a width, as WebP."""
        row, size = self._row(number), self.tile_set.size
        width = max(1, min(width, MAX_CROP_WIDTH, max(row.width, size.width)))
        height = max(1, round(width * size.height / size.width))
        color = self.tile_set.tiles.ndim == 4
        tile = self._crops.read(row, Size(width, height), color=color)
        return encode_webp(to_rgb(tile), 85)

    def _row(self, number: int) -> TileRow:
        if not 0 <= number < len(self.tile_set.rows):
            raise NoSuchTile(number)
        return self.tile_set.rows[number]
