"""Images are resized and their channels converted."""

import numpy as np

from pigeonhole.imaging.resize import resize, to_gray, to_rgb

RED, GREEN, BLUE, WHITE = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)
SAMPLE = np.array([[RED, GREEN, BLUE], [WHITE, (9, 9, 9), (90, 60, 30)]], np.uint8)


def test_shrinking_averages_areas():
    image = np.array([[0, 100], [100, 200]], np.uint8)
    assert resize(image, 1, 1).tolist() == [[100]]
    assert resize(SAMPLE, 6, 4).shape == (4, 6, 3)
    assert resize(image, 3, 5).shape == (5, 3)


def test_gray_and_rgb_are_converted():
    assert to_gray(np.full((2, 2, 3), 77, np.uint8)).tolist() == [[77, 77], [77, 77]]
    assert to_gray(SAMPLE)[0].tolist() == [76, 150, 29]
    gray = np.array([[5]], np.uint8)
    assert to_gray(gray) is gray
    assert to_rgb(gray).tolist() == [[[5, 5, 5]]]
    np.testing.assert_array_equal(to_rgb(SAMPLE), SAMPLE)
