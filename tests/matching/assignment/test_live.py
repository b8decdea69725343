"""Frames under limits on repetition: greedy placement and steadiness."""

import numpy as np
import pytest
import reference
from hypothesis import given, settings
from hypothesis import strategies as st
from matching_samples import gray_pairs
from repetition import satisfies

from pigeonhole.core.jit import single_threaded
from pigeonhole.matching import render, split_cells
from pigeonhole.matching.assignment import (
    LiveAssignment,
    RepetitionLimits,
    TooFewTiles,
    optimality_gap,
)
from pigeonhole.matching.assignment.frames import nearest_sources, switch_tiles
from pigeonhole.matching.assignment.live import keep_steady, largest_distance
from pigeonhole.matching.assignment.problem import UNASSIGNED
from pigeonhole.matching.search.descriptors import (
    compute_descriptors,
    stack_vertically,
)
from pigeonhole.matching.search.index import TileIndex


def random_sources(random, tiles, least):
    """Return sources of tiles, at least `least` of them, some with many variants."""
    sources = np.concatenate([np.arange(least), random.integers(0, least, tiles)])
    return random.permutation(sources[:tiles])


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
    tiles = random.integers(0, 256, (160, 3, 2, *channels), np.uint8)
    sources = random_sources(random, 160, 80)
    frame = random.integers(0, 60, (8 * 3, 9 * 2, *channels), np.uint8)
    placement = LiveAssignment(tiles, limits, sources).place(frame)
    assert satisfies(sources[placement], limits, 80)
    gap = optimality_gap(frame, tiles, limits, placement, sources=sources)
    assert 0 <= gap < 0.5


def test_without_limits_frames_get_the_nearest_tiles():
    random = np.random.default_rng(9)
    tiles = random.integers(0, 256, (20, 2, 2), np.uint8)
    placement = random.integers(0, 20, (3, 4))
    live = LiveAssignment(tiles, RepetitionLimits(), np.arange(20) // 3)
    np.testing.assert_array_equal(live.place(render(tiles, placement)), placement)


@given(
    gray_pairs(st.just(12), st.integers(20, 80)),
    st.sampled_from([1, 2, 12]),
    st.sampled_from([0, 1]),
    st.integers(0, 2**32 - 1),
)
@settings(max_examples=40)
def test_each_cell_in_turn_gets_the_nearest_allowed_tile(
    pair, max_uses, min_distance, seed
):
    cells, tiles = pair
    limits = RepetitionLimits(max_uses=max_uses, min_distance=min_distance)
    sources = random_sources(np.random.default_rng(seed), len(tiles), 20)
    frame = render(cells, np.arange(12).reshape(3, 4))
    live = LiveAssignment(tiles, limits, sources)
    placement = live.place(frame)
    np.testing.assert_array_equal(
        placement,
        reference.place_greedily(cells, tiles, sources, (3, 4), max_uses, min_distance),
    )
    with single_threaded():
        np.testing.assert_array_equal(live.place(frame), placement)


@given(
    gray_pairs(st.integers(1, 5), st.integers(1, 140)),
    st.integers(1, 9),
    st.integers(0, 2**32 - 1),
)
@settings(max_examples=40)
def test_nearest_sources_equal_the_reference(pair, size, seed):
    cells, tiles = pair
    random = np.random.default_rng(seed)
    count = random.integers(1, len(tiles) + 1)
    sources, size = random_sources(random, len(tiles), count), min(size, count)
    index = TileIndex(tiles)
    descriptors = compute_descriptors(stack_vertically(cells), index.shape)
    placement = random.integers(-1, len(tiles), (1, len(cells)))
    expected, distances = reference.nearest_sources(
        cells, tiles, sources, size, placement, 1
    )
    limits = random.choice(distances.ravel(), len(cells))
    numbers, found = np.full((2, *expected.shape), UNASSIGNED)
    for farthest in (limits, np.full(len(cells), distances.max())):
        nearest_sources(
            descriptors,
            index.shape.pyramid,
            index.blocks,
            sources,
            count,
            farthest,
            placement,
            1,
            numbers,
            found,
            2,
        )
        within = (distances <= farthest[:, None]) & (expected != UNASSIGNED)
        np.testing.assert_array_equal(numbers, np.where(within, expected, UNASSIGNED))
        np.testing.assert_array_equal(found[within], distances[within])


@given(st.integers(0, 2**32 - 1), st.integers(0, 2), st.integers(1, 4))
def test_switch_tiles_equals_the_reference_and_satisfies_the_limits(
    seed, min_distance, max_uses
):
    random = np.random.default_rng(seed)
    rows, columns, tiles = random.integers(1, 6), random.integers(1, 6), 60
    sources = random_sources(random, tiles, 40)
    _, first_tiles = np.unique(sources, return_index=True)
    placement = random.permutation(first_tiles)[: rows * columns]
    placement = placement.reshape(rows, columns)
    distances = np.sort(random.integers(0, 9, (rows * columns, 5)), axis=1)
    numbers = random.integers(0, tiles, distances.shape)
    thresholds = random.uniform(0, 9, rows * columns)
    order = random.permutation(rows * columns)[: random.integers(1, 30)]
    lists = numbers, distances, thresholds, sources
    expected = reference.switch_tiles(placement, order, *lists, min_distance, max_uses)
    uses = np.bincount(sources[placement.ravel()], minlength=40)
    switch_tiles(placement, order, *lists, uses, min_distance, max_uses)
    np.testing.assert_array_equal(placement, expected)
    used = sources[placement]
    np.testing.assert_array_equal(uses, np.bincount(used.ravel(), minlength=40))
    limits = RepetitionLimits(max_uses=max_uses, min_distance=min_distance)
    assert satisfies(used, limits, 40)


@given(st.integers(0, 2**32 - 1), st.integers(0, 2), st.integers(2, 16))
@settings(max_examples=40)
def test_steady_frames_satisfy_the_limits_and_change_only_for_much_nearer_tiles(
    seed, min_distance, max_uses
):
    random = np.random.default_rng(seed)
    tiles = random.integers(0, 256, (60, 2, 3), np.uint8)
    sources = random_sources(random, 60, 40)
    limits = RepetitionLimits(max_uses=max_uses, min_distance=min_distance)
    live = LiveAssignment(tiles, limits, sources)
    first, second = random.integers(0, 256, (2, 8, 12), np.uint8)
    before = live.place(first)
    steady, from_scratch = live.place(second, before, 0.2), live.place(second)
    assert satisfies(sources[steady], limits, 40)
    if (steady != from_scratch).any():
        old, new = (distances(second, tiles, placed) for placed in (before, steady))
        assert (new < 0.8 * old)[(steady != before).ravel()].all()
    repeated = live.place(second, steady, 0.2)
    old, new = (distances(second, tiles, placed) for placed in (steady, repeated))
    assert new.sum() <= old.sum()


@given(st.integers(0, 2**32 - 1), st.integers(0, 2), st.integers(2, 16))
@settings(max_examples=40)
def test_placements_kept_steady_satisfy_the_limits(seed, min_distance, max_uses):
    random = np.random.default_rng(seed)
    tiles = random.integers(0, 256, (60, 2, 3), np.uint8)
    sources = random_sources(random, 60, 40)
    limits = RepetitionLimits(max_uses=max_uses, min_distance=min_distance)
    live = LiveAssignment(tiles, limits, sources)
    frames = random.integers(0, 256, (3, 8, 12), np.uint8)
    previous, placement = map(live.place, frames[:2])
    cells = split_cells(frames[2], 2, 3).reshape(16, -1)
    rows = tiles.reshape(60, -1)
    steady = keep_steady(cells, rows, placement, previous, 0.2, limits, sources)
    assert satisfies(sources[steady], limits, 40)
    old, new, kept = (
        distances(frames[2], tiles, placed) for placed in (previous, placement, steady)
    )
    if (steady == placement).all():
        return
    assert new.sum() >= 0.8 * kept.sum()
    changed = (steady != previous).ravel()
    assert (steady == placement).ravel()[changed].all()
    assert (new < 0.8 * old)[changed].all()


def test_a_new_scene_is_placed_from_scratch():
    tiles = np.repeat(np.arange(0, 250, 2), 6).astype(np.uint8).reshape(125, 2, 3)
    live = LiveAssignment(tiles, RepetitionLimits(min_distance=2))
    shades = np.arange(0, 240, 4).repeat(6).astype(np.uint8).reshape(60, 2, 3)
    first = render(shades, np.arange(60).reshape(6, 10))
    # All cells of the wall want the same few tiles.
    wall = np.full_like(first, 100)
    before = live.place(first)
    changed, from_scratch = live.place(wall, before, 0.1), live.place(wall)
    cost = distances(wall, tiles, changed).sum()
    assert cost <= 1.2 * distances(wall, tiles, from_scratch).sum()
    np.testing.assert_array_equal(live.place(first, before, 0.1), before)


def distances(frame, tiles, placement):
    """Return the distance of each cell of a frame from its tile."""
    cells = split_cells(frame, *tiles.shape[1:3]).reshape(-1, *tiles.shape[1:])
    return reference.cost_matrix(cells, tiles)[np.arange(len(cells)), placement.ravel()]


def test_limits_that_frames_cannot_satisfy_are_rejected():
    tiles = np.zeros((16, 1, 1), np.uint8)
    live = LiveAssignment(tiles, RepetitionLimits(min_distance=1), np.arange(16) // 2)
    with pytest.raises(TooFewTiles) as error:
        live.place(np.zeros((5, 5), np.uint8))
    assert error.value.missing == 1
    with pytest.raises(ValueError, match="still mosaics only"):
        LiveAssignment(tiles, RepetitionLimits(use_all=True))


@given(st.integers(1, 6), st.integers(1, 6), st.integers(1, 40), st.integers(1, 36))
def test_the_largest_distance_is_one_that_every_frame_can_satisfy(
    rows, columns, count, max_uses
):
    limits = RepetitionLimits(max_uses, 2)
    distance = largest_distance(limits, count, rows, columns)
    # Equal tiles make the cells choose in an order that uses up the first sources.
    tiles = np.zeros((count, 1, 1), np.uint8)
    frame = np.zeros((rows, columns), np.uint8)
    for longer in range(3):
        tried = RepetitionLimits(max_uses, longer)
        if distance is not None and longer <= distance:
            placement = LiveAssignment(tiles, tried).place(frame)
            assert satisfies(placement, tried, count)
        else:
            with pytest.raises(TooFewTiles):
                LiveAssignment(tiles, tried).place(frame)
