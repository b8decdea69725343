"""Test the enlarged part of a mosaic: where it is, and what it shows."""

import numpy as np
import pytest
from skimage import data

from pigeonhole.core.geometry import Box, Size
from pigeonhole.mosaic.render.detail import draw_detail, find_detail
from pigeonhole.mosaic.render.drawing import Drawing
from pigeonhole.mosaic.render.large import draw_page

TILE = Size(6, 8)


def test_a_detail_is_around_the_face():
    target = data.astronaut()[:504, :504]
    detail = find_detail(target, TILE)
    assert detail[2:] == (72, 56)
    assert detail.x % 6 == detail.y % 8 == 0
    # Between the eyes and the mouth of the astronaut.
    assert detail.contains((224, 115))


@pytest.mark.parametrize(("row", "column"), [(48, 60), (320, 240)])
def test_without_a_face_it_is_around_what_is_salient(row, column):
    target = np.full((400, 300, 3), 90, np.uint8)
    noise = np.random.default_rng(1).integers(0, 256, (24, 24, 3), np.uint8)
    target[row : row + 24, column : column + 24] = noise
    detail = find_detail(target, TILE)
    assert detail.contains((column + 12, row + 12))


def test_a_detail_of_a_flat_target_is_in_the_middle():
    assert find_detail(np.full((400, 300, 3), 7, np.uint8), TILE) == (114, 176, 72, 56)


def test_a_detail_of_a_small_target_is_all_of_it():
    assert find_detail(np.zeros((16, 18, 3), np.uint8), TILE) == (0, 0, 18, 16)


@pytest.mark.parametrize("options", [{}, {"layout": "brick", "overlay": 0.3}])
@pytest.mark.parametrize("color", [True, False])
def test_a_detail_is_a_part_of_the_mosaic_at_that_size(
    tmp_path, mosaic_of_photos, options, color
):
    mosaic, photos, _ = mosaic_of_photos(color, **options)
    drawing = Drawing.from_mosaic(mosaic)
    detail = draw_detail(drawing, Box(6, 8, 18, 16), photos, tmp_path)
    entire = draw_page(drawing, drawing.page(48), photos, tmp_path)
    np.testing.assert_array_equal(detail, entire[64:192, 48:192])


def test_a_detail_without_cells_is_white(tmp_path, mosaic_of_photos):
    mosaic, photos, _ = mosaic_of_photos()
    drawing = Drawing.from_mosaic(mosaic)
    left = drawing.subset(drawing.boxes[:, 1] < 6)
    detail = draw_detail(left, Box(12, 0, 12, 16), photos, tmp_path)
    assert detail.shape == (128, 96, 3)
    assert (detail == 255).all()
