"""Frames under limits on repetition: greedy placement and steadiness."""

import numpy as np
import pytest
import reference
from hypothesis import given, settings
from hypothesis import strategies as st
from matching_samples import gray_pairs
from repetition import satisfies

from pigeonhole.matching import render, split_cells
from pigeonhole.matching.assignment import (
    LiveAssignment,
    RepetitionLimits,
    TooFewTiles,
    optimality_gap,
)
from pigeonhole.matching.assignment.greedy import switch_tiles
from pigeonhole.matching.search.descriptors import (
    compute_descriptors,
    stack_vertically,
)
from pigeonhole.matching.search.index import TileIndex
from pigeonhole.matching.search.top_k import top_k_tiles


@pytest.mark.parametrize("channels", [(), (3,)], ids=["gray", "color"])
@pytest.mark.parametrize(
    "limits",
    [
        RepetitionLimits(),
        RepetitionLimits(max_uses=1),
        RepetitionLimits(max_uses=2, min_distance=1),
        RepetitionLimits(min_distance=2),
    ],
    ids=str,
)
def test_frames_satisfy_the_limits(limits, channels):
    random = np.random.default_rng(8)
    tiles = random.integers(0, 256, (80, 3, 2, *channels), np.uint8)
    frame = random.integers(0, 60, (8 * 3, 9 * 2, *channels), np.uint8)
    placement = LiveAssignment(tiles, limits).place(frame)
    assert satisfies(placement, limits, len(tiles))
    assert 0 <= optimality_gap(frame, tiles, limits, placement) < 0.5


def test_without_limits_frames_get_the_nearest_tiles():
    random = np.random.default_rng(9)
    tiles = random.integers(0, 256, (20, 2, 2), np.uint8)
    placement = random.integers(0, 20, (3, 4))
    live = LiveAssignment(tiles, RepetitionLimits())
    np.testing.assert_array_equal(live.place(render(tiles, placement)), placement)


@given(
    gray_pairs(st.just(12), st.integers(20, 80)),
    st.sampled_from([1, 2, 12]),
    st.sampled_from([0, 1]),
)
@settings(max_examples=40)
def test_each_cell_in_turn_gets_the_nearest_allowed_tile(pair, max_uses, min_distance):
    cells, tiles = pair
    limits = RepetitionLimits(max_uses=max_uses, min_distance=min_distance)
    frame = render(cells, np.arange(12).reshape(3, 4))
    np.testing.assert_array_equal(
        LiveAssignment(tiles, limits).place(frame),
        reference.place_greedily(cells, tiles, (3, 4), max_uses, min_distance),
    )


@given(gray_pairs(st.integers(1, 5), st.integers(1, 140)), st.integers(1, 9))
@settings(max_examples=40)
def test_top_k_tiles_equal_the_reference(pair, size):
    cells, tiles = pair
    size = min(size, len(tiles))
    index = TileIndex(tiles)
    descriptors = compute_descriptors(stack_vertically(cells), index.shape)
    found = top_k_tiles(
        descriptors, index.shape.pyramid, index.blocks, len(tiles), size
    )
    np.testing.assert_array_equal(found, reference.nearest_lists(cells, tiles, size))


@given(st.integers(0, 2**32 - 1), st.integers(0, 2), st.integers(1, 4))
def test_switch_tiles_equals_the_reference_and_satisfies_the_limits(
    seed, min_distance, max_uses
):
    random = np.random.default_rng(seed)
    rows, columns, tiles = random.integers(1, 6), random.integers(1, 6), 40
    placement = random.permutation(tiles)[: rows * columns].reshape(rows, columns)
    distances = np.sort(random.integers(0, 9, (rows * columns, 5)), axis=1)
    numbers = random.integers(0, tiles, distances.shape)
    thresholds = random.uniform(0, 9, rows * columns)
    order = random.permutation(rows * columns)[: random.integers(1, 30)]
    expected = reference.switch_tiles(
        placement, order, numbers, distances, thresholds, min_distance, max_uses
    )
    uses = np.bincount(placement.ravel(), minlength=tiles)
    switch_tiles(
        placement, order, numbers, distances, thresholds, uses, min_distance, max_uses
    )
    np.testing.assert_array_equal(placement, expected)
    np.testing.assert_array_equal(uses, np.bincount(placement.ravel(), minlength=tiles))
    limits = RepetitionLimits(max_uses=max_uses, min_distance=min_distance)
    assert satisfies(placement, limits, tiles)


@given(st.integers(0, 2**32 - 1), st.integers(0, 1), st.integers(2, 4))
def test_steady_frames_satisfy_the_limits_and_lose_at_most_the_steadiness(
    seed, min_distance, max_uses
):
    random = np.random.default_rng(seed)
    tiles = random.integers(0, 256, (40, 2, 3), np.uint8)
    limits = RepetitionLimits(max_uses=max_uses, min_distance=min_distance)
    live = LiveAssignment(tiles, limits)
    first, second = random.integers(0, 256, (2, 8, 12), np.uint8)
    before = live.place(first)
    steady, from_scratch = live.place(second, before, 0.2), live.place(second)
    assert satisfies(steady, limits, 40)
    steady_cost, new_cost = (
        distances(second, tiles, placement).sum()
        for placement in (steady, from_scratch)
    )
    assert (1 - 0.2) * steady_cost <= new_cost
    # If the frame doesn't change, tiles change only where they get much nearer.
    repeated = live.place(first, before, 0.2)
    changed = (repeated != before).ravel()
    old, new = (distances(first, tiles, placed) for placed in (before, repeated))
    assert (new < 0.8 * old)[changed].all()


def distances(frame, tiles, placement):
    """Return the distance of each cell of a frame from its tile."""
    cells = split_cells(frame, *tiles.shape[1:3]).reshape(-1, *tiles.shape[1:])
    return reference.cost_matrix(cells, tiles)[np.arange(len(cells)), placement.ravel()]


def test_limits_that_frames_cannot_satisfy_are_rejected():
    tiles = np.zeros((8, 1, 1), np.uint8)
    live = LiveAssignment(tiles, RepetitionLimits(min_distance=1))
    with pytest.raises(TooFewTiles, match=r"^1 tile is missing"):
        live.place(np.zeros((5, 5), np.uint8))
    with pytest.raises(ValueError, match="still mosaics only"):
        LiveAssignment(tiles, RepetitionLimits(use_all=True))
