"""Near and far look on five targets: ways to match, and layouts with as many cells.

The tiles are made from scikit-image's photos; a folder of one's own, which the variable
PHOTOS names, is measured besides.
"""

import os
from functools import partial
from pathlib import Path

import numpy as np

from benchmarks import samples
from pigeonhole.core.geometry import Size
from pigeonhole.mosaic import fit_to_grid, make_mosaic, read_target
from pigeonhole.mosaic.cells import shrunk
from pigeonhole.mosaic.quality import compare
from pigeonhole.settings import SAMPLES, LookSettings, TileSetSettings
from pigeonhole.tiles import TileRow, TileSet
from pigeonhole.tiles.prepare import prepared_tiles

TILES, CELL, LARGE = 1885, Size(16, 12), Size(32, 24)
WAYS = {
    "exact": LookSettings(),
    "four": LookSettings(match="four"),
    "mixed": LookSettings(match="mixed"),
    "mixed, far auto": LookSettings(match="mixed", far="auto"),
    "mixed, far auto, shape 0": LookSettings(match="mixed", far="auto", shape=0),
}


def run():
    """Return a row for each pool, target and way, and for both layouts."""
    rows = []
    for pool, made in _pools():
        tiles, large = _set(made(CELL)), _set(made(LARGE))
        small = _set(shrunk(large.tiles, CELL))
        for name in SAMPLES:
            picture, case = (
                read_target(name, 10**8),
                f"{pool} {len(tiles.rows):,}, {name}",
            )
            target = fit_to_grid(picture, CELL, 640)
            for way, looks in WAYS.items():
                rows.append(_row(case, way, target, make_mosaic(target, tiles, looks)))
            target = fit_to_grid(picture, LARGE, 640)
            grid = make_mosaic(target, small)
            tree = make_mosaic(target, large, LookSettings(layout="quadtree"))
            rows.append(_row(case, "grid", target, grid))
            rows.append(_row(case, "quadtree, as many cells", target, tree))
    return rows


def _pools():
    """Name each pool, with the function that makes its tiles of any size."""
    for kind in (samples.patches, samples.faces):
        yield kind.__name__, lambda size, kind=kind: kind(TILES, *size, colour=True)
    if folder := os.environ.get("PHOTOS"):
        yield Path(folder).name, partial(_cut, Path(folder))


def _cut(folder, size):
    settings = TileSetSettings(cut="photos", size=size)
    return prepared_tiles(folder, settings, 10**8, None)[0].tiles


def _set(tiles):
    row = TileRow(0, "", "", 0, 0, 0, 0, "demo", "", "", "", "")
    return TileSet(np.ascontiguousarray(tiles), [row] * len(tiles))


def _row(case, way, target, mosaic):
    found = compare(target, mosaic.picture(), CELL)
    return {
        "benchmark": "looks",
        "case": case,
        "name": way,
        "cells": len(mosaic.layout),
        "ssim": found["near_look"]["ssim"],
        "blurred_error": found["far_look"]["mean_absolute_error"],
    }
