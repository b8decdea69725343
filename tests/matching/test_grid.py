"""Splitting frames into cells and rendering placements."""

import numpy as np
import pytest

from pigeonhole.matching import TileIndex, render, split_cells


def test_split_cells_and_render_are_inverse():
    frame = np.arange(24, dtype=np.uint8).reshape(4, 6)
    cells = split_cells(frame, 2, 3)
    np.testing.assert_array_equal(cells[0, 1], [[3, 4, 5], [9, 10, 11]])
    stack = cells.reshape(-1, 2, 3)
    np.testing.assert_array_equal(render(stack, np.arange(4).reshape(2, 2)), frame)


def test_a_rendered_placement_is_its_own_best_match():
    random = np.random.default_rng(5)
    tiles = random.integers(0, 256, (30, 3, 4, 3), np.uint8)
    placement = random.integers(0, 30, (6, 7))
    np.testing.assert_array_equal(
        TileIndex(tiles).place(render(tiles, placement)), placement
    )


@pytest.mark.parametrize("shape", [(4, 5), (0, 4), (5, 4)], ids=str)
def test_a_frame_that_is_no_multiple_of_the_cell_size_is_rejected(shape):
    with pytest.raises(ValueError, match="isn't a multiple of the cell size 2x2"):
        split_cells(np.zeros(shape, np.uint8), 2, 2)
