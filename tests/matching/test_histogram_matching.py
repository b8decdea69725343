"""Tone curves that match a target's histogram to that of the tiles."""

import cv2
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
        new = change(luma).astype(int)
        wanted = image.astype(int) + (new - luma)[..., None]
        inside = ((wanted >= 0) & (wanted <= 255)).all(axis=2)
        changed = change(image)
        np.testing.assert_array_equal(changed[inside], wanted[inside])
        # Other colors lose saturation instead.
        assert np.abs(to_gray(changed).astype(int) - new).max() <= 1


@given(PAIRS, st.integers(0, 2**32))
def test_colors_keep_their_hue(pair, seed):
    curve = ToneCurve.fit(*pair, 1)
    image = np.random.default_rng(seed).integers(0, 256, (20, 20, 3), np.uint8)
    for changed in (curve.apply(image), curve.undo(image)):
        assert hue_error(image, changed) < 3


def hue_error(image, changed):
    """Return the largest change of hue in degrees among colors that aren't gray."""
    chroma = np.ptp(changed, axis=2).astype(int)
    # Rounding by half a level turns the hue by up to 60 degrees divided by the chroma.
    before, after = (
        cv2.cvtColor(np.float32(x) / 255, cv2.COLOR_RGB2HSV) for x in (image, changed)
    )
    turn = np.abs((after[..., 0] - before[..., 0] + 180) % 360 - 180)
    return turn[chroma >= 30].max(initial=0)


def test_green_and_red_hair_stay_green_and_red():
    """Clipping single channels would turn dark orange into red."""
    image = np.array([[[200, 120, 30], [30, 200, 60], [250, 200, 190]]], np.uint8)
    for offset in (-90, 60):
        curve = ToneCurve(np.clip(np.arange(256.0) + offset, 0, 255))
        changed = curve.apply(image)
        assert hue_error(image, changed) < 2
        luma = np.clip(to_gray(image).astype(int) + offset, 0, 255)
        assert np.abs(to_gray(changed).astype(int) - luma).max() <= 1


@given(PAIRS, st.floats(0, 0.5), st.integers(0, 2**32))
def test_undo_inverts_the_colors_that_keep_their_saturation(pair, strength, seed):
    curve = ToneCurve.fit(*pair, strength)
    image = np.random.default_rng(seed).integers(0, 256, (4, 5, 3), np.uint8)
    shown = curve.apply(image)
    restored = curve.undo(shown)
    # Colors that lost saturation, in one direction or the other, are at the limit.
    both = np.concatenate([shown, restored], axis=2)
    limited = ((both == 0) | (both == 255)).any(axis=2)
    errors = np.abs(restored.astype(int) - image)[~limited]
    # Luma is rounded before and after, at a slope of the inverse of at most 2.
    assert errors.max(initial=0) <= 4
