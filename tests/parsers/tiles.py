"""Tile sets and their indexes."""

from functools import cache

import numpy as np
from live_samples import make_tile_set, random_tiles

from parsers import file_of, parser, saved
from pigeonhole.matching import TileIndex
from pigeonhole.tiles import TileSet

TILES = random_tiles(2, (3, 4))


@cache
def _saved_file(suffix):
    """Return one of the two files of a tile set."""
    tiles = make_tile_set(TILES)
    return saved(lambda path: tiles.save(path.with_suffix(".npz")), f"tiles{suffix}")


@parser(lambda: _saved_file(".npz"))
def tile_set(content):
    """Load the pixels of a tile set."""
    path = file_of("tiles.npz", content)
    path.with_suffix(".csv").write_bytes(_saved_file(".csv"))
    TileSet.load(path)


@parser(lambda: _saved_file(".csv"))
def tile_table(content):
    """Load the rows of a tile set."""
    path = file_of("table.csv", content).with_suffix(".npz")
    path.write_bytes(_saved_file(".npz"))
    TileSet.load(path)


@parser(lambda: saved(TileIndex(TILES).save, "tiles.index"))
def index(content):
    """Load and use the search index of a tile set."""
    loaded = TileIndex.load(file_of("tiles.index", content))
    if loaded.shape[:2] == (3, 4):
        channels = (3,) * (loaded.shape.channels == 3)
        loaded.place(np.zeros((6, 8, *channels), np.uint8))
