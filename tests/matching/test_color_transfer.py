"""Color transfer: its formula, its bound and its effect on mean and contrast."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matching_samples import image_stacks

from pigeonhole.imaging.color_spaces import means_to_lab
from pigeonhole.matching.color_transfer import pixel_statistics, transfer

PAIRS = image_stacks(max_side=5, max_count=6)
STRENGTHS = st.floats(0, 1)
BOUNDS = st.floats(0, 100)


def statistics_of_pairs(pair):
    """Return the statistics of as many cells as tiles."""
    count = min(map(len, pair))
    return [pixel_statistics(stack[:count]) for stack in pair]


@given(PAIRS)
def test_statistics_are_those_of_numpy(pair):
    images = pair[0]
    means, stds = pixel_statistics(images)
    pixels = images.reshape(len(images), -1, means.shape[1]).astype(float)
    np.testing.assert_allclose(means, pixels.mean(axis=1))
    deviations = pixels - means[:, None]
    expected = np.sqrt((deviations**2).mean(axis=(1, 2)))
    np.testing.assert_allclose(stds, expected, atol=1e-6)


def test_an_image_of_one_color_has_no_contrast():
    images = np.full((2, 5, 7, 3), [1, 77, 254], np.uint8)
    assert not pixel_statistics(images).stds.any()


@given(PAIRS, STRENGTHS, BOUNDS)
def test_the_mean_moves_toward_the_cell_and_contrast_is_only_lowered(
    pair, strength, bound
):
    cells, tiles = statistics_of_pairs(pair)
    gains, offsets = transfer(*tiles, *cells, strength, bound)
    assert (gains <= 1).all()
    assert (gains >= 1 - strength - 1e-9).all()
    new_stds = gains * tiles.stds
    assert (new_stds >= np.minimum(tiles.stds, cells.stds) - 1e-9).all()
    moved = gains[:, None] * tiles.means + offsets - tiles.means
    difference = cells.means - tiles.means
    # One share for all channels.
    large = np.abs(difference) > 1e-6
    shares = moved[large] / difference[large]
    assert ((shares >= -1e-6) & (shares <= strength + 1e-6)).all()
    distances = np.linalg.norm(
        means_to_lab(cells.means) - means_to_lab(tiles.means), axis=1
    )
    widest = np.linalg.norm(moved, axis=1) * distances
    allowed = bound * np.linalg.norm(difference, axis=1)
    assert (widest <= allowed + 1e-6).all()


@given(PAIRS, BOUNDS)
def test_without_strength_nothing_changes(pair, bound):
    cells, tiles = statistics_of_pairs(pair)
    gains, offsets = transfer(*tiles, *cells, 0, bound)
    assert (gains == 1).all()
    assert not offsets.any()


@given(st.integers(0, 255), st.integers(0, 255), STRENGTHS, BOUNDS)
def test_a_gray_mean_moves_by_no_more_than_the_bound(tile, cell, strength, bound):
    tile_mean, cell_mean = np.array([[tile]], float), np.array([[cell]], float)
    flat = np.zeros(1)
    _, offsets = transfer(tile_mean, flat, cell_mean, flat, strength, bound)
    moved = means_to_lab(tile_mean + offsets) - means_to_lab(tile_mean)
    assert np.abs(moved).item() <= 1.3 * bound + 0.01


def test_contrast_and_mean_of_known_values():
    gains, offsets = transfer(
        np.array([[100.0], [100.0]]),
        np.array([40.0, 10.0]),
        np.array([[120.0], [120.0]]),
        np.array([10.0, 40.0]),
        0.5,
        1000,
    )
    # Contrast is lowered by 47% of half of the excess of 75%.
    assert gains.tolist() == pytest.approx([0.82375, 1])
    # The means become 110.
    assert offsets.ravel().tolist() == pytest.approx([27.625, 10])


def test_lab_equals_published_values():
    colors = np.array([[255, 0, 0], [0, 255, 0], [0, 0, 255], [255, 255, 255]], float)
    expected = [[53.24, 80.09, 67.2], [87.74, -86.18, 83.18], [32.3, 79.19, -107.86]]
    labs = means_to_lab(colors)
    np.testing.assert_allclose(labs, [*expected, [100, 0, 0]], atol=0.02)
    gray = np.full((1, 3), 119.0)
    assert means_to_lab(gray[:, :1]).item() == pytest.approx(means_to_lab(gray)[0, 0])
