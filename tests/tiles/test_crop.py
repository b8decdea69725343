"""Tiles are cut from upright and rotated boxes."""

import cmath
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pigeonhole.core.geometry import Box, Size
from pigeonhole.settings import FaceSettings
from pigeonhole.tiles.crop import Crop, crop_box, cut_tile

sides = st.integers(1, 300)


@given(
    box=st.builds(Box, st.integers(0, 250), st.integers(0, 250), sides, sides),
    photo=st.builds(Size, sides, sides),
    tile=st.builds(Size, st.integers(1, 64), st.integers(1, 64)),
    margin=st.floats(0, 1),
)
def test_a_crop_is_inside_the_photo_and_has_the_aspect_ratio(box, photo, tile, margin):
    x, y, width, height = crop_box(box, photo, tile, margin)
    assert 0 <= x <= x + width <= photo.width
    assert 0 <= y <= y + height <= photo.height
    # Rounding to pixels moves each side by at most half a pixel, or up to one pixel.
    scale = min(width / tile.width, height / tile.height)
    assert abs(width - scale * tile.width) <= 1 + tile.width / tile.height
    assert abs(height - scale * tile.height) <= 1 + tile.height / tile.width


def test_a_crop_contains_the_box_and_its_margin():
    crop = crop_box(Box(100, 100, 40, 40), Size(400, 400), Size(12, 16), 0.25)
    assert crop == (90, 80, 60, 80)


def test_a_crop_contains_the_whole_head():
    """A Haar box of 100 spans brows to chin; a head is about 125 wide and 165 tall."""
    box, photo = Box(500, 500, 100, 100), Size(2000, 2000)
    crop = crop_box(box, photo, Size(12, 16), FaceSettings().margin)
    assert crop.width >= 125
    assert crop.height >= 165


@given(
    box=st.builds(Box, st.integers(0, 250), st.integers(0, 250), sides, sides),
    rotation=st.integers(-30, 30),
)
def test_the_bounds_are_the_smallest_box_around_a_rotated_crop(box, rotation):
    halves = [complex(x, y) / 2 for x in (-1, 1) for y in (-1, 1)]
    turn = cmath.exp(1j * math.radians(rotation))
    corners = [
        complex(*box.center)
        + turn * complex(half.real * box.width, half.imag * box.height)
        for half in halves
    ]
    x, y, width, height = Crop(box, rotation).bounds
    for values, start, stop in (
        ([corner.real for corner in corners], x, x + width),
        ([corner.imag for corner in corners], y, y + height),
    ):
        assert start - 1e-9 <= min(values) < start + 1 + 1e-9
        assert stop - 1 - 1e-9 < max(values) <= stop + 1e-9


@pytest.mark.parametrize("color", [True, False])
def test_a_quarter_turn_moves_pixels_without_changing_them(color):
    photo = np.random.default_rng(2).integers(0, 256, (30, 40, 3), np.uint8)
    crop, size = Box(9, 5, 16, 16), Size(16, 16)
    upright = cut_tile(photo, crop, size, color=color)
    # A crop that is rotated clockwise shows its content rotated counterclockwise.
    turned = cut_tile(photo, crop, size, color=color, rotation=90)
    np.testing.assert_array_equal(turned, np.rot90(upright))
    turned = cut_tile(photo, crop, size, color=color, rotation=-90)
    np.testing.assert_array_equal(turned, np.rot90(upright, -1))


@given(st.integers(-10, 10), st.integers(10, 20), st.integers(10, 20))
def test_a_rotated_crop_shows_the_pixels_below_it(rotation, x, y):
    """In a linear gradient, bicubic interpolation is exact up to rounding."""
    rows, columns = np.indices((60, 60))
    photo = np.stack([4 * columns, 4 * rows, 2 * (rows + columns)], axis=-1)
    crop = Box(x, y, 21, 28)
    tile = cut_tile(
        photo.astype(np.uint8), crop, Size(21, 28), color=True, rotation=rotation
    )
    turn = cmath.exp(1j * math.radians(rotation))
    rows, columns = np.indices((28, 21))
    offsets = (columns - 10) + 1j * (rows - 13.5)
    places = x + 10 + 1j * (y + 13.5) + turn * offsets
    expected = [4 * places.real, 4 * places.imag, 2 * (places.real + places.imag)]
    assert np.abs(tile - np.stack(expected, axis=-1)).max() <= 1
