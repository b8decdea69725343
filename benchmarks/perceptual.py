"""Compare match modes and layouts on five targets, and the search with random restarts.

The tiles are crops of scikit-image's photos. To add a tile set of your own, set the
environment variable PHOTOS to a folder of photos.
"""

import os
from functools import partial
from pathlib import Path
from time import perf_counter

import numpy as np

from benchmarks import samples
from pigeonhole.core.geometry import Size
from pigeonhole.matching.perceptual.objective import objective
from pigeonhole.matching.perceptual.place import minimize
from pigeonhole.mosaic import fit_to_grid, make_mosaic, read_target
from pigeonhole.mosaic.cells import CellGroups, shrink
from pigeonhole.mosaic.layout import grid_layout
from pigeonhole.mosaic.perceptual import list_candidates, perceptual_problem
from pigeonhole.mosaic.quality import compare
from pigeonhole.settings import SAMPLES, MosaicOptions, TileSetSettings
from pigeonhole.tiles import TileRow, TileSet
from pigeonhole.tiles.prepare import load_or_cut_tiles

TILES, CELL, LARGE_CELL = 1885, Size(16, 12), Size(32, 24)
NO_TRANSFER = {"color_transfer": 0.0, "mirror": False}
MODES = {
    "exact": MosaicOptions(match="exact", **NO_TRANSFER),
    "mean-2x2": MosaicOptions(match="mean-2x2", **NO_TRANSFER),
    "perceptual, no transfer": MosaicOptions(**NO_TRANSFER),
    "perceptual": MosaicOptions(),
}
RESTARTS = 10
"""Number of random placements from which the search begins again."""


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
            rows.append(_compare_restarts(case, fit_to_grid(image, CELL, 640), tiles))
    return rows


def _compare_restarts(case, target, tile_set):
    """Return how far the objective is from the best that random restarts find."""
    options = MosaicOptions(mirror=False)
    layout = grid_layout(Size(*target.shape[1::-1]), tile_set.size)
    cells = CellGroups(target, tile_set.tiles, layout, tile_set.sources)
    candidates, count = list_candidates(cells, options), cells.source_count
    problem = perceptual_problem(cells, options, candidates)
    start = candidates.costs.argmin(axis=1)
    began = perf_counter()
    found = objective(problem, minimize(problem, start, count, np.inf))
    seconds = perf_counter() - began
    rng, best, began = np.random.default_rng(1), np.inf, perf_counter()
    for _ in range(RESTARTS):
        start = rng.integers(0, candidates.costs.shape[1], len(layout))
        state = minimize(problem, start, count, np.inf)
        best = min(best, objective(problem, state))
    return {
        "benchmark": "perceptual",
        "case": case,
        "name": f"search, compared with {RESTARTS} random restarts",
        "cells": len(layout),
        "seconds": seconds,
        "restart_seconds": perf_counter() - began,
        "above_best_restart": found / best - 1,
    }


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
    facts = ("", 0, 0, 0, 0, 0, "demo", "", "", "", "")
    rows = [TileRow(n, "", str(n), *facts) for n in range(len(tiles))]
    return TileSet(np.ascontiguousarray(tiles), rows)


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
