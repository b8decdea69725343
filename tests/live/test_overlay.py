import numpy as np
import pytest

from pigeonhole.live.overlay import draw_recording_dot, draw_text


@pytest.mark.parametrize(("rows", "columns"), [(48, 64), (480, 640), (20, 400)])
def test_text_fits_into_images_of_all_sizes_on_a_dark_background(rows, columns):
    image = np.full((rows, columns, 3), 200, np.uint8)
    draw_text(image, "one\ttwo\nthree\tfour", centered=True)
    assert image.min() < 60
    assert image.max() > 240
    draw_recording_dot(image)


def test_text_that_is_not_centered_is_in_the_lower_left_corner():
    image = np.full((480, 640, 3), 200, np.uint8)
    draw_text(image, "words", centered=False)
    assert (image[:400] == 200).all()
    assert (image[:, 320:] == 200).all()
    assert (image[400:, :320] != 200).any()
