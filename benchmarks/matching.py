"""Compare matching by Pigeonhole, the tutorial's loops, a plain loop, faiss, OpenCV."""

from functools import partial
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory

import cv2
import faiss
import numpy as np
from numba import njit

from benchmarks import samples
from benchmarks.clock import medians
from pigeonhole import TileIndex
from pigeonhole.imaging.color_spaces import to_color_space
from pigeonhole.matching import matcher, split_cells

WIDTH, HEIGHT = 16, 12
SIZES = (606, 1885, 10_000, 100_000)


@njit
def tutorial_exact(frame, tiles):
    """Match as the tutorial's exact loop does. This is a reimplementation."""
    for y in range(0, frame.shape[0], HEIGHT):
        for x in range(0, frame.shape[1], WIDTH):
            cell = frame[y : y + HEIGHT, x : x + WIDTH]
            best = np.inf
            number = 0
            for t in range(1, len(tiles)):
                tile = tiles[t]
                total = np.sum(np.where(cell > tile, cell - tile, tile - cell))
                if total < best:
                    best = total
                    number = t
            cell[:] = tiles[number]
    return frame


@njit
def tutorial_wrapped(frame, tiles):
    """Match as the tutorial's loop that subtracts in 8 bits, where values wrap."""
    for y in range(0, frame.shape[0], HEIGHT):
        for x in range(0, frame.shape[1], WIDTH):
            cell = frame[y : y + HEIGHT, x : x + WIDTH]
            best = np.inf
            number = 0
            for t in range(1, len(tiles)):
                total = np.sum(np.subtract(cell, tiles[t]))
                if total < best:
                    best = total
                    number = t
            cell[:] = tiles[number]
    return frame


@njit
def tutorial_mean(frame, tiles):
    """Match by brightness as the tutorial does. This is a reimplementation."""
    for y in range(0, frame.shape[0], HEIGHT):
        for x in range(0, frame.shape[1], WIDTH):
            cell = frame[y : y + HEIGHT, x : x + WIDTH]
            cell[:] = tiles[int((len(tiles) - 1) * np.mean(cell) / 256)]
    return frame


@njit
def tutorial_four_points(frame, tiles):
    """Compare four points as the tutorial does. This is a reimplementation."""
    y1, y2, x1, x2 = HEIGHT // 4, 3 * HEIGHT // 4, WIDTH // 4, 3 * WIDTH // 4
    for y in range(0, frame.shape[0], HEIGHT):
        for x in range(0, frame.shape[1], WIDTH):
            cell = frame[y : y + HEIGHT, x : x + WIDTH]
            best = np.inf
            number = 0
            for t in range(1, len(tiles)):
                tile = tiles[t]
                total = 0.0
                for a, b in ((y1, x1), (y1, x2), (y2, x1), (y2, x2)):
                    total += abs(float(cell[a, b]) - float(tile[a, b]))
                if total < best:
                    best = total
                    number = t
            cell[:] = tiles[number]
    return frame


@njit(nogil=True)
def plain_sad(cells, tiles):
    """Compare every cell with every tile, in 32 bits."""
    numbers = np.empty(len(cells), np.int64)
    for c in range(len(cells)):
        best = np.int32(2**30)
        for t in range(len(tiles)):
            total = np.int32(0)
            for i in range(cells.shape[1]):
                difference = np.int32(np.int32(cells[c, i]) - np.int32(tiles[t, i]))
                total = np.int32(total + np.int32(abs(difference)))
            if total < best:
                best = total
                numbers[c] = t
    return numbers


def _faiss(metric, rows, cells):
    index = faiss.IndexFlat(rows.shape[1], metric)
    index.add(rows.astype(np.float32))
    return partial(index.search, cells.astype(np.float32), 1)


def _opencv(norm, rows, cells):
    match = cv2.BFMatcher(norm).match
    return partial(match, cells.astype(np.float32), rows.astype(np.float32))


def _calls(tiles, frame):
    """Return the calls to measure; slow methods are limited to small tile sets."""
    cells = split_cells(frame, HEIGHT, WIDTH).reshape(-1, tiles[0].size)
    rows = tiles.reshape(len(tiles), -1)
    calls = {"Pigeonhole": partial(TileIndex(tiles).place, frame)}
    if len(tiles) <= 10_000:
        calls["faiss flat L1"] = _faiss(faiss.METRIC_L1, rows, cells)
        calls["faiss flat L2"] = _faiss(faiss.METRIC_L2, rows, cells)
        calls["plain SAD loop"] = partial(plain_sad, cells, rows)
    if len(tiles) <= 1885:
        calls["OpenCV matcher L1"] = _opencv(cv2.NORM_L1, rows, cells)
        calls["Pigeonhole, mean-2x2"] = partial(matcher("mean-2x2", tiles), frame)
        calls["Pigeonhole, mean"] = partial(matcher("mean", tiles), frame)
    if len(tiles) <= 1885 and tiles.ndim == 3:
        calls["tutorial, exact"] = lambda: tutorial_exact(frame.copy(), tiles)
        calls["tutorial, wrapped"] = lambda: tutorial_wrapped(frame.copy(), tiles)
        calls["tutorial, four points"] = lambda: tutorial_four_points(
            frame.copy(), tiles
        )
        calls["tutorial, mean"] = lambda: tutorial_mean(frame.copy(), tiles)
    return calls


REPEATS = {
    "Pigeonhole": 60,
    "tutorial, exact": 1,
    "tutorial, wrapped": 1,
    "tutorial, four points": 3,
    "OpenCV matcher L1": 3,
    "plain SAD loop": 3,
    "faiss flat L1": 5,
}


def run():
    """Return a row for each method, tile set, number of tiles, and gray or color."""
    tile_sets = {
        make_tiles.__name__: make_tiles(SIZES[-1], WIDTH, HEIGHT, True)
        for make_tiles in (samples.patches, samples.faces)
    }
    rows = []
    for color, (name, tiles) in product((False, True), tile_sets.items()):
        tiles = tiles if color else to_color_space(tiles, "gray")
        for count in SIZES:
            calls = _calls(tiles[:count], samples.frame(color))
            repeats = REPEATS if count < SIZES[-1] else {"Pigeonhole": 9}
            seconds = medians(calls, repeats)
            case = f"{'color' if color else 'gray'} {name}"
            rows += [
                _row(case, method, time, time / seconds["Pigeonhole"], count)
                for method, time in seconds.items()
            ]
    return [*rows, *_large(to_color_space(tile_sets["patches"], "gray"))]


def _row(case, name, seconds, ratio, tiles, baseline="Pigeonhole"):
    return {
        "benchmark": "matching",
        "case": case,
        "name": name,
        "seconds": seconds,
        "ratio": ratio,
        "baseline": baseline,
        "tiles": tiles,
    }


def _large(tiles):
    """Measure opening a saved index, and matching with a million tiles."""
    with TemporaryDirectory() as folder:
        path = Path(folder, "tiles.index")
        TileIndex(tiles).save(path)
        calls = {
            "open the saved index": partial(TileIndex.load, path),
            "open it and compare the tiles": partial(TileIndex.load, path, tiles),
        }
        for name, seconds in medians(calls, {}).items():
            yield _row(
                "gray patches", name, seconds, seconds / 0.05, len(tiles), "50 ms"
            )
    million = samples.vary_tones(tiles, 10)
    name = "Pigeonhole"
    calls = {name: partial(TileIndex(million).place, samples.frame(False))}
    seconds = medians(calls, {name: 5})[name]
    yield _row("gray patches", name, seconds, seconds / 0.7, len(million), "0.7 s")
