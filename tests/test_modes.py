"""What a match means: spaces, the mixed cost, tones."""

import numpy as np
import pytest
import reference
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from pigeonhole.imaging.color_spaces import in_space, mean_lightness, to_lab
from pigeonhole.matching import TileIndex, matcher
from pigeonhole.matching.perceptual.lowpass import with_far
from pigeonhole.matching.tone import ToneCurve


@st.composite
def stacks(draw, tiles=1):
    """Stacks of small pictures of one size."""
    size = draw(st.tuples(st.integers(1, 5), st.integers(1, 5)))
    size += draw(st.sampled_from([(), (3,)]))
    values = draw(
        st.sampled_from([st.integers(0, 255), st.sampled_from([0, 1, 254, 255])])
    )
    return [
        draw(hnp.arrays(np.uint8, (draw(st.integers(1, 6)), *size), elements=values))
        for _ in range(tiles)
    ]


@given(stacks(2), st.sampled_from([0.0, 0.1, 0.5, 0.77, 1.0]))
def test_far_bytes_cost_what_the_mixed_cost_says(pair, weight):
    cells, tiles = pair
    written = [with_far(stack, weight).astype(np.int64) for stack in pair]
    costs = np.abs(written[0][:, None] - written[1][None]).sum(axis=(2, 3))
    np.testing.assert_array_equal(costs, reference.mixed_costs(cells, tiles, weight))


@pytest.mark.parametrize("space", ["grey", "rgb", "lab"])
@pytest.mark.parametrize("mode", ["exact", "mixed", "mean", "four"])
def test_every_mode_finds_tiles_again_in_every_space(mode, space):
    """Flat greys far enough apart: a tile is its own best match in any sense."""
    levels = np.linspace(0, 255, 9).astype(np.uint8)
    tiles = np.ones((9, 4, 6, 3), np.uint8) * levels[:, None, None, None]
    frame = np.concatenate(list(tiles), axis=1)
    chosen = matcher(mode, tiles, space, far=0.5)(frame)[0]
    expected = np.arange(9) if mode != "mean" else 8 * levels.astype(int) // 256
    assert np.abs(chosen - expected).max() <= (mode == "mean")


@pytest.mark.parametrize("mode", ["exact", "mixed", "mean", "four"])
def test_grey_tiles_are_grey_in_every_space(mode):
    random = np.random.default_rng(2)
    # Three pixels wide: not to be taken for channels.
    tiles = random.integers(0, 256, (20, 4, 3), np.uint8)
    frame = random.integers(0, 256, (12, 9), np.uint8)
    placements = [
        matcher(mode, tiles, space, far=1)(frame) for space in ("grey", "rgb", "lab")
    ]
    np.testing.assert_array_equal(placements[0], placements[1])
    np.testing.assert_array_equal(placements[0], placements[2])


def test_a_space_depends_on_the_pixel_only():
    picture = np.random.default_rng(3).integers(0, 256, (37, 29, 3), np.uint8)
    lab = to_lab(picture)
    for row, column in ((0, 0), (36, 28), (17, 5)):
        alone = to_lab(picture[row : row + 1, column : column + 1])
        np.testing.assert_array_equal(alone[0, 0], lab[row, column])
    stack = picture[None].repeat(2, axis=0)
    np.testing.assert_array_equal(in_space(stack, "lab")[1], lab)
    assert in_space(stack, "grey").shape == (2, 37, 29)


def test_lab_bytes_are_those_of_the_definition():
    from skimage.color import rgb2lab

    picture = np.random.default_rng(4).integers(0, 256, (20, 20, 3), np.uint8)
    expected = rgb2lab(picture) * [2.55, 1, 1] + [0, 128, 128]
    assert np.abs(to_lab(picture) - expected).max() < 3


def test_lightness_goes_from_black_to_white():
    flat = np.array([0, 119, 255], np.uint8)
    stack = np.ones((3, 2, 4), np.uint8) * flat[:, None, None]
    np.testing.assert_allclose(mean_lightness(stack), [0, 50, 100], atol=0.5)
    colour = stack[..., None].repeat(3, axis=3)
    np.testing.assert_array_equal(mean_lightness(colour), mean_lightness(stack))


@given(stacks(2), st.floats(0, 1))
def test_a_tone_curve_never_falls(pair, share):
    assert (np.diff(ToneCurve.fit(*pair, share).levels) >= -1e-9).all()


@given(stacks(2), st.floats(0, 0.5))
def test_half_of_a_tone_curve_comes_back(pair, share):
    curve = ToneCurve.fit(*pair, share)
    levels = np.arange(256, dtype=np.uint8)[None]
    back = curve.undo(curve.apply(levels))
    # Where it rises by half a level a byte, two bytes may become one, and are rounded.
    assert np.abs(back.astype(int) - levels).max() <= 2


def test_a_tone_curve_takes_ranks():
    cells = np.array([[[100]], [[110]], [[120]]], np.uint8)
    tiles = np.array([[[10]], [[60]], [[200]]], np.uint8)
    whole = ToneCurve.fit(cells, tiles, 1)
    np.testing.assert_array_equal(
        whole.apply(cells[:, 0]), np.array([[10], [60], [200]])
    )
    half = ToneCurve.fit(cells, tiles, 0.5)
    np.testing.assert_array_equal(half.apply(cells[:, 0]).ravel(), [55, 85, 160])
    np.testing.assert_array_equal(ToneCurve.fit(cells, tiles, 0).levels, range(256))


def test_a_flat_target_takes_the_middle_tone():
    tiles = np.array([[[30]], [[90]], [[150]]], np.uint8)
    curve = ToneCurve.fit(np.full((4, 1, 1), 77, np.uint8), tiles, 1)
    assert curve.apply(np.full((1, 1), 77, np.uint8)) == 90
    assert curve.undo(np.full((1, 1), 90, np.uint8)) == 77


def test_mixed_rows_are_ordinary_tiles():
    random = np.random.default_rng(6)
    tiles = random.integers(0, 256, (9, 5, 7, 3), np.uint8)
    numbers, distances = TileIndex(with_far(tiles, 1)).nearest(with_far(tiles, 1))
    np.testing.assert_array_equal(numbers, range(9))
    assert not distances.any()
