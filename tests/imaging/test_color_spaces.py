"""Color spaces as bytes."""

import numpy as np

from pigeonhole.imaging.color_spaces import delta_e_2000, to_color_space, to_lab


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


# From table 1 of Sharma, Wu and Dalal (2005), whose pairs reveal common mistakes.
CIEDE2000 = [
    (50.0, 2.6772, -79.7751, 50.0, 0.0, -82.7485, 2.0425),
    (50.0, -1.3802, -84.2814, 50.0, 0.0, -82.7485, 1.0000),
    (50.0, 0.0, 0.0, 50.0, -1.0, 2.0, 2.3669),
    (50.0, 2.49, -0.001, 50.0, -2.49, 0.0009, 7.1792),
    (50.0, 2.49, -0.001, 50.0, -2.49, 0.0011, 7.2195),
    (50.0, 2.5, 0.0, 50.0, 0.0, -2.5, 4.3065),
    (50.0, 2.5, 0.0, 73.0, 25.0, -18.0, 27.1492),
    (50.0, 2.5, 0.0, 61.0, -5.0, 29.0, 22.8977),
    (50.0, 2.5, 0.0, 56.0, -27.0, -3.0, 31.9030),
    (50.0, 2.5, 0.0, 58.0, 24.0, 15.0, 19.4535),
    (60.2574, -34.0099, 36.2677, 60.4626, -34.1751, 39.4387, 1.2644),
    (63.0109, -31.0961, -5.8663, 62.8187, -29.7946, -4.0864, 1.2630),
    (35.0831, -44.1164, 3.7933, 35.0232, -40.0716, 1.5901, 1.8645),
    (2.0776, 0.0795, -1.1350, 0.9033, -0.0636, -0.5514, 0.9082),
]


def test_color_differences_equal_the_published_ones():
    pairs = np.array(CIEDE2000)
    differences = delta_e_2000(pairs[:, :3], pairs[:, 3:6])
    np.testing.assert_allclose(differences, pairs[:, 6], atol=5e-5)
    # L alone is a gray.
    gray = np.array([[40.0, 0, 0], [90, 0, 0]])
    expected = delta_e_2000(gray, gray[::-1])
    np.testing.assert_array_equal(delta_e_2000(gray[:, :1], gray[::-1, :1]), expected)
