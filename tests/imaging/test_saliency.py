"""The saliency map shows where the subject is."""

import numpy as np
import pytest

from pigeonhole.imaging.saliency import MAP_SIDE, object_map


@pytest.mark.parametrize("center", [(30, 40), (95, 130), (70, 20)])
def test_the_object_in_front_of_a_texture_is_found(center):
    random = np.random.default_rng(1)
    image = random.integers(110, 140, (128, 160, 3)).astype(np.uint8)
    row, column = center
    image[row - 8 : row + 8, column - 8 : column + 8] = 230
    found = object_map(image)
    assert max(found.shape) == MAP_SIDE
    scale = MAP_SIDE / 160
    rows, columns = np.indices(found.shape)
    weights = found / found.sum()
    assert abs((rows * weights).sum() - row * scale) < 3
    assert abs((columns * weights).sum() - column * scale) < 3


@pytest.mark.parametrize("shape", [(1, 1), (1, 300), (40, 30, 3), (200, 3, 3)])
def test_a_flat_image_has_no_object(shape):
    found = object_map(np.full(shape, 90, np.uint8))
    assert max(found.shape) <= MAP_SIDE
    assert not found.any()
