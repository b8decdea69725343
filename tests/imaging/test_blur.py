"""The low-pass filter keeps means and removes detail smaller than a cell."""

import numpy as np
import pytest

from pigeonhole.core.geometry import Size
from pigeonhole.imaging.blur import low_pass


def test_a_checkerboard_becomes_gray():
    rows, columns = np.indices((96, 96))
    image = np.asarray((rows + columns) % 2 * 255, np.uint8)
    blurred = low_pass(image, Size(12, 16))
    assert blurred.dtype == np.float32
    assert np.ptp(blurred[40:56, 40:56]) < 1
    assert blurred.mean() == pytest.approx(image.mean(), abs=0.5)


def test_the_blur_follows_the_shape_of_the_cell():
    image = np.zeros((81, 81), np.uint8)
    image[40, 40] = 255
    blurred = low_pass(image, Size(4, 12))
    # The response is wider along the longer side of the cell.
    assert blurred[46, 40] > 5 * blurred[40, 46]
