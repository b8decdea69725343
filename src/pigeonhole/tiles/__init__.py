"""Boxes or whole photos -> tile sets."""

from typing import TYPE_CHECKING

from pigeonhole.tiles.tileset import TileRow, TileSet

if TYPE_CHECKING:
    from pigeonhole.tiles.cut import crop_box, cut_tiles
    from pigeonhole.tiles.ids import id_length, tile_id

__all__ = ["TileRow", "TileSet", "crop_box", "cut_tiles", "id_length", "tile_id"]


def __getattr__(name: str) -> object:
    # Imported on first use: who only opens a tile set needs no detector of faces.
    if name in ("crop_box", "cut_tiles"):
        from pigeonhole.tiles import cut

        return getattr(cut, name)
    if name in ("id_length", "tile_id"):
        from pigeonhole.tiles import ids

        return getattr(ids, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
