"""Matching: the tutorials' loops, plain loops, libraries, and ours, in one run."""

from functools import partial

import cv2
import faiss
import numpy as np
from numba import njit

from benchmarks import samples
from benchmarks.clock import medians
from pigeonhole import TileIndex
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


def _calls(tiles, frame):
    """What is measured for one set; the slow ones only where they end in time."""
    cells = cells_of(frame, HEIGHT, WIDTH).reshape(-1, tiles[0].size)
    rows = tiles.reshape(len(tiles), -1)
    index = TileIndex(tiles)
    calls = {"ours": partial(index.place, frame)}
    if len(tiles) <= 10_000:
        calls["faiss flat L1"] = _faiss(faiss.METRIC_L1, rows, cells)
        calls["faiss flat L2"] = _faiss(faiss.METRIC_L2, rows, cells)
        calls["plain SAD loop"] = partial(plain_sad, cells, rows)
    if len(tiles) <= 1885:
        floats = cells.astype(np.float32), rows.astype(np.float32)
        match = cv2.BFMatcher(cv2.NORM_L1).match
        calls["OpenCV BFMatcher L1"] = partial(match, *floats)
        calls["ours, four points"] = partial(matcher("four", tiles), frame)
        calls["ours, mean"] = partial(matcher("mean", tiles), frame)
    if len(tiles) <= 1885 and tiles.ndim == 3:
        calls["tutorial, exact"] = lambda: tutorial_exact(frame.copy(), tiles)
        calls["tutorial, wrapped"] = lambda: tutorial_wrapped(frame.copy(), tiles)
        calls["tutorial, mean"] = lambda: tutorial_mean(frame.copy(), tiles)
    return calls


TURNS = {
    "tutorial, exact": 1,
    "tutorial, wrapped": 1,
    "OpenCV BFMatcher L1": 3,
    "plain SAD loop": 3,
    "faiss flat L1": 5,
}


def run():
    """Return a row for each way, number of tiles, kind of tiles and grey or colour."""
    rows = []
    for colour in (False, True):
        frame = samples.frame(colour)
        for kind in (samples.patches, samples.faces):
            for count in SIZES:
                tiles = kind(count, WIDTH, HEIGHT, colour)
                seconds = medians(_calls(tiles, frame), TURNS)
                case = f"{'colour' if colour else 'grey'} {kind.__name__} {count:,}"
                rows += [
                    {
                        "benchmark": "matching",
                        "case": case,
                        "name": name,
                        "seconds": time,
                        "ratio": time / seconds["ours"],
                        "baseline": "ours",
                        "tiles": count,
                    }
                    for name, time in seconds.items()
                ]
    return rows
