"""Test the drawing kernel against its slow twin."""

import numpy as np
import reference
from hypothesis import given, settings
from hypothesis import strategies as st

from pigeonhole.mosaic.render.kernels import draw_cells


@st.composite
def drawings(draw):
    """Draw random arguments of `draw_cells`."""
    random = np.random.default_rng(draw(st.integers(0, 2**32)))
    count = draw(st.integers(0, 12))
    corners = random.integers(-9, 24, (count, 2))
    sides = random.integers(1, 12, (count, 2))
    edges = np.hstack([corners, corners + sides]).astype(np.int64)
    widths = sides[:, 1] + random.integers(0, 3, count)
    lengths = 3 * widths * sides[:, 0]
    starts = np.cumsum(lengths) - lengths
    tiles = random.integers(0, 256, int(lengths.sum()) + 1, np.uint8)
    mirrored = random.integers(0, 2, count).astype(np.bool_)
    gains = random.choice([1.0, random.random()], count).astype(np.float32)
    offsets = random.uniform(-300, 300, (count, 3)).astype(np.float32)
    strip = random.integers(0, 256, (draw(st.integers(1, 9)), 20, 3), np.uint8)
    top = draw(st.integers(0, 20))
    return strip, top, edges, tiles, starts, widths, mirrored, gains, offsets


@given(drawings())
@settings(max_examples=60)
def test_draw_cells_equals_reference(arguments):
    strip, *others = arguments
    expected = strip.copy()
    reference.draw_cells(expected, *others)
    draw_cells(strip, *others)
    np.testing.assert_array_equal(strip, expected)
