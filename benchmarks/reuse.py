"""Measure limits on repetition: solvers for still mosaics, and frames at camera rate.

Each solver runs in a separate process, which measures its time and peak memory. All
solvers get the same cost matrix and must find the same minimum.
"""

import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from itertools import product
from resource import RUSAGE_SELF, getrusage
from time import perf_counter

import numpy as np

from benchmarks.clock import medians
from benchmarks.samples import frame, patches
from pigeonhole.matching import split_cells
from pigeonhole.matching.assignment import (
    LiveAssignment,
    RepetitionLimits,
    assign,
    assign_costs,
    optimality_gap,
)
from pigeonhole.matching.assignment.problem import pairwise_costs

WIDTH, HEIGHT = 16, 12
SIZES = (((640, 480), 1885), ((1024, 768), 5000))
"""Frame size and number of tiles; the frames have 1,600 and 4,096 cells."""
STILL_LIMITS = (RepetitionLimits(max_uses=1), RepetitionLimits(max_uses=4))
FRAME_LIMITS = (
    *STILL_LIMITS,
    RepetitionLimits(min_distance=2),
    RepetitionLimits(max_uses=4, min_distance=2),
)


def run():
    """Return a row for each solver and problem, and for each kind of frame."""
    return [*_solvers(), _large(), *_frames()]


def _row(name, seconds, baseline, ratio, **columns):
    return {
        "benchmark": "reuse",
        "name": name,
        "seconds": seconds,
        "baseline": baseline,
        "ratio": ratio,
        **columns,
    }


def _cells(image):
    grid = split_cells(image, HEIGHT, WIDTH)
    return grid.reshape(-1, *grid.shape[2:]), grid.shape[:2]


def solve_with_pigeonhole(costs, max_uses):
    """Solve by auction and shortest augmenting paths."""
    return assign_costs(costs, RepetitionLimits(max_uses=max_uses)).cost


def solve_with_scipy(costs, max_uses):
    """Solve a linear assignment problem with each tile repeated."""
    from scipy.optimize import linear_sum_assignment

    costs = np.repeat(costs, max_uses, axis=1)
    return int(costs[linear_sum_assignment(costs)].sum())


def solve_with_pot(costs, max_uses):
    """Solve an optimal transport problem; a dummy cell receives all unused tiles."""
    import ot

    cells, tiles = costs.shape
    costs = np.vstack([costs, np.zeros(tiles)])
    supply = np.append(np.ones(cells), tiles * max_uses - cells)
    capacity = np.full(tiles, float(max_uses))
    flow = ot.emd(supply, capacity, costs, numItermax=10**8)
    return round((flow * costs).sum())


def solve_with_ortools(costs, max_uses):
    """Solve a minimum-cost flow from the cells through the tiles to a sink."""
    from ortools.graph.python import min_cost_flow

    cells, tiles = costs.shape
    cell_nodes = np.arange(cells)
    tile_nodes = cells + np.arange(tiles)
    sink = cells + tiles
    flow = min_cost_flow.SimpleMinCostFlow()
    flow.add_arcs_with_capacity_and_unit_cost(
        np.repeat(cell_nodes, tiles),
        np.tile(tile_nodes, cells),
        np.ones(cells * tiles, np.int64),
        costs.ravel().astype(np.int64),
    )
    flow.add_arcs_with_capacity_and_unit_cost(
        tile_nodes,
        np.full(tiles, sink),
        np.full(tiles, max_uses),
        np.zeros(tiles, np.int64),
    )
    flow.set_nodes_supplies(cell_nodes, np.ones(cells, np.int64))
    flow.set_node_supply(sink, -cells)
    assert flow.solve() == flow.OPTIMAL
    return flow.optimal_cost()


SOLVERS = {
    "Pigeonhole": solve_with_pigeonhole,
    "SciPy, linear_sum_assignment": solve_with_scipy,
    "POT, emd": solve_with_pot,
    "OR-Tools, min-cost flow": solve_with_ortools,
}


def measure(solver, frame_size, tiles, max_uses):
    """Return seconds, peak memory in MB and cost of a solver; run in a new process."""
    solve = SOLVERS[solver]
    # The first call compiles kernels and imports libraries.
    solve(np.arange(20, dtype=np.int32).reshape(4, 5), max_uses)
    cells, _ = _cells(frame(True, *frame_size))
    costs = pairwise_costs(cells, patches(tiles, WIDTH, HEIGHT, True))
    start = perf_counter()
    cost = solve(costs, max_uses)
    seconds = perf_counter() - start
    # Linux reports kibibytes.
    return seconds, getrusage(RUSAGE_SELF).ru_maxrss / 1024, cost


def _solvers():
    """Compare the solvers; SciPy solves problems without repetition only."""
    spawn = multiprocessing.get_context("spawn")
    for limits, (frame_size, tiles) in product(STILL_LIMITS, SIZES):
        results = {}
        for solver in SOLVERS:
            if solver.startswith("SciPy") and limits.max_uses > 1:
                continue
            with ProcessPoolExecutor(1, mp_context=spawn) as pool:
                task = pool.submit(measure, solver, frame_size, tiles, limits.max_uses)
                results[solver] = task.result()
        assert len({cost for *_, cost in results.values()}) == 1, results
        cells = frame_size[0] // WIDTH * (frame_size[1] // HEIGHT)
        for solver, (seconds, megabytes, cost) in results.items():
            yield _row(
                f"still, {cells:,} from {tiles:,} in color, {limits}, {solver}",
                seconds,
                "Pigeonhole",
                seconds / results["Pigeonhole"][0],
                megabytes=megabytes,
                cost=cost,
            )


def _large():
    """Measure a problem that is too large for the other solvers."""
    cells, shape = _cells(frame(True, 1600, 1200))
    tiles = patches(20_000, WIDTH, HEIGHT, True, seed=1)
    start = perf_counter()
    assignment = assign(cells, tiles, shape, STILL_LIMITS[0], 50)
    seconds = perf_counter() - start
    return _row(
        f"still, 10,000 from 20,000 in color, {STILL_LIMITS[0]}",
        seconds,
        "60 s",
        seconds / 60,
        # The peak of the whole process, including earlier benchmarks.
        megabytes=getrusage(RUSAGE_SELF).ru_maxrss / 1024,
        gap=assignment.gap,
    )


def _frames():
    for color in (False, True):
        image = frame(color)
        tiles = patches(1885, WIDTH, HEIGHT, color)
        for limits in FRAME_LIMITS:
            live = LiveAssignment(tiles, limits)
            placement = live.place(image)
            call = {"live": partial(live.place, image)}
            seconds = medians(call, {})["live"]
            space = "color" if color else "gray"
            yield _row(
                f"frame, 1,600 from 1,885 in {space}, {limits}",
                seconds,
                "10 ms",
                seconds / 0.01,
                gap=optimality_gap(image, tiles, limits, placement, 10),
                max_uses=np.bincount(placement.ravel()).max(),
            )
