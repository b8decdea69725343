"""Repetition under control: the still picture's optimum, and frames at camera rate."""

from functools import partial
from resource import RUSAGE_SELF, getrusage
from time import perf_counter

import numpy as np
from scipy.optimize import linear_sum_assignment

from benchmarks.clock import medians
from benchmarks.samples import frame, patches
from pigeonhole.matching import cells_of
from pigeonhole.matching.assignment import LiveReuse, Reuse, assign, loss
from pigeonhole.matching.assignment.blocks import pictures_of

WIDTH, HEIGHT = 16, 12
RULES = (
    Reuse(at_most=1),
    Reuse(at_most=4),
    Reuse(apart=2),
    Reuse(at_most=4, apart=2),
)


def run():
    return [*_small(), _large(), *_frames()]


def _row(name, baseline, seconds, ratio, extra):
    return {
        "benchmark": "reuse",
        "name": name,
        "baseline": baseline,
        "seconds": seconds,
        "ratio": ratio,
        "extra": extra,
    }


def _cells(picture):
    grid = cells_of(picture, HEIGHT, WIDTH)
    return grid.reshape(-1, *grid.shape[2:]), grid.shape[:2]


def _scipy(cells, tiles):
    costs = pictures_of(cells, tiles).costs
    return costs[linear_sum_assignment(costs)].sum()


def _small():
    cells, shape = _cells(frame(True))
    tiles = patches(1885, WIDTH, HEIGHT, True)
    calls = {str(rule): _assigner(cells, tiles, shape, rule) for rule in RULES[:2]}
    calls["scipy"] = lambda: _scipy(cells, tiles)
    seconds = medians(calls, dict.fromkeys(calls, 3))
    for rule in RULES[:2]:
        found = assign(cells, tiles, shape, rule)
        spent = seconds[str(rule)]
        name = f"still, 1,600 from 1,885 in colour, {rule}"
        ratio = seconds["scipy"] / spent
        yield _row(name, "scipy, each tile once", spent, ratio, found.sentence)


def _assigner(cells, tiles, shape, rule):
    return lambda: assign(cells, tiles, shape, rule)


def _large():
    cells, shape = _cells(frame(True, 1600, 1200))
    tiles = patches(20_000, WIDTH, HEIGHT, True, seed=1)
    start = perf_counter()
    found = assign(cells, tiles, shape, RULES[0], 50)
    spent = perf_counter() - start
    # In KiB on Linux; the whole process, with what ran before.
    memory = getrusage(RUSAGE_SELF).ru_maxrss / 2**20
    return _row(
        "still, 10,000 from 20,000 in colour, each tile once",
        "60 s",
        spent,
        60 / spent,
        f"gap {100 * found.gap:.3f} %, {memory:.1f} GiB at most",
    )


def _frames():
    for colour in (False, True):
        picture = frame(colour)
        tiles = patches(1885, WIDTH, HEIGHT, colour)
        for rule in RULES:
            live = LiveReuse(tiles, rule)
            placement = live.place(picture)
            call = {"live": partial(live.place, picture)}
            seconds = medians(call, {})["live"]
            share = loss(picture, tiles, rule, placement, 10)
            most = np.bincount(placement.ravel()).max()
            space = "colour" if colour else "grey"
            yield _row(
                f"frame, 1,600 from 1,885 in {space}, {rule}",
                "10 ms",
                seconds,
                0.01 / seconds,
                f"loss at most {100 * share:.1f} %, most used {most} times",
            )
