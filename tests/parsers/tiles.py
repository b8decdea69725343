"""Tile sets and their indexes."""

from functools import cache

import numpy as np
from live_samples import tile_set as set_of
from live_samples import tiles_of

from parsers import file_of, parser, saved
from pigeonhole.matching import TileIndex
from pigeonhole.tiles import TileSet

TILES = tiles_of(2, (3, 4))


@cache
def _parts():
    def part(suffix):
        return saved(
            lambda path: set_of(TILES).save(path.with_suffix(".npz")), f"t{suffix}"
        )

    return part(".npz"), part(".csv")


@parser(lambda: _parts()[0])
def tile_set(content):
    """The npz file; its table is `tile_table`'s."""
    path = file_of("tiles.npz", content)
    path.with_suffix(".csv").write_bytes(_parts()[1])
    TileSet.load(path)


@parser(lambda: _parts()[1])
def tile_table(content):
    path = file_of("table.csv", content).with_suffix(".npz")
    path.write_bytes(_parts()[0])
    TileSet.load(path)


@parser(lambda: saved(TileIndex(TILES).save, "tiles.index"))
def index(content):
    opened = TileIndex.load(file_of("tiles.index", content))
    if opened.shape[:2] == (3, 4):
        channels = (3,) * (opened.shape.channels == 3)
        opened.place(np.zeros((6, 8, *channels), np.uint8))
