"""Test cliques and colors of cells that are near each other."""

import numpy as np
import pytest
import reference
from hypothesis import given, settings
from hypothesis import strategies as st
from repetition import layouts, neighbor_sets

from pigeonhole.core.geometry import Size
from pigeonhole.matching.assignment import RepetitionLimits, TooFewTiles
from pigeonhole.matching.assignment.cliques import block_cliques, find_cliques
from pigeonhole.matching.assignment.spacing import (
    color_by_saturation,
    color_in_order,
    regular_placement,
)
from pigeonhole.matching.neighbors import find_neighbors
from pigeonhole.mosaic.layout import brick_layout, grid_layout


@given(layouts(), st.integers(0, 3))
@settings(max_examples=40)
def test_cliques_and_colors_equal_the_references(layout, distance):
    near = find_neighbors(layout.boxes, distance)
    sets = neighbor_sets(layout.boxes, distance)
    assert find_cliques(near).tolist() == reference.find_cliques(sets)
    colors = color_in_order(near)
    assert colors.tolist() == reference.color_in_order(sets)
    for expected in (int(colors.max()), int(colors.max()) + 1):
        found = color_by_saturation(near, expected)
        assert found.tolist() == reference.color_by_saturation(sets, expected)
        assert all(found[a] != found[b] for a in range(len(sets)) for b in sets[a])


@given(layouts(), st.integers(0, 3))
@settings(max_examples=40)
def test_all_cells_of_a_block_are_near_each_other(layout, distance):
    blocks = block_cliques(layout.boxes, distance)
    sets = neighbor_sets(layout.boxes, distance)
    for block in range(int(blocks.max()) + 1):
        members = set(np.flatnonzero(blocks == block).tolist())
        assert all(members - {cell} <= sets[cell] for cell in members)
    if layout.grid:
        cliques = find_cliques(find_neighbors(layout.boxes, distance))
        np.testing.assert_array_equal(blocks, cliques)


def test_fewer_colors_are_found_if_the_first_ones_are_too_many():
    near = find_neighbors(brick_layout(Size(80, 60), Size(8, 6)).boxes, 1)
    assert color_in_order(near).max() == 3
    limits = RepetitionLimits(min_distance=1)
    placement = regular_placement(near, limits, 1000, 3)
    assert placement.max() == 2
    with pytest.raises(TooFewTiles, match="1 photo is missing"):
        regular_placement(near, limits, 1000, 2)


def test_in_a_grid_each_color_is_a_lattice():
    near = find_neighbors(grid_layout(Size(35, 24), Size(5, 4)).boxes, 2)
    colors = color_in_order(near).reshape(6, 7)
    rows, columns = np.indices((6, 7))
    np.testing.assert_array_equal(colors, rows % 3 * 3 + columns % 3)
