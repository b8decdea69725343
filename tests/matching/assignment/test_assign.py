"""The assignment solver: optimal placements under limits, and bounds."""

from itertools import product

import numpy as np
import pytest
import reference
from hypothesis import given, settings
from hypothesis import strategies as st
from matching_samples import gray_pairs
from repetition import layouts, satisfies, satisfies_in_layout
from scipy.optimize import linear_sum_assignment

from pigeonhole.matching.assignment import (
    RepetitionLimits,
    TooFewCells,
    TooFewTiles,
    assign,
    assign_costs,
)
from pigeonhole.matching.assignment.limits import sources_needed
from pigeonhole.matching.assignment.problem import cost_matrix, pad_images


def cost_of(cells, tiles, placement):
    costs = reference.cost_matrix(cells, tiles)
    return costs[np.arange(len(cells)), placement.ravel()].sum()


def optimum(cells, tiles, shape, limits):
    """Return the least cost of all placements within the limits, by enumeration."""
    numbers = product(range(len(tiles)), repeat=len(cells))
    placements = (np.array(placement).reshape(shape) for placement in numbers)
    costs = [
        cost_of(cells, tiles, placement)
        for placement in placements
        if satisfies(placement, limits, len(tiles))
    ]
    return min(costs, default=None)


@given(
    gray_pairs(st.integers(1, 4), st.integers(1, 4)),
    st.one_of(st.none(), st.integers(1, 3)),
    st.booleans(),
)
@settings(max_examples=40, deadline=None)
def test_without_a_minimum_distance_the_placement_is_optimal(pair, max_uses, use_all):
    cells, tiles = pair
    limits = RepetitionLimits(max_uses=max_uses, use_all=use_all)
    shape = (1, len(cells))
    least = optimum(cells, tiles, shape, limits)
    if least is None:
        with pytest.raises((TooFewTiles, TooFewCells)):
            assign(cells, tiles, shape, limits)
        return
    assignment = assign(cells, tiles, shape, limits)
    assert satisfies(assignment.placement, limits, len(tiles))
    assert assignment.cost == cost_of(cells, tiles, assignment.placement) == least
    assert assignment.bound == least
    assert assignment.gap == 0
    assert assignment.summary == f"With {limits}: the placement is optimal."


@given(
    gray_pairs(st.just(4), st.integers(1, 5)),
    st.sampled_from([(1, 4), (2, 2)]),
    st.one_of(st.none(), st.integers(1, 2)),
    st.booleans(),
)
@settings(max_examples=25, deadline=None)
def test_with_a_minimum_distance_the_optimum_is_between_bound_and_cost(
    pair, shape, max_uses, use_all
):
    cells, tiles = pair
    limits = RepetitionLimits(max_uses=max_uses, min_distance=1, use_all=use_all)
    least = optimum(cells, tiles, shape, limits)
    try:
        assignment = assign(cells, tiles, shape, limits)
    except (TooFewTiles, TooFewCells):
        return
    assert satisfies(assignment.placement, limits, len(tiles))
    assert assignment.cost == cost_of(cells, tiles, assignment.placement)
    assert assignment.bound <= least <= assignment.cost
    assert assignment.expired is None
    assert ("local search" in assignment.summary) == (assignment.gap > 0)


LIMITS = st.builds(
    RepetitionLimits,
    st.sampled_from([None, 1, 2]),
    st.integers(0, 2),
    st.booleans(),
)


@given(layouts(2, 2), st.integers(1, 5), LIMITS, st.integers(0, 99))
@settings(max_examples=40)
def test_in_any_layout_the_optimum_is_between_bound_and_cost(
    layout, sources, limits, seed
):
    boxes, m = layout.boxes[:5], len(layout.boxes[:5])
    random = np.random.default_rng(seed)
    costs = random.integers(0, [3, 1000][seed % 2], (m, sources), np.int32)
    least = min(
        (
            costs[np.arange(m), placed].sum()
            for placed in map(np.array, product(range(sources), repeat=m))
            if satisfies_in_layout(placed, limits, sources, boxes)
        ),
        default=None,
    )
    try:
        assignment = assign_costs(costs, limits, boxes=boxes)
    except (TooFewTiles, TooFewCells):
        assert least is None or limits.min_distance
        return
    assert sources_needed(limits, sources, boxes) <= sources
    assert satisfies_in_layout(assignment.placement, limits, sources, boxes)
    assert assignment.cost == costs[np.arange(m), assignment.placement].sum()
    assert assignment.bound <= least <= assignment.cost
    if not limits.min_distance:
        assert assignment.bound == assignment.cost


@given(layouts(3, 3), LIMITS)
@settings(max_examples=30)
def test_no_placement_exists_with_fewer_sources_than_are_needed(layout, limits):
    """Search depth first for a placement with one source fewer."""
    boxes = layout.boxes[:8]
    fewer = sources_needed(limits, len(boxes), boxes) - 1

    def fill(placed):
        if len(placed) == len(boxes):
            return True
        # New sources are interchangeable, so only the first one is tried.
        return any(
            satisfies_in_layout(np.array([*placed, s]), at_most, fewer, boxes)
            and fill([*placed, s])
            for s in range(min(fewer, max(placed, default=-1) + 2))
        )

    at_most = RepetitionLimits(limits.max_uses, limits.min_distance)
    assert not fill([])


def test_a_minimum_distance_needs_the_boxes():
    with pytest.raises(ValueError, match="boxes"):
        assign_costs(np.zeros((1, 1), np.int32), RepetitionLimits(min_distance=1))


@given(st.integers(1, 30), st.integers(0, 30), st.integers(1, 4), st.integers(0, 99))
@settings(max_examples=30, deadline=None)
def test_the_cost_equals_that_of_scipy_with_repeated_tiles(m, extra, max_uses, seed):
    random = np.random.default_rng(seed)
    n = -(-m // max_uses) + extra
    cells = random.integers(0, 9, (m, 2, 2), np.uint8)
    tiles = random.integers(0, 256, (n, 2, 2), np.uint8)
    repeated = np.repeat(reference.cost_matrix(cells, tiles), max_uses, axis=1)
    expected = repeated[linear_sum_assignment(repeated)].sum()
    limits = RepetitionLimits(max_uses=max_uses)
    assert assign(cells, tiles, (1, m), limits).cost == expected


@pytest.mark.parametrize(
    "limits",
    [
        RepetitionLimits(max_uses=2, use_all=True),
        RepetitionLimits(max_uses=2, min_distance=1, use_all=True),
    ],
    ids=str,
)
def test_costs_computed_on_demand_give_the_same_placement(limits, monkeypatch):
    random = np.random.default_rng(4)
    cells = random.integers(0, 256, (30, 3, 3), np.uint8)
    tiles = random.integers(0, 256, (25, 3, 3), np.uint8)
    stored = assign(cells, tiles, (5, 6), limits)
    monkeypatch.setattr("pigeonhole.matching.assignment.problem.MAX_STORED_COSTS", 0)
    computed = assign(cells, tiles, (5, 6), limits)
    np.testing.assert_array_equal(stored.placement, computed.placement)
    assert (stored.cost, stored.bound) == (computed.cost, computed.bound)
    assert limits.min_distance or stored.cost == stored.bound


@pytest.mark.parametrize(
    "limits",
    [
        RepetitionLimits(max_uses=1),
        RepetitionLimits(max_uses=3, use_all=True),
        RepetitionLimits(min_distance=1),
        RepetitionLimits(max_uses=3, min_distance=1, use_all=True),
    ],
    ids=str,
)
def test_limits_hold_if_the_time_limit_expires_at_once(limits, monkeypatch):
    monkeypatch.setattr("pigeonhole.matching.assignment.solver.BIDS_PER_CHECK", 3)
    random = np.random.default_rng(6)
    cells = random.integers(0, 99, (36, 2, 2), np.uint8)
    tiles = random.integers(0, 256, (36, 2, 2), np.uint8)
    hurried = assign(cells, tiles, (6, 6), limits, time_limit=0)
    assert satisfies(hurried.placement, limits, len(tiles))
    assert hurried.bound < hurried.cost
    assert hurried.expired == 0
    assert "the search stopped after 0 s with a placement at most" in hurried.summary
    best = assign(cells, tiles, (6, 6), limits)
    assert hurried.bound <= best.cost <= hurried.cost


def test_equal_tiles_share_the_cells():
    cells, tiles = np.full((6, 1, 1), 9, np.uint8), np.full((3, 1, 1), 5, np.uint8)
    limits = RepetitionLimits(max_uses=2, use_all=True)
    assignment = assign(cells, tiles, (2, 3), limits)
    assert np.bincount(assignment.placement.ravel()).tolist() == [2, 2, 2]
    assert assignment.cost == 6 * 4


def test_the_smallest_tile_set_for_a_minimum_distance_is_enough():
    """A lattice satisfies the limits where the greedy placement fails."""
    random = np.random.default_rng(2)
    limits = RepetitionLimits(min_distance=2)
    cells = random.integers(0, 256, (49, 1, 1), np.uint8)
    tiles = random.integers(0, 256, (9, 1, 1), np.uint8)
    assignment = assign(cells, tiles, (7, 7), limits)
    assert satisfies(assignment.placement, limits, 9)


@given(gray_pairs(st.integers(1, 5), st.integers(1, 9)))
@settings(deadline=None)
def test_the_cost_matrix_equals_the_reference(pair):
    cells, tiles = pair
    costs = cost_matrix(pad_images(cells), pad_images(tiles))
    np.testing.assert_array_equal(costs, reference.cost_matrix(cells, tiles))


@pytest.mark.parametrize(
    ("cells", "tiles", "shape", "error", "message"),
    [
        (np.zeros((4, 1, 1)), np.zeros((4, 1, 1)), (2, 2), TypeError, "float64"),
        (np.zeros((4, 1), "u1"), np.zeros((4, 2), "u1"), (2, 2), ValueError, "match"),
        (np.zeros((4, 1), "u1"), np.zeros((4, 1), "u1"), (1, 2), ValueError, "fill"),
        (np.zeros((1, 0), "u1"), np.zeros((1, 0), "u1"), (1, 1), ValueError, "shape"),
    ],
)
def test_wrong_arrays_are_rejected(cells, tiles, shape, error, message):
    with pytest.raises(error, match=message):
        assign(cells, tiles, shape, RepetitionLimits(max_uses=1))
