"""The perceptual mode: local and low-pass error of whole placements."""

import numpy as np
import pytest
import reference
from hypothesis import given, settings
from hypothesis import strategies as st

from pigeonhole.core.geometry import Size
from pigeonhole.imaging.blur import low_pass
from pigeonhole.imaging.resize import resize
from pigeonhole.matching import matcher, render
from pigeonhole.matching.perceptual import energy, sweeps
from pigeonhole.matching.perceptual.energy import (
    Energy,
    match_lowpass_error,
    minimize_energy,
    nearest_candidates,
)
from pigeonhole.matching.perceptual.structure import WEIGHT_SCALE, Quarters, rerank


@st.composite
def frames(draw, max_tiles=9):
    """Return a small frame and tiles, gray or color, of random levels."""
    height, width = draw(st.integers(1, 5)), draw(st.integers(1, 5))
    rows, columns = draw(st.integers(1, 4)), draw(st.integers(1, 4))
    color = draw(st.sampled_from([(), (3,)]))
    count = draw(st.integers(1, max_tiles))
    random = np.random.default_rng(draw(st.integers(0, 999)))
    levels = draw(st.sampled_from([[0, 255], range(256), range(100, 120)]))
    tiles = random.choice(levels, (count, height, width, *color))
    frame = random.choice(levels, (rows * height, columns * width, *color))
    return frame.astype(np.uint8), tiles.astype(np.uint8)


@given(frames(), st.sampled_from([0.0, 0.4, 1.0]), st.sampled_from([0.0, 0.6, 1.0]))
@settings(max_examples=40)
def test_minimize_energy_equals_the_definition(pair, lowpass_weight, structure_weight):
    np.testing.assert_array_equal(
        minimize_energy(*pair, lowpass_weight, structure_weight),
        reference.minimize_energy(*pair, lowpass_weight, structure_weight),
    )


def structure_error(*pair):
    """Return the cost of a single candidate if only its structure counts."""
    cell, tile = (Quarters.of(image.reshape(1, *image.shape[:2], -1)) for image in pair)
    zeros = np.zeros((1, 1), np.int64)
    (number,), (cost,) = rerank(cell, tile, (zeros, zeros), WEIGHT_SCALE)
    assert number == 0
    return cost / WEIGHT_SCALE


@given(frames())
@settings(max_examples=20)
def test_the_structure_error_ignores_brightness(pair):
    _, tiles = pair
    for a, b in zip(tiles, np.roll(tiles, 1, axis=0), strict=True):
        dark = a // 2
        assert structure_error(dark, dark + 100) == 0
        assert structure_error(a, b) == reference.structure_error(a, b)


def test_the_structure_error_of_many_extreme_pixels_does_not_overflow():
    random = np.random.default_rng(4)
    image = random.choice(np.array([0, 255], np.uint8), (260, 260))
    expected = reference.structure_error(image, ~image)
    assert structure_error(image, ~image) == expected


@given(frames())
def test_without_weights_the_nearest_tiles_are_placed(pair):
    np.testing.assert_array_equal(minimize_energy(*pair, 0, 0), reference.place(*pair))


@given(frames(max_tiles=200), st.integers(1, 64))
@settings(max_examples=40)
def test_candidates_are_the_nearest_tiles(pair, size):
    frame, tiles = pair
    cells = reference.split_cells(frame, *tiles.shape[1:3])
    found = nearest_candidates(frame, tiles, min(size, len(tiles)))
    expected = reference.nearest_lists(cells, tiles, min(size, len(tiles)))
    np.testing.assert_array_equal(found, expected)


def smooth_target_and_rough_tiles(seed=3):
    """Return a smooth target and rough tiles none of which has its levels."""
    random = np.random.default_rng(seed)
    target = resize(random.integers(60, 200, (4, 5, 3), np.uint8), 24, 20)
    tiles = random.integers(0, 60, (16, 4, 4, 3)) + random.choice(
        [20, 90, 170], (16, 1, 1, 1)
    )
    return target, tiles.astype(np.uint8)


def errors_of(placement, target, tiles):
    """Return the local and the low-pass error of a placement."""
    image = render(tiles, placement)
    size = Size(4, 4)
    lowpass_error = np.abs(low_pass(image, size) - low_pass(target, size)).mean()
    return np.abs(image.astype(int) - target).mean(), lowpass_error


def test_a_larger_lowpass_weight_trades_local_for_lowpass_error():
    target, tiles = smooth_target_and_rough_tiles()
    local, lowpass = np.transpose(
        [
            errors_of(minimize_energy(target, tiles, weight, 0), target, tiles)
            for weight in (0, 0.2, 1)
        ]
    )
    assert (np.diff(local) > 0).all()
    assert (np.diff(lowpass) < 0).all()


def test_the_automatic_weight_is_the_smallest_that_matches_the_reference(
    caplog, monkeypatch
):
    monkeypatch.setattr(energy, "WEIGHT_STEPS", 8)
    target, tiles = smooth_target_and_rough_tiles()
    heavy = minimize_energy(target, tiles, 1, 0)
    with caplog.at_level("INFO"):
        placement = match_lowpass_error(target, tiles, heavy, 0)
    local, lowpass = errors_of(placement, target, tiles)
    heavy_local, heavy_lowpass = errors_of(heavy, target, tiles)
    assert lowpass <= energy.LOWPASS_TOLERANCE * heavy_lowpass
    assert local < heavy_local
    assert "lowpass_weight: auto chose 0." in caplog.text


def test_the_reference_of_the_automatic_weight_is_mean_2x2():
    target, tiles = smooth_target_and_rough_tiles()
    by_means = matcher("mean-2x2", tiles)(target)
    expected = match_lowpass_error(target, tiles, by_means, 0)
    np.testing.assert_array_equal(matcher("perceptual", tiles)(target), expected)
    place = matcher("perceptual", tiles, lowpass_weight=0.2, structure_weight=0.5)
    expected = minimize_energy(target, tiles, 0.2, 0.5)
    np.testing.assert_array_equal(place(target), expected)


def test_the_automatic_weight_is_0_if_the_nearest_tiles_match_the_reference():
    target, tiles = smooth_target_and_rough_tiles()
    nearest = matcher("exact", tiles)(target)
    placement = match_lowpass_error(target, tiles, nearest, 0)
    np.testing.assert_array_equal(placement, nearest)


def test_the_automatic_weight_is_at_most_1(monkeypatch):
    target, tiles = smooth_target_and_rough_tiles()
    monkeypatch.setattr(energy, "LOWPASS_TOLERANCE", 0.0)
    monkeypatch.setattr(energy, "WEIGHT_STEPS", 3)
    nearest = matcher("exact", tiles)(target)
    placement = match_lowpass_error(target, tiles, nearest, 0)
    _, lowpass = errors_of(placement, target, tiles)
    assert lowpass < errors_of(nearest, target, tiles)[1]


@pytest.mark.parametrize("size", [(1, 1), (1, 4), (5, 1), (3, 5)])
def test_block_means_of_sizes_without_two_equal_halves(size):
    stack = np.random.default_rng(1).integers(0, 256, (4, *size, 3), np.uint8)
    means = energy.block_means(Quarters.of(stack))
    assert means.shape == (4, 2, 2, 3)
    np.testing.assert_array_equal(means, reference.block_means(stack))


def test_lowpass_values_fit_into_32_bits():
    white, black = (np.full((9, 4, 4, 3), level, np.uint8) for level in (255, 0))
    values = Energy.of(np.zeros((12, 12, 3), np.uint8), white, 0)
    differences = values.tile_blocks[values.nearest()] - values.target_blocks
    errors = energy.blur_blocks(differences)
    assert errors.max() == 255 * sweeps.LOWPASS_SCALE
    assert sweeps.WINDOW * 3 * 255 * sweeps.LOWPASS_SCALE * 2 < 2**31
    assert not energy.block_means(Quarters.of(black)).any()
