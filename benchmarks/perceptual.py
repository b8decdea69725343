"""Compare the local and low-pass errors of match modes and layouts on five targets.

The tiles are crops of scikit-image's photos. To add a tile set of your own, set the
environment variable PHOTOS to a folder of photos.
"""

import os
from functools import partial
from pathlib import Path

import numpy as np

from benchmarks import samples
from pigeonhole.core.geometry import Size
from pigeonhole.mosaic import fit_to_grid, make_mosaic, read_target
from pigeonhole.mosaic.cells import shrink
from pigeonhole.mosaic.quality import compare
from pigeonhole.settings import SAMPLES, MosaicOptions, TileSetSettings
from pigeonhole.tiles import TileRow, TileSet
from pigeonhole.tiles.prepare import load_or_cut_tiles

TILES, CELL, LARGE_CELL = 1885, Size(16, 12), Size(32, 24)
MODES = {
    "exact": MosaicOptions(),
    "mean-2x2": MosaicOptions(match="mean-2x2"),
    "perceptual": MosaicOptions(match="perceptual"),
    "perceptual, auto": MosaicOptions(match="perceptual", lowpass_weight="auto"),
    "perceptual, auto, no structure": MosaicOptions(
        match="perceptual", lowpass_weight="auto", structure_weight=0
    ),
}


def run():
    """Return a row for each tile set, target and mode, and for two layouts."""
    rows = []
    for tiles_name, make_tiles in _tile_makers():
        tiles = _tile_set(make_tiles(CELL))
        large_tiles = _tile_set(make_tiles(LARGE_CELL))
        small_tiles = _tile_set(shrink(large_tiles.tiles, CELL))
        for target_name in SAMPLES:
            image = read_target(target_name, 10**8)
            case = f"{tiles_name} {len(tiles.rows):,}, {target_name}"
            target = fit_to_grid(image, CELL, 640)
            for mode, options in MODES.items():
                rows.append(
                    _row(case, mode, target, make_mosaic(target, tiles, options))
                )
            target = fit_to_grid(image, LARGE_CELL, 640)
            grid = make_mosaic(target, small_tiles)
            quadtree = make_mosaic(
                target, large_tiles, MosaicOptions(layout="quadtree")
            )
            rows.append(_row(case, "grid", target, grid))
            rows.append(_row(case, "quadtree, same number of cells", target, quadtree))
    return rows


def _tile_makers():
    """Yield the name of each tile set, and a function that makes it in any size."""
    for maker in (samples.patches, samples.faces):
        yield maker.__name__, lambda size, maker=maker: maker(TILES, *size, color=True)
    if folder := os.environ.get("PHOTOS"):
        yield Path(folder).name, partial(_cut, Path(folder))


def _cut(folder, size):
    settings = TileSetSettings(cut="photos", size=size)
    return load_or_cut_tiles(folder, settings, 10**8, None)[0].tiles


def _tile_set(tiles):
    row = TileRow(0, "", "", 0, 0, 0, 0, "demo", "", "", "", "")
    return TileSet(np.ascontiguousarray(tiles), [row] * len(tiles))


def _row(case, name, target, mosaic):
    errors = compare(target, mosaic.image(), CELL)
    return {
        "benchmark": "perceptual",
        "case": case,
        "name": name,
        "cells": len(mosaic.layout),
        "ssim": errors["local_error"]["ssim"],
        "lowpass_error": errors["lowpass_error"]["mean_absolute_error"],
    }
