"""Tone curves that match a target's histogram to that of the tiles."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from matching_samples import image_stacks

from pigeonhole.imaging.resize import to_gray
from pigeonhole.matching.histogram_matching import ToneCurve

PAIRS = image_stacks(max_side=5, max_count=6)


@given(PAIRS, st.floats(0, 1))
def test_a_tone_curve_never_decreases(pair, strength):
    assert (np.diff(ToneCurve.fit(*pair, strength).levels) >= -1e-9).all()


@given(PAIRS, st.floats(0, 0.5))
def test_undo_inverts_curves_of_at_most_half_strength(pair, strength):
    curve = ToneCurve.fit(*pair, strength)
    levels = np.arange(256, dtype=np.uint8)[None]
    restored = curve.undo(curve.apply(levels))
    # Where the slope is 0.5, two bytes can map to one byte, and both are rounded.
    assert np.abs(restored.astype(int) - levels).max() <= 2


def test_full_strength_maps_ranks_to_ranks():
    cells = np.array([[[100]], [[110]], [[120]]], np.uint8)
    tiles = np.array([[[10]], [[60]], [[200]]], np.uint8)
    full = ToneCurve.fit(cells, tiles, 1)
    np.testing.assert_array_equal(full.apply(cells[:, 0]), [[10], [60], [200]])
    half = ToneCurve.fit(cells, tiles, 0.5)
    np.testing.assert_array_equal(half.apply(cells[:, 0]).ravel(), [55, 85, 160])
    np.testing.assert_array_equal(ToneCurve.fit(cells, tiles, 0).levels, range(256))


def test_a_flat_target_maps_to_the_median_tile():
    tiles = np.array([[[30]], [[90]], [[150]]], np.uint8)
    curve = ToneCurve.fit(np.full((4, 1, 1), 77, np.uint8), tiles, 1)
    assert curve.apply(np.full((1, 1), 77, np.uint8)) == 90
    assert curve.undo(np.full((1, 1), 90, np.uint8)) == 77


@given(PAIRS, st.floats(0, 1), st.integers(0, 2**32))
def test_all_channels_of_a_pixel_change_by_as_much_as_its_luma(pair, strength, seed):
    curve = ToneCurve.fit(*pair, strength)
    image = np.random.default_rng(seed).integers(0, 256, (4, 5, 3), np.uint8)
    luma = to_gray(image)
    for change in (curve.apply, curve.undo):
        wanted = image.astype(int) + (change(luma).astype(int) - luma)[..., None]
        np.testing.assert_array_equal(change(image), np.clip(wanted, 0, 255))


@given(PAIRS, st.floats(0, 0.5), st.integers(0, 2**32))
def test_undo_inverts_the_colors_that_are_not_clipped(pair, strength, seed):
    curve = ToneCurve.fit(*pair, strength)
    image = np.random.default_rng(seed).integers(0, 256, (4, 5, 3), np.uint8)
    shown = curve.apply(image)
    clipped = ((shown == 0) | (shown == 255)).any(axis=2)
    errors = np.abs(curve.undo(shown).astype(int) - image)[~clipped]
    # Luma is rounded before and after, at a slope of the inverse of at most 2.
    assert errors.max(initial=0) <= 4
