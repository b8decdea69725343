from itertools import product

import numpy as np
import pytest
import reference
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy.optimize import linear_sum_assignment

from pigeonhole.matching import cells_of, render
from pigeonhole.matching.assignment import (
    LiveReuse,
    Reuse,
    TooFewCells,
    TooFewTiles,
    assign,
    loss,
)
from pigeonhole.matching.assignment.blocks import blocks_of
from pigeonhole.matching.assignment.costs import NOBODY, all_costs
from pigeonhole.matching.assignment.frames import nearest_lists
from pigeonhole.matching.assignment.limits import tiles_needed
from pigeonhole.matching.assignment.steadiness import improve
from pigeonhole.matching.search.features import described
from pigeonhole.matching.search.index import TileIndex

VALUES = st.sampled_from([st.integers(0, 255), st.integers(0, 1), st.just(7)])


@st.composite
def stacks(draw, cells, tiles):
    """Cells and tiles of few pixels, with many ties."""
    shape = draw(st.tuples(st.integers(1, 2), st.integers(1, 3)))
    elements = draw(VALUES)
    return [
        draw(hnp.arrays(np.uint8, (draw(size), *shape), elements=elements))
        for size in (cells, tiles)
    ]


def costs_of(cells, tiles):
    gaps = cells[:, None].astype(np.int64) - tiles[None].astype(np.int64)
    return np.abs(gaps).reshape(len(cells), len(tiles), -1).sum(axis=2)


def cost_of(cells, tiles, placement):
    return costs_of(cells, tiles)[np.arange(len(cells)), placement.ravel()].sum()


def keeps(placement, rule, tiles):
    """Count, cell by cell."""
    uses = np.bincount(placement.ravel(), minlength=tiles)
    if rule.at_most and uses.max() > rule.at_most:
        return False
    if rule.everyone and uses.min() < 1:
        return False
    rows, columns = placement.shape
    for row, column in np.ndindex(rows, columns):
        around = placement[
            max(0, row - rule.apart) : row + rule.apart + 1,
            max(0, column - rule.apart) : column + rule.apart + 1,
        ]
        if (around == placement[row, column]).sum() > 1:
            return False
    return True


def optimum(cells, tiles, shape, rule):
    """The least cost of all placements that keep the rule, one by one."""
    every = product(range(len(tiles)), repeat=len(cells))
    placements = (np.array(one).reshape(shape) for one in every)
    costs, numbers = costs_of(cells, tiles), np.arange(len(cells))
    return min(
        (
            costs[numbers, placement.ravel()].sum()
            for placement in placements
            if keeps(placement, rule, len(tiles))
        ),
        default=None,
    )


@given(
    stacks(st.integers(1, 4), st.integers(1, 4)),
    st.one_of(st.none(), st.integers(1, 3)),
    st.booleans(),
)
@settings(max_examples=40, deadline=None)
def test_without_spacing_the_placement_is_optimal(pair, at_most, everyone):
    cells, tiles = pair
    rule = Reuse(at_most=at_most, everyone=everyone)
    shape = (1, len(cells))
    least = optimum(cells, tiles, shape, rule)
    if least is None:
        with pytest.raises((TooFewTiles, TooFewCells)):
            assign(cells, tiles, shape, rule)
        return
    found = assign(cells, tiles, shape, rule)
    assert keeps(found.placement, rule, len(tiles))
    assert found.cost == cost_of(cells, tiles, found.placement) == least
    assert found.bound == least
    assert found.gap == 0
    assert "optimal" in found.sentence


@given(
    stacks(st.just(4), st.integers(1, 5)),
    st.sampled_from([(1, 4), (2, 2)]),
    st.one_of(st.none(), st.integers(1, 2)),
    st.booleans(),
)
@settings(max_examples=25, deadline=None)
def test_with_spacing_bound_optimum_and_cost_are_in_order(pair, shape, most, everyone):
    cells, tiles = pair
    rule = Reuse(at_most=most, apart=1, everyone=everyone)
    least = optimum(cells, tiles, shape, rule)
    try:
        found = assign(cells, tiles, shape, rule)
    except (TooFewTiles, TooFewCells):
        return
    assert keeps(found.placement, rule, len(tiles))
    assert found.cost == cost_of(cells, tiles, found.placement)
    assert found.bound <= least <= found.cost


@given(st.integers(1, 30), st.integers(0, 30), st.integers(1, 4), st.integers(0, 99))
@settings(max_examples=30, deadline=None)
def test_at_most_equals_scipy_on_the_full_matrix(m, more, at_most, seed):
    random = np.random.default_rng(seed)
    n = -(-m // at_most) + more
    cells = random.integers(0, 9, (m, 2, 2), np.uint8)
    tiles = random.integers(0, 256, (n, 2, 2), np.uint8)
    full = np.repeat(costs_of(cells, tiles), at_most, axis=1)
    expected = full[linear_sum_assignment(full)].sum()
    assert assign(cells, tiles, (1, m), Reuse(at_most=at_most)).cost == expected


def test_distances_beyond_memory_are_computed_when_needed(monkeypatch):
    random = np.random.default_rng(4)
    cells = random.integers(0, 256, (30, 3, 3), np.uint8)
    tiles = random.integers(0, 256, (25, 3, 3), np.uint8)
    rule = Reuse(at_most=2, everyone=True)
    kept = assign(cells, tiles, (5, 6), rule)
    monkeypatch.setattr("pigeonhole.matching.assignment.blocks.MOST_COSTS", 0)
    computed = assign(cells, tiles, (5, 6), rule)
    np.testing.assert_array_equal(kept.placement, computed.placement)
    assert kept.cost == computed.cost == computed.bound


@pytest.mark.parametrize(
    "rule",
    [
        Reuse(at_most=1),
        Reuse(at_most=3, everyone=True),
        Reuse(apart=1),
        Reuse(at_most=3, apart=1, everyone=True),
    ],
    ids=str,
)
def test_limits_hold_when_the_time_is_over_at_once(rule, monkeypatch):
    monkeypatch.setattr("pigeonhole.matching.assignment.solver.ROUNDS", 3)
    random = np.random.default_rng(6)
    cells = random.integers(0, 99, (36, 2, 2), np.uint8)
    tiles = random.integers(0, 256, (36, 2, 2), np.uint8)
    found = assign(cells, tiles, (6, 6), rule, seconds=0)
    assert keeps(found.placement, rule, len(tiles))
    assert found.bound < found.cost
    assert "the time of 0 s was over" in found.sentence
    best = assign(cells, tiles, (6, 6), rule)
    assert found.bound <= best.cost <= found.cost


def test_equal_tiles_share_the_cells():
    cells, tiles = np.full((6, 1, 1), 9, np.uint8), np.full((3, 1, 1), 5, np.uint8)
    found = assign(cells, tiles, (2, 3), Reuse(at_most=2, everyone=True))
    assert np.bincount(found.placement.ravel()).tolist() == [2, 2, 2]
    assert found.cost == 6 * 4


@pytest.mark.parametrize(
    ("rule", "shape", "tiles", "error", "missing"),
    [
        (Reuse(at_most=1), (3, 3), 4, TooFewTiles, 5),
        (Reuse(at_most=2), (3, 3), 4, TooFewTiles, 1),
        (Reuse(apart=1), (3, 3), 3, TooFewTiles, 1),
        (Reuse(apart=9), (3, 3), 3, TooFewTiles, 6),
        (Reuse(everyone=True), (1, 3), 5, TooFewCells, 2),
    ],
    ids=str,
)
def test_a_pool_that_does_not_fit_is_refused(rule, shape, tiles, error, missing):
    cells = np.zeros((shape[0] * shape[1], 1, 1), np.uint8)
    with pytest.raises(error, match=rf"^{missing} .* missing: ") as caught:
        assign(cells, np.zeros((tiles, 1, 1), np.uint8), shape, rule)
    assert caught.value.missing == missing


def test_the_least_pool_for_spacing_is_enough():
    """A lattice keeps the rule where the greedy choice is stuck."""
    random = np.random.default_rng(2)
    rule = Reuse(apart=2)
    cells = random.integers(0, 256, (49, 1, 1), np.uint8)
    tiles = random.integers(0, 256, (tiles_needed(rule, 7, 7), 1, 1), np.uint8)
    found = assign(cells, tiles, (7, 7), rule)
    assert len(tiles) == 9
    assert keeps(found.placement, rule, 9)


@pytest.mark.parametrize("channels", [(), (3,)])
@pytest.mark.parametrize(
    "rule",
    [Reuse(), Reuse(at_most=1), Reuse(at_most=2, apart=1), Reuse(apart=2)],
    ids=str,
)
def test_frames_keep_the_limits(rule, channels):
    random = np.random.default_rng(8)
    tiles = random.integers(0, 256, (80, 3, 2, *channels), np.uint8)
    frame = random.integers(0, 60, (8 * 3, 9 * 2, *channels), np.uint8)
    placement = LiveReuse(tiles, rule).place(frame)
    assert keeps(placement, rule, len(tiles))
    assert 0 <= loss(frame, tiles, rule, placement) < 0.5


def test_frames_without_limits_take_the_nearest():
    random = np.random.default_rng(9)
    tiles = random.integers(0, 256, (20, 2, 2), np.uint8)
    placement = random.integers(0, 20, (3, 4))
    frame = render(tiles, placement)
    np.testing.assert_array_equal(LiveReuse(tiles, Reuse()).place(frame), placement)


@given(st.integers(0, 2**32 - 1), st.integers(0, 2), st.integers(1, 4))
def test_steady_changes_equal_the_slow_twin_and_keep_the_rule(seed, apart, most):
    random = np.random.default_rng(seed)
    rows, columns, tiles = random.integers(1, 6), random.integers(1, 6), 40
    placement = random.permutation(tiles)[: rows * columns].reshape(rows, columns)
    listed = random.integers(0, 9, (rows * columns, 5))
    numbers = random.integers(0, tiles, listed.shape)
    distances = np.sort(listed, axis=1)
    limits = random.uniform(0, 9, rows * columns)
    order = random.permutation(rows * columns)[: random.integers(1, 30)]
    expected = reference.improve(
        placement, order, numbers, distances, limits, apart, most
    )
    uses = np.bincount(placement.ravel(), minlength=tiles)
    improve(placement, order, numbers, distances, limits, uses, apart, most)
    np.testing.assert_array_equal(placement, expected)
    np.testing.assert_array_equal(uses, np.bincount(placement.ravel(), minlength=tiles))
    assert keeps(placement, Reuse(at_most=most, apart=apart), tiles)


@given(st.integers(0, 2**32 - 1), st.integers(0, 1), st.integers(2, 4))
def test_steady_frames_keep_the_rule_and_are_no_worse_than_the_share(seed, apart, most):
    random = np.random.default_rng(seed)
    tiles = random.integers(0, 256, (40, 2, 3), np.uint8)
    live = LiveReuse(tiles, Reuse(at_most=most, apart=apart))
    first, second = random.integers(0, 256, (2, 8, 12), np.uint8)
    before = live.place(first)
    after, anew = live.place(second, before, 0.2), live.place(second)
    assert keeps(after, Reuse(at_most=most, apart=apart), 40)
    cells = cells_of(second, 2, 3).reshape(16, 2, 3)
    costs = [cost_of(cells, tiles, each) for each in (after, anew)]
    assert (1 - 0.2) * costs[0] <= costs[1]
    # The same scene again is left alone, but for what the rule's order missed.
    again = live.place(first, before, 0.2)
    changed = again != before
    cells = cells_of(first, 2, 3).reshape(16, 2, 3)
    gaps = [costs_of(cells, tiles)[np.arange(16), p.ravel()] for p in (before, again)]
    assert (gaps[1] < 0.8 * gaps[0])[changed.ravel()].all()


def test_live_refuses_what_it_cannot_keep():
    tiles = np.zeros((8, 1, 1), np.uint8)
    with pytest.raises(TooFewTiles, match=r"^1 tile is missing"):
        LiveReuse(tiles, Reuse(apart=1)).place(np.zeros((5, 5), np.uint8))
    with pytest.raises(ValueError, match="still"):
        LiveReuse(tiles, Reuse(everyone=True))


@given(stacks(st.integers(1, 5), st.integers(1, 9)))
@settings(deadline=None)
def test_distances_equal_the_slow_twin(pair):
    cells, tiles = pair
    laid = [blocks_of(stack) for stack in pair]
    costs = all_costs(*laid)
    np.testing.assert_array_equal(costs, reference.all_costs(cells, tiles))


@given(stacks(st.integers(1, 5), st.integers(1, 140)), st.integers(1, 9))
@settings(max_examples=40)
def test_lists_hold_the_nearest_in_order(pair, size):
    cells, tiles = pair
    index = TileIndex(tiles)
    seen = described(cells.reshape(-1, cells.shape[2]), index.shape)
    places = index.pool.order[: len(tiles)].argsort()
    found = nearest_lists(seen, index.pool, index.shape.plan, places, size)
    numbers, distances = reference.nearest_lists(cells, tiles, size)
    np.testing.assert_array_equal(found[0], numbers)
    there = numbers != NOBODY
    np.testing.assert_array_equal(found[1][there], distances[there])


@given(
    stacks(st.just(12), st.integers(20, 80)),
    st.sampled_from([1, 2, 12]),
    st.sampled_from([0, 1]),
)
@settings(max_examples=40)
def test_each_cell_of_a_frame_takes_the_nearest_tile_left(pair, most, apart):
    """The rule's own words, cell by cell, in the order of the kernel."""
    cells, tiles = pair
    rule = Reuse(at_most=most, apart=apart)
    frame = render(cells, np.arange(12).reshape(3, 4))
    placement = LiveReuse(tiles, rule).place(frame)
    expected = reference.place_fast(cells, tiles, (3, 4), most, apart)
    np.testing.assert_array_equal(placement, expected)


@pytest.mark.parametrize("wrong", [{"at_most": 0}, {"apart": -1}], ids=str)
def test_a_wrong_rule_is_refused(wrong):
    with pytest.raises(ValueError, match="can't be"):
        Reuse(**wrong)


@pytest.mark.parametrize(
    ("cells", "tiles", "shape", "error", "words"),
    [
        (np.zeros((4, 1, 1)), np.zeros((4, 1, 1)), (2, 2), TypeError, "float64"),
        (np.zeros((4, 1), "u1"), np.zeros((4, 2), "u1"), (2, 2), ValueError, "fit"),
        (np.zeros((4, 1), "u1"), np.zeros((4, 1), "u1"), (1, 2), ValueError, "fill"),
        (np.zeros((1, 0), "u1"), np.zeros((1, 0), "u1"), (1, 1), ValueError, "shape"),
    ],
)
def test_wrong_arrays_are_refused(cells, tiles, shape, error, words):
    with pytest.raises(error, match=words):
        assign(cells, tiles, shape, Reuse(at_most=1))
