"""The mixed cost: each cell among its neighbours, from near and from far."""

import numpy as np
import pytest
import reference
from hypothesis import given, settings
from hypothesis import strategies as st

from pigeonhole.core.geometry import Size
from pigeonhole.imaging.blur import blurred
from pigeonhole.imaging.resize import resize
from pigeonhole.matching import matcher, render
from pigeonhole.matching.perceptual import balance, kernels
from pigeonhole.matching.perceptual.balance import (
    Looks,
    balanced,
    balanced_like,
    listed,
)
from pigeonhole.matching.perceptual.structure import Quarters
from pigeonhole.matching.search.top_k import FINE, weighed


@st.composite
def frames(draw, most=9):
    """A small frame and tiles of one size, grey or colour, from random levels."""
    height, width = draw(st.integers(1, 5)), draw(st.integers(1, 5))
    rows, columns = draw(st.integers(1, 4)), draw(st.integers(1, 4))
    colour = draw(st.sampled_from([(), (3,)]))
    random = np.random.default_rng(draw(st.integers(0, 999)))
    levels = draw(st.sampled_from([[0, 255], range(256), range(100, 120)]))
    tiles = random.choice(levels, (draw(st.integers(1, most)), height, width, *colour))
    frame = random.choice(levels, (rows * height, columns * width, *colour))
    return frame.astype(np.uint8), tiles.astype(np.uint8)


@given(frames(), st.sampled_from([0.0, 0.4, 1.0]), st.sampled_from([0.0, 0.6, 1.0]))
@settings(max_examples=40)
def test_balanced_equals_the_definition(pair, far, shape):
    expected = reference.balanced(*pair, far, shape)
    np.testing.assert_array_equal(balanced(*pair, far, shape), expected)


def gap_of_shapes(*pair):
    """The cost from near of the only tile where nothing but its shape counts."""
    cell, tile = (Quarters.of(p.reshape(1, *p.shape[:2], -1)) for p in pair)
    zeros = np.zeros((1, 1), np.int64)
    (number,), (cost,) = weighed(cell, tile, (zeros, zeros), FINE)
    assert number == 0
    return cost / FINE


@given(frames())
@settings(max_examples=20)
def test_shape_knows_no_light(pair):
    tiles = pair[1]
    for a, b in zip(tiles, np.roll(tiles, 1, axis=0), strict=True):
        dark = a // 2
        assert gap_of_shapes(dark, dark + 100) == 0
        assert gap_of_shapes(a, b) == reference.shape_gap(a, b)


def test_shapes_of_many_extreme_pixels_are_summed_in_runs():
    random = np.random.default_rng(4)
    one = random.choice(np.array([0, 255], np.uint8), (260, 260))
    assert gap_of_shapes(one, ~one) == reference.shape_gap(one, ~one)


@given(frames())
def test_without_a_far_look_the_nearest_tiles_are_left(pair):
    np.testing.assert_array_equal(balanced(*pair, 0, 0), reference.place(*pair))


@given(frames(most=200), st.integers(1, 64))
@settings(max_examples=40)
def test_short_lists_hold_the_nearest_tiles(pair, size):
    frame, tiles = pair
    cells = reference.cells_of(frame, *tiles.shape[1:3])
    size = min(size, len(tiles))
    numbers, near = listed(frame, tiles, size)
    for cell, found, distances in zip(cells, numbers, near, strict=True):
        costs = np.array([reference.sad(cell, tile) for tile in tiles])
        np.testing.assert_array_equal(found, costs.argsort(kind="stable")[:size])
        np.testing.assert_array_equal(distances, costs[found])


def scene(seed=3):
    """A smooth target and rough tiles none of which has its levels."""
    random = np.random.default_rng(seed)
    target = resize(random.integers(60, 200, (4, 5, 3), np.uint8), 24, 20)
    tiles = random.integers(0, 60, (16, 4, 4, 3)) + random.choice(
        [20, 90, 170], (16, 1, 1, 1)
    )
    return target, tiles.astype(np.uint8)


def looks_of(placement, target, tiles):
    picture = render(tiles, placement)
    size = Size(4, 4)
    far = np.abs(blurred(picture, size) - blurred(target, size)).mean()
    return np.abs(picture.astype(int) - target).mean(), far


def test_a_heavier_far_look_is_better_from_far_and_worse_from_near():
    target, tiles = scene()
    near, far = np.transpose(
        [looks_of(balanced(target, tiles, w, 0), target, tiles) for w in (0, 0.2, 1)]
    )
    assert (np.diff(near) > 0).all()
    assert (np.diff(far) < 0).all()


def test_auto_takes_the_least_weight_that_equals_a_rival_from_far(caplog, monkeypatch):
    monkeypatch.setattr(balance, "STEPS", 8)
    target, tiles = scene()
    rival = balanced(target, tiles, 1, 0)
    with caplog.at_level("INFO"):
        placed = balanced_like(target, tiles, rival, 0)
    wanted = balance.TOLERANCE * looks_of(rival, target, tiles)[1]
    assert looks_of(placed, target, tiles)[1] <= wanted
    assert looks_of(placed, target, tiles)[0] < looks_of(rival, target, tiles)[0]
    assert "The far look counts 0." in caplog.text


def test_the_rival_of_mixed_is_four():
    target, tiles = scene()
    expected = balanced_like(target, tiles, matcher("four", tiles)(target), 0)
    np.testing.assert_array_equal(matcher("mixed", tiles)(target), expected)
    weighed = matcher("mixed", tiles, far=0.2, shape=0.5)(target)
    np.testing.assert_array_equal(weighed, balanced(target, tiles, 0.2, 0.5))


def test_auto_stays_with_the_nearest_tiles_where_they_do():
    target, tiles = scene()
    nearest = matcher("exact", tiles)(target)
    np.testing.assert_array_equal(balanced_like(target, tiles, nearest, 0), nearest)


def test_auto_ends_where_no_weight_is_enough(monkeypatch):
    target, tiles = scene()
    monkeypatch.setattr(balance, "TOLERANCE", 0.0)
    monkeypatch.setattr(balance, "STEPS", 3)
    nearest = matcher("exact", tiles)(target)
    placed = balanced_like(target, tiles, nearest, 0)
    assert looks_of(placed, target, tiles)[1] < looks_of(nearest, target, tiles)[1]


@pytest.mark.parametrize("shape", [(1, 1), (1, 4), (5, 1), (3, 5)])
def test_sides_that_have_no_two_equal_blocks(shape):
    stack = np.random.default_rng(1).integers(0, 256, (4, *shape, 3), np.uint8)
    means = balance.block_means(Quarters.of(stack))
    assert means.shape == (4, 2, 2, 3)
    np.testing.assert_array_equal(means, reference.block_means(stack))


def test_far_values_fit_into_32_bits():
    white, black = (np.full((9, 4, 4, 3), level, np.uint8) for level in (255, 0))
    looks = Looks.of(np.zeros((12, 12, 3), np.uint8), white, 0)
    seen = balance.blur_blocks(looks.tiles[looks.nearest()] - looks.target)
    assert seen.max() == 255 * kernels.UNIT
    assert kernels.SEEN * 3 * 255 * kernels.UNIT * 2 < 2**31
    assert not balance.block_means(Quarters.of(black)).any()
