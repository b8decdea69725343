"""Boxes or whole photos -> tile sets."""

from pigeonhole.tiles.cut import crop_box, cut_tiles
from pigeonhole.tiles.ids import id_length, tile_id
from pigeonhole.tiles.tileset import TileRow, TileSet

__all__ = ["TileRow", "TileSet", "crop_box", "cut_tiles", "id_length", "tile_id"]
