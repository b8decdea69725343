"""Descriptors: block means and projections, and the bounds that they prove."""

import numpy as np
import pytest
import reference
from hypothesis import given, settings
from hypothesis import strategies as st
from matching_samples import image_stacks

from pigeonhole import render
from pigeonhole.matching.search.descriptors import (
    ImageShape,
    compute_descriptors,
    projection_signs,
    stack_vertically,
)


def describe_stack(stack):
    shape = ImageShape.of(stack)
    return shape, compute_descriptors(stack_vertically(stack), shape)


@given(image_stacks(stacks=1))
@settings(max_examples=50)
def test_descriptors_equal_the_reference(stacks):
    (stack,) = stacks
    shape, descriptors = describe_stack(stack)
    signs = projection_signs(shape.channels)
    expected = reference.describe(stack, shape.pyramid, signs)
    np.testing.assert_array_equal(descriptors.projections, expected[-1])
    for padded, bare in zip(descriptors[:-1], expected[:-1], strict=True):
        np.testing.assert_array_equal(padded[:, : bare.shape[1]], bare)
        assert not padded[:, bare.shape[1] :].any()


@pytest.mark.parametrize("columns", [1, 3])
@pytest.mark.parametrize("size", [(1, 9), (12, 16), (16, 12), (9, 10), (17, 33)])
def test_descriptors_of_a_frame_are_those_of_its_cells(size, columns):
    random = np.random.default_rng(3)
    stack = random.integers(0, 256, (2 * columns, *size, 3), np.uint8)
    shape, of_cells = describe_stack(stack)
    frame = render(stack, np.arange(2 * columns).reshape(2, columns))
    of_frame = compute_descriptors(frame, shape)
    for a, b in zip(of_cells, of_frame, strict=True):
        np.testing.assert_array_equal(a, b)
    expected = reference.describe(stack, shape.pyramid, projection_signs(3))
    np.testing.assert_array_equal(of_cells.projections, expected[-1])


@given(image_stacks())
def test_lower_bounds_are_never_above_the_distance(stacks):
    """Otherwise the search would rule out a tile that is nearer."""
    cells, tiles = stacks
    (shape, a), (_, b) = map(describe_stack, stacks)
    pyramid = shape.pyramid
    for i, t in np.ndindex(len(cells), len(tiles)):
        distance = reference.sad(cells[i], tiles[t])
        assert np.abs(a.projections[i] - b.projections[t]).max() <= distance
        for cell_means, tile_means, unit, slack in (
            (a.fine[i], b.fine[t], pyramid.fine_unit, pyramid.fine_slack),
            (a.coarse[i], b.coarse[t], pyramid.coarse_unit, pyramid.coarse_slack),
        ):
            assert reference.sad(cell_means, tile_means) * unit - slack <= distance


@given(st.integers(1, 3000), st.integers(1, 3000), st.sampled_from([1, 3]))
def test_means_fit_into_bytes_and_sums_into_32_bits(height, width, channels):
    pyramid = ImageShape(height, width, channels).pyramid
    area = pyramid.block_height * pyramid.block_width
    for factor, unit, pixels in (
        (pyramid.fine_factor, pyramid.fine_unit, area),
        (pyramid.coarse_factor, pyramid.coarse_unit, 4 * area),
    ):
        assert 255 * pixels * factor < 2**32
        assert 255 * pixels * factor >> 24 <= 255
        assert unit >= pixels
    assert pyramid.block_rows <= 8
    assert pyramid.block_columns <= 8
