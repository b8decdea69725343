"""Matching: the tutorials' loops, plain loops, libraries, and ours, in one run."""

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
from pigeonhole.imaging.color_spaces import in_space
from pigeonhole.matching import cells_of, matcher

WIDTH, HEIGHT = 16, 12
SIZES = (606, 1885, 10_000, 100_000)


@njit
def tutorial_exact(frame, tiles):
    """The tutorial's exact loop, in our words."""
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
    """The tutorial's subtraction that wraps at 256, in our words."""
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
    """The tutorial's choice by brightness, in our words."""
    for y in range(0, frame.shape[0], HEIGHT):
        for x in range(0, frame.shape[1], WIDTH):
            cell = frame[y : y + HEIGHT, x : x + WIDTH]
            cell[:] = tiles[int((len(tiles) - 1) * np.mean(cell) / 256)]
    return frame


@njit
def tutorial_four(frame, tiles):
    """The tutorial's comparison of four points, in our words."""
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
    """Every cell against every tile, in 32 bits."""
    numbers = np.empty(len(cells), np.int64)
    for c in range(len(cells)):
        best = np.int32(2**30)
        for t in range(len(tiles)):
            total = np.int32(0)
            for i in range(cells.shape[1]):
                gap = np.int32(np.int32(cells[c, i]) - np.int32(tiles[t, i]))
                total = np.int32(total + np.int32(abs(gap)))
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
    """What is measured for one set; the slow ones only where they end in time."""
    cells = cells_of(frame, HEIGHT, WIDTH).reshape(-1, tiles[0].size)
    rows = tiles.reshape(len(tiles), -1)
    calls = {"ours": partial(TileIndex(tiles).place, frame)}
    if len(tiles) <= 10_000:
        calls["faiss flat L1"] = _faiss(faiss.METRIC_L1, rows, cells)
        calls["faiss flat L2"] = _faiss(faiss.METRIC_L2, rows, cells)
        calls["plain SAD loop"] = partial(plain_sad, cells, rows)
    if len(tiles) <= 1885:
        calls["OpenCV matcher L1"] = _opencv(cv2.NORM_L1, rows, cells)
        calls["ours, four points"] = partial(matcher("four", tiles), frame)
        calls["ours, mean"] = partial(matcher("mean", tiles), frame)
    if len(tiles) <= 1885 and tiles.ndim == 3:
        calls["tutorial, exact"] = lambda: tutorial_exact(frame.copy(), tiles)
        calls["tutorial, wrapped"] = lambda: tutorial_wrapped(frame.copy(), tiles)
        calls["tutorial, four"] = lambda: tutorial_four(frame.copy(), tiles)
        calls["tutorial, mean"] = lambda: tutorial_mean(frame.copy(), tiles)
    return calls


TURNS = {
    "ours": 60,
    "tutorial, exact": 1,
    "tutorial, wrapped": 1,
    "tutorial, four": 3,
    "OpenCV matcher L1": 3,
    "plain SAD loop": 3,
    "faiss flat L1": 5,
}


def run():
    """Return a row for each way, number of tiles, kind of tiles and grey or colour."""
    pools = {
        kind.__name__: kind(SIZES[-1], WIDTH, HEIGHT, True)
        for kind in (samples.patches, samples.faces)
    }
    rows = []
    for colour, (kind, pool) in product((False, True), pools.items()):
        pool = pool if colour else in_space(pool, "grey")
        for count in SIZES:
            calls = _calls(pool[:count], samples.frame(colour))
            seconds = medians(calls, TURNS if count < SIZES[-1] else {"ours": 9})
            case = f"{'colour' if colour else 'grey'} {kind}"
            rows += [
                _row(case, name, time, time / seconds["ours"], "ours", count)
                for name, time in seconds.items()
            ]
    return [*rows, *_large(in_space(pools["patches"], "grey"))]


def _row(case, name, seconds, ratio, baseline, tiles):
    return {
        "benchmark": "matching",
        "case": case,
        "name": name,
        "seconds": seconds,
        "ratio": ratio,
        "baseline": baseline,
        "tiles": tiles,
    }


def _large(pool):
    """A saved index of 100,000 tiles is opened; a frame takes from 1,000,000."""
    with TemporaryDirectory() as folder:
        path = Path(folder, "tiles.index")
        TileIndex(pool).save(path)
        calls = {
            "open the saved index": partial(TileIndex.load, path),
            "open it and compare its tiles": partial(TileIndex.load, path, pool),
        }
        for name, seconds in medians(calls, {}).items():
            yield _row(
                "grey patches", name, seconds, seconds / 0.05, "50 ms", SIZES[-1]
            )
    million = samples.toned(pool, 10)
    calls = {"ours": partial(TileIndex(million).place, samples.frame(False))}
    seconds = medians(calls, {"ours": 5})["ours"]
    yield _row("grey patches", "ours", seconds, seconds / 0.7, "0.7 s", len(million))
