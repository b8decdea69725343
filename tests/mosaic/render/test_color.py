"""Test color transfer and overlay."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from pigeonhole.core.geometry import Size
from pigeonhole.matching import split_cells
from pigeonhole.mosaic.cells import render_cells
from pigeonhole.mosaic.layout import brick_layout, grid_layout
from pigeonhole.mosaic.render.color import blend_target, color_changes, transfer_color
from pigeonhole.settings import MosaicOptions


@st.composite
def mosaics(draw):
    """Draw a layout, a frame, tiles and a placement."""
    random = np.random.default_rng(draw(st.integers(0, 2**32)))
    channels = draw(st.sampled_from([(), (3,)]))
    size, tile = Size(3 * 4, 4 * 4), Size(4, 4)
    make = draw(st.sampled_from([grid_layout, brick_layout]))
    layout = make(size, tile)
    frame = random.integers(0, 256, (size.height, size.width, *channels), np.uint8)
    tiles = random.integers(0, 256, (5, 4, 4, *channels), np.uint8)
    return layout, frame, tiles, random.integers(0, 5, len(layout))


@given(mosaics(), st.floats(0, 1), st.floats(0, 100))
@settings(max_examples=40)
def test_each_cell_is_changed_by_its_gain_and_offset(mosaic, strength, bound):
    layout, _, tiles, placement = mosaic
    options = MosaicOptions(color_transfer=strength, max_color_transfer=bound)
    changes = color_changes(*mosaic, options)
    plain = render_cells(tiles, layout, placement)
    image = transfer_color(plain, layout, changes)
    for box, gain, offset in zip(layout.clipped_boxes, *changes, strict=True):
        top, left, height, width = box
        cell = slice(top, top + height), slice(left, left + width)
        offset = offset if image.ndim == 3 else offset[0]
        expected = np.clip(np.rint(gain * plain[cell] + offset), 0, 255)
        np.testing.assert_array_equal(image[cell], expected)


@given(mosaics())
@settings(max_examples=20)
def test_without_color_transfer_the_image_stays_the_same(mosaic):
    layout, _, tiles, placement = mosaic
    changes = color_changes(*mosaic, MosaicOptions(color_transfer=0))
    plain = render_cells(tiles, layout, placement)
    assert transfer_color(plain, layout, changes) is plain


def test_the_means_become_those_of_the_target():
    random = np.random.default_rng(1)
    frame = random.integers(90, 160, (12, 15, 3)).astype(np.uint8)
    tiles = random.integers(90, 160, (4, 4, 3, 3)).astype(np.uint8)
    layout = grid_layout(Size(15, 12), Size(3, 4))
    placement = random.integers(0, 4, 15)
    options = MosaicOptions(color_transfer=1, max_color_transfer=100)
    changes = color_changes(layout, frame, tiles, placement, options)
    image = transfer_color(render_cells(tiles, layout, placement), layout, changes)
    means = [split_cells(array, 4, 3).mean(axis=(2, 3)) for array in (image, frame)]
    np.testing.assert_allclose(*means, atol=0.51)


def test_overlay_blends_pixels():
    mosaic, target = np.array([[0, 200]], np.uint8), np.array([[100, 0]], np.uint8)
    assert blend_target(mosaic, target, 0.25).tolist() == [[25, 150]]
    assert blend_target(mosaic, target, 1).tolist() == target.tolist()
    assert blend_target(mosaic, target, 0) is mosaic
    coverage = np.array([[True, False]])
    assert blend_target(mosaic, target, 0.25, coverage).tolist() == [[25, 200]]
