"""Graphs, moves, exchanges and bounds of the perceptual mode."""

import itertools

import numpy as np
import pytest
import reference
from hypothesis import given, settings
from hypothesis import strategies as st

from pigeonhole.core.geometry import Size
from pigeonhole.matching.assignment import RepetitionLimits
from pigeonhole.matching.neighbors import find_neighbors
from pigeonhole.matching.perceptual.bound import (
    CellTiles,
    lowpass_bound,
    lowpass_errors,
)
from pigeonhole.matching.perceptual.candidates import Candidates, TilePool
from pigeonhole.matching.perceptual.costs import LocalWeights
from pigeonhole.matching.perceptual.features import Features
from pigeonhole.matching.perceptual.graph import build_graph
from pigeonhole.matching.perceptual.moves import move_cells, swap_sources
from pigeonhole.matching.perceptual.objective import new_state, objective
from pigeonhole.matching.perceptual.place import (
    ObjectiveWeights,
    minimize,
    new_problem,
)
from pigeonhole.mosaic.layout import brick_layout, grid_layout, quadtree_layout

TILE = (4, 4)


def boxes_of(layout, rng):
    """Return the boxes of a small layout with 4x4 tiles."""
    size, tile = Size(20, 16), Size(4, 4)
    if layout == "grid":
        return grid_layout(size, tile).boxes
    if layout == "brick":
        return brick_layout(size, tile).boxes
    return quadtree_layout(size, tile, [rng.random((4, 5)) < 0.3]).boxes


@st.composite
def problems(draw, limits=False):
    """Return a problem, its number of sources, boxes and weights."""
    rng = np.random.default_rng(draw(st.integers(0, 10**6)))
    boxes = boxes_of(draw(st.sampled_from(["grid", "brick", "quadtree"])), rng)
    count = len(boxes)
    sources = draw(st.integers(25, 35)) if limits else draw(st.integers(1, 12))
    size = draw(st.integers(1, sources)) if not limits else sources
    chosen = [np.sort(rng.permutation(sources)[:size]) for _ in boxes]
    candidates = Candidates(
        np.array(chosen, np.int32),
        np.array(chosen, np.int32),
        rng.integers(0, 900, (count, size)).astype(np.float32),
        rng.integers(-40, 40, (count, size, 3)).astype(np.float32),
        np.zeros((count, 2)),
    )
    weights = ObjectiveWeights(*draw(st.tuples(st.floats(0, 20), st.floats(0, 2))))
    rules = RepetitionLimits()
    if limits:
        rules = RepetitionLimits(
            draw(st.sampled_from([None, 2, 3])),
            draw(st.sampled_from([0, 1])),
            draw(st.booleans()) and sources <= count,
        )
    problem = new_problem(candidates, boxes, TILE, sources, weights, rules)
    return problem, sources, boxes, rules


def reference_objective(problem, state, boxes, sources):
    cells = np.arange(len(boxes))
    near = 2
    while near and 2 * (2 * near + 1) ** 2 > sources:
        near -= 1
    return reference.objective(
        problem.candidates.costs[cells, state.chosen].astype(float),
        problem.candidates.residuals[cells, state.chosen].astype(float),
        problem.candidates.sources[cells, state.chosen],
        boxes,
        TILE,
        (problem.lowpass_weight, problem.repetition_weight),
        near,
    )


@settings(max_examples=15, deadline=None)
@given(problems())
def test_moves_end_where_no_single_move_lowers_the_objective(sample):
    problem, sources, boxes, _ = sample
    state = new_state(problem, problem.candidates.costs.argmin(axis=1), sources)
    value = objective(problem, state)
    assert value == pytest.approx(
        reference_objective(problem, state, boxes, sources), rel=1e-5
    )
    while move_cells(problem, state):
        assert objective(problem, state) < value
        value = objective(problem, state)
    fresh = new_state(problem, state.chosen.copy(), sources)
    assert state.errors == pytest.approx(fresh.errors, rel=1e-6, abs=1e-6)
    assert np.array_equal(state.uses, fresh.uses)
    assert not state.penalties.any()
    for c in range(0, len(boxes), 5):
        for k in range(problem.candidates.costs.shape[1]):
            other = state.chosen.copy()
            other[c] = k
            moved = objective(problem, new_state(problem, other, sources))
            assert moved >= value - 1e-6 * abs(value)


@settings(max_examples=25, deadline=None)
@given(problems(limits=True))
def test_limits_hold_after_moves_and_exchanges(sample):
    problem, sources, boxes, rules = sample
    # Every source in turn: within the limits if there is one for each cell nearby.
    start = np.arange(len(boxes)) % sources
    near = find_neighbors(boxes, rules.min_distance)
    owners = np.repeat(np.arange(len(boxes)), np.diff(near.starts))
    valid = not (start[owners] == start[near.cells]).any()
    valid &= np.bincount(start).max() <= problem.max_uses
    state = minimize(problem, start, sources, 60)
    used = problem.candidates.sources[np.arange(len(boxes)), state.chosen]
    uses = np.bincount(used, minlength=sources)
    assert np.array_equal(uses, state.uses)
    if valid:
        assert uses.max() <= problem.max_uses
        assert not (used[owners] == used[near.cells]).any()
    if rules.use_all:
        assert uses.min() >= 1


def test_exchanges_improve_a_placement_in_which_every_source_is_used_up():
    rng = np.random.default_rng(3)
    boxes = grid_layout(Size(20, 16), Size(4, 4)).boxes
    count = len(boxes)
    every = np.tile(np.arange(count, dtype=np.int32), (count, 1))
    costs = rng.integers(1, 900, (count, count)).astype(np.float32)
    residuals = np.zeros((count, count, 1), np.float32)
    candidates = Candidates(every, every, costs, residuals, np.zeros((count, 2)))
    weights, limits = ObjectiveWeights(0, 0), RepetitionLimits(1)
    problem = new_problem(candidates, boxes, TILE, count, weights, limits)
    state = new_state(problem, np.arange(count), count)
    assert move_cells(problem, state) == 0
    assert swap_sources(problem, state) > 0
    state = minimize(problem, np.arange(count), count, 60)
    assert sorted(state.chosen) == list(range(count))
    # No exchange of any two cells helps any more.
    total = costs[np.arange(count), state.chosen].sum()
    for a, b in itertools.combinations(range(count), 2):
        other = state.chosen.copy()
        other[[a, b]] = other[[b, a]]
        gain = total - costs[np.arange(count), other].sum()
        tried = np.argsort(costs[a] - costs[a, state.chosen[a]])[:8]
        assert gain <= 0 or other[a] not in tried


@pytest.mark.parametrize("layout", ["grid", "brick", "quadtree"])
def test_graph_equals_the_reference(layout):
    boxes = boxes_of(layout, np.random.default_rng(1))
    graph = build_graph(boxes, TILE, 1, 2)
    for c, box in enumerate(boxes):
        center = box[:2] + box[2:] / 2
        own = reference.gaussian_share(box, center, TILE)
        assert graph.own[c] == pytest.approx(own, abs=1e-4)
        for i in range(graph.starts[c], graph.starts[c + 1]):
            other = boxes[graph.cells[i]]
            smaller = min(box[2], other[2]) ** 2 / 16
            cost = smaller * reference.repetition_cost(box, other, 1)
            assert graph.repetition[i] == pytest.approx(cost, abs=1e-5)
            near = reference.cell_distance(box, other) <= 2
            assert graph.forbidden[i] == near


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from(["grid", "brick"]))
def test_bounds_hold_for_every_placement(seed, layout):
    rng = np.random.default_rng(seed)
    size, tile = Size(8, 4), Size(4, 4)
    layout = (grid_layout if layout == "grid" else brick_layout)(size, tile)
    boxes = layout.boxes[:3]
    shape = (int(rng.integers(1, 4)), 4, 4, 3)
    low, high = sorted(rng.integers(0, 256, 2))
    tiles = rng.integers(low, high + 1, shape).astype(np.uint8)
    cells = rng.integers(0, 256, (len(boxes), 4, 4, 3)).astype(np.uint8)
    weights = LocalWeights(0, rng.random(), rng.random() * 20)
    pool = TilePool(tiles, np.arange(len(tiles)), "rgb", mirror=False)
    graph = build_graph(boxes, TILE, 0, 0)
    ((_, costs),) = pool.costs(pool.describe(cells), weights)
    groups = [CellTiles(np.arange(len(boxes)), Features.of(cells), pool.features)]
    start = pool.placed(pool.describe(cells), np.zeros(len(boxes), np.int64), weights)[
        1
    ]
    bound = lowpass_bound(groups, graph, weights, start.astype(float))
    best_local = best_lowpass = best_color = np.inf
    for numbers in itertools.product(range(len(tiles)), repeat=len(boxes)):
        placed = np.array(numbers, np.int64)
        errors, residuals = pool.placed(pool.describe(cells), placed, weights)
        shown = lowpass_errors(graph, residuals.astype(float))
        lowpass = (graph.areas[:, None] * shown**2).sum() / (3 * graph.areas.sum())
        best_local = min(best_local, errors.sum())
        best_color = min(best_color, (residuals.astype(float) ** 2).mean(axis=1).sum())
        best_lowpass = min(best_lowpass, lowpass)
    assert bound <= best_lowpass * (1 + 1e-5) + 1e-9
    # The local bounds aren't only bounds: without rules, some placement attains them.
    assert costs.minima[:, 0].sum() == pytest.approx(best_local, rel=1e-5, abs=1e-6)
    assert costs.minima[:, 1].sum() == pytest.approx(best_color, rel=1e-4, abs=1e-3)
