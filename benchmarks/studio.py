"""Measure how fast the studio shows a change of a slider, and when it is exact.

The tiles are crops of scikit-image's photos, 12 of each source. To use a tile set of
your own, set the environment variable TILES to a .npz file.
"""

import os
import threading
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from benchmarks import samples
from pigeonhole.core.geometry import Size
from pigeonhole.imaging.codecs import encode_jpeg, write_png
from pigeonhole.mosaic import make_mosaic, prepare_target, read_target
from pigeonhole.studio.preview.engine import PreviewEngine
from pigeonhole.studio.preview.stages import PreviewRequest
from pigeonhole.studio.projects.document import Document
from pigeonhole.tiles import TileRow, TileSet

SOURCES, VARIANTS, CELL = 2000, 12, Size(12, 16)
WIDTHS = (552, 1380)
"""Widths of the mosaic in pixels, for about 1,600 and 10,000 cells."""
MOVES = 60
"""Number of moves of sliders, at random."""
JPEG_QUALITY = 85


def run():
    """Return a row for each number of cells."""
    tile_set = _tile_set()
    with TemporaryDirectory() as folder:
        target = Path(folder, "target.png")
        write_png(target, read_target("astronaut", 10**8))
        return [_measure(tile_set, target, width) for width in WIDTHS]


def _tile_set():
    if path := os.environ.get("TILES"):
        return TileSet.load(Path(path))
    photos = samples.patches(SOURCES, 2 * CELL.width, 2 * CELL.height, color=True)
    rng = np.random.default_rng(0)
    tiles, rows = [], []
    for source, photo in enumerate(photos):
        for _ in range(VARIANTS):
            y, x = rng.integers(0, CELL.height // 2), rng.integers(0, CELL.width // 2)
            crop = photo[y : y + 3 * CELL.height // 2, x : x + 3 * CELL.width // 2]
            tiles.append(samples.resize(np.ascontiguousarray(crop), *CELL))
            facts = ("", 0, 0, 18, 24, 0, "", "", "", "", "")
            rows.append(TileRow(len(rows), str(len(rows)), str(source), *facts))
    return TileSet(np.stack(tiles), rows)


def moves(width, rng):
    """Yield settings after moves of sliders; most change one value a little."""
    patch = {"width": width}
    for _ in range(MOVES):
        name, value = [
            ("color_transfer", rng.uniform(0, 1)),
            ("max_color_transfer", rng.uniform(0, 20)),
            ("structure_weight", rng.uniform(0, 1)),
            ("lowpass_weight", rng.uniform(0, 20)),
            ("repetition_weight", rng.uniform(0, 3)),
            ("overlay", rng.uniform(0, 0.5)),
            ("width", int(width * rng.uniform(0.9, 1.05))),
            ("mirror", bool(rng.integers(2))),
            ("layout", ("grid", "brick")[rng.integers(2)]),
            ("repetition", {"min_distance": int(rng.integers(0, 4))}),
        ][rng.integers(10)]
        patch = {**patch, name: value}
        yield patch


def _measure(tile_set, target, width):
    """Return median and 95th percentile from request to encoded first image."""
    arrived, newest = threading.Condition(), {}

    def publish(preview):
        # The photos of the tiles aren't at hand, so that the final image fails.
        assert preview.error is None or preview.stage == "exact", preview.error
        if preview.stage != "final":
            encode_jpeg(preview.image, JPEG_QUALITY)
        with arrived:
            newest[preview.revision, preview.stage] = time.perf_counter()
            arrived.notify_all()

    def wait_for(revision, stage):
        with arrived:
            assert arrived.wait_for(lambda: (revision, stage) in newest, 600)
            return newest[revision, stage]

    engine = PreviewEngine(publish)
    engine.set_tiles(tile_set, target.parent)
    document = Document().changed({"mosaic": {"width": width}})
    # The sketches of tiles for all settings, which are made once.
    for revision, patch in enumerate(({}, {"layout": "brick"})):
        first = document.changed({"mosaic": patch})
        engine.request(PreviewRequest(revision, first, target, draft_only=True))
        wait_for(revision, "draft")
    times = []
    for revision, patch in enumerate(moves(width, np.random.default_rng(1)), start=2):
        moved = Document().changed({"mosaic": patch})
        start = time.perf_counter()
        engine.request(PreviewRequest(revision, moved, target))
        times.append(wait_for(revision, "draft") - start)
    start = time.perf_counter()
    engine.request(PreviewRequest(1000, document, target))
    exact = wait_for(1000, "exact") - start
    engine.close()
    fitted = prepare_target(str(target), tile_set.size, width, 10**8)
    start = time.perf_counter()
    mosaic = make_mosaic(fitted.image, tile_set, document.mosaic)
    return {
        "benchmark": "studio",
        "sources": int(tile_set.sources.max()) + 1,
        "tiles": len(tile_set.rows),
        "cells": len(mosaic.layout),
        "median_ms": round(1000 * float(np.median(times))),
        "percentile_95_ms": round(1000 * float(np.percentile(times, 95))),
        "exact_s": round(exact, 2),
        "make_mosaic_s": round(time.perf_counter() - start, 2),
    }
