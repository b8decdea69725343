"""Color spaces as bytes."""

import numpy as np

from pigeonhole.imaging.color_spaces import mean_lightness, to_color_space, to_lab


def test_conversion_of_a_pixel_depends_on_that_pixel_only():
    image = np.random.default_rng(3).integers(0, 256, (37, 29, 3), np.uint8)
    lab = to_lab(image)
    for row, column in ((0, 0), (36, 28), (17, 5)):
        alone = to_lab(image[row : row + 1, column : column + 1])
        np.testing.assert_array_equal(alone[0, 0], lab[row, column])
    stack = image[None].repeat(2, axis=0)
    np.testing.assert_array_equal(to_color_space(stack, "lab")[1], lab)
    assert to_color_space(stack, "gray").shape == (2, 37, 29)


def test_lab_bytes_follow_the_definition():
    from skimage.color import rgb2lab

    image = np.random.default_rng(4).integers(0, 256, (20, 20, 3), np.uint8)
    expected = rgb2lab(image) * [2.55, 1, 1] + [0, 128, 128]
    assert np.abs(to_lab(image) - expected).max() < 3


def test_mean_lightness_ranges_from_black_to_white():
    levels = np.array([0, 119, 255], np.uint8)
    stack = np.ones((3, 2, 4), np.uint8) * levels[:, None, None]
    np.testing.assert_allclose(mean_lightness(stack), [0, 50, 100], atol=0.5)
    color = stack[..., None].repeat(3, axis=3)
    np.testing.assert_array_equal(mean_lightness(color), mean_lightness(stack))
