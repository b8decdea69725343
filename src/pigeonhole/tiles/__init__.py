"""Cut tiles from faces or whole photos, and keep them in tile sets."""

from pigeonhole.tiles.tileset import TileRow, TileSet

__all__ = ["TileRow", "TileSet"]
