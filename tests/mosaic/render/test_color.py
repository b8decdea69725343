"""Test color transfer and overlay."""

import numpy as np

from pigeonhole.core.geometry import Size
from pigeonhole.matching import split_cells
from pigeonhole.mosaic.layout import grid_layout
from pigeonhole.mosaic.render.color import blend_target, transfer_color


def cell_means(image, size):
    return split_cells(image, *size).mean(axis=(2, 3))


def test_color_transfer_moves_the_means_by_its_strength():
    random = np.random.default_rng(1)
    image, target = random.integers(90, 160, (2, 12, 15, 3)).astype(np.uint8)
    layout, size = grid_layout(Size(15, 12), Size(3, 4)), (4, 3)
    old, wanted = cell_means(image, size), cell_means(target, size)
    for strength in (0.0, 0.3, 1.0):
        new = cell_means(transfer_color(image, target, layout, strength), size)
        expected = (1 - strength) * old + strength * wanted
        np.testing.assert_allclose(new, expected, atol=0.51)
    np.testing.assert_array_equal(transfer_color(image, target, layout, 0), image)


def test_color_transfer_clips_to_bytes():
    black, white = np.zeros((4, 3), np.uint8), np.full((4, 3), 255, np.uint8)
    layout = grid_layout(Size(3, 4), Size(3, 4))
    assert transfer_color(black, white, layout, 1).min() == 255
    image, target = np.array([[0, 255]], np.uint8), np.array([[255, 255]], np.uint8)
    layout = grid_layout(Size(2, 1), Size(2, 1))
    assert transfer_color(image, target, layout, 1).tolist() == [[128, 255]]


def test_overlay_blends_pixels():
    mosaic, target = np.array([[0, 200]], np.uint8), np.array([[100, 0]], np.uint8)
    assert blend_target(mosaic, target, 0.25).tolist() == [[25, 150]]
    assert blend_target(mosaic, target, 1).tolist() == target.tolist()
    assert blend_target(mosaic, target, 0) is mosaic
    coverage = np.array([[True, False]])
    assert blend_target(mosaic, target, 0.25, coverage).tolist() == [[25, 200]]
