"""Test grid, brick and quadtree layouts against brute force."""

import numpy as np
import pytest
import reference
from hypothesis import given
from hypothesis import strategies as st

from pigeonhole.core.geometry import Size
from pigeonhole.mosaic.layout import Layout, brick_layout, grid_layout, quadtree_layout

sides = st.integers(1, 9)


@st.composite
def layouts(draw):
    """Draw a grid, brick or quadtree layout of any small size."""
    rows, columns = draw(st.integers(1, 5)), draw(st.integers(1, 5))
    kind = draw(st.sampled_from(["grid", "brick", "quadtree"]))
    tile = Size(draw(sides), draw(sides))
    levels = draw(st.integers(0, 3)) if kind == "quadtree" else 0
    tile = Size(tile.width << levels, tile.height << levels)
    size = Size(columns * tile.width, rows * tile.height)
    if kind == "quadtree":
        random = np.random.default_rng(draw(st.integers(0, 99)))
        splits = [
            random.random((rows << level, columns << level)) < 0.5
            for level in range(levels)
        ]
        return quadtree_layout(size, tile, splits)
    return (grid_layout if kind == "grid" else brick_layout)(size, tile)


@given(layouts())
def test_every_pixel_is_in_one_cell(layout):
    assert (reference.coverage_counts(layout) == 1).all()
    assert layout.coverage().all()


@given(layouts())
def test_labels_are_unique_and_sorted(layout):
    labels = [tuple(label) for label in layout.labels.tolist()]
    assert labels == sorted(set(labels))
    assert len(layout) == len(labels)


@given(layouts(), st.integers(0, 99))
def test_a_mask_empties_cells_that_are_less_than_half_visible(layout, seed):
    random = np.random.default_rng(seed)
    shape = (layout.size.height, layout.size.width)
    mask = random.random(shape) < random.random()
    kept = layout.masked(mask)
    boxes = zip(layout.clipped_boxes, layout.labels.tolist(), strict=True)
    expected = [
        label for box, label in boxes if reference.crop_box(mask, box).mean() >= 0.5
    ]
    assert kept.labels.tolist() == expected
    counts = reference.coverage_counts(kept)
    np.testing.assert_array_equal(counts == 1, kept.coverage())
    assert counts.max() <= 1


@given(layouts(), st.booleans(), st.integers(0, 99))
def test_cells_can_be_cut_and_pasted_back(layout, color, seed):
    random = np.random.default_rng(seed)
    shape = (layout.size.height, layout.size.width, *[3] * color)
    image = random.integers(0, 256, shape, np.uint8)
    copy = np.zeros_like(image)
    numbers = []
    for group in layout.groups:
        cells = group.cut(image)
        for number, cell in zip(group.numbers, cells, strict=True):
            box = layout.clipped_boxes[number]
            np.testing.assert_array_equal(cell, reference.crop_box(image, box))
        group.paste(copy, cells)
        numbers += group.numbers.tolist()
    np.testing.assert_array_equal(copy, image)
    assert sorted(numbers) == list(range(len(layout)))


def test_bricks_of_every_second_row_are_shifted_by_half_a_tile():
    layout = brick_layout(Size(6, 2), Size(3, 1))
    assert layout.boxes.tolist() == [
        [0, 0, 1, 3],
        [0, 3, 1, 3],
        [1, -2, 1, 3],
        [1, 1, 1, 3],
        [1, 4, 1, 3],
    ]
    assert layout.labels.tolist() == [[0, 0], [0, 1], [1, 0], [1, 1], [1, 2]]
    left, full, right = sorted(layout.groups, key=lambda group: group.numbers[-1])
    assert (left.columns, right.columns) == (slice(2, 3), slice(0, 2))
    assert full.columns == slice(0, 3)


def test_a_quadtree_splits_cells_recursively():
    splits = [np.array([[True, False]]), np.zeros((2, 4), bool)]
    splits[1][0, 1] = True
    # This cell doesn't exist, so its split is ignored.
    splits[1][0, 3] = True
    layout = quadtree_layout(Size(16, 4), Size(8, 4), splits)
    assert layout.boxes.tolist() == [
        [0, 0, 2, 4],
        [0, 4, 1, 2],
        [0, 6, 1, 2],
        [0, 8, 4, 8],
        [1, 4, 1, 2],
        [1, 6, 1, 2],
        [2, 0, 2, 4],
        [2, 4, 2, 4],
    ]


def test_a_mask_that_hides_nothing_keeps_the_grid():
    layout = grid_layout(Size(6, 4), Size(3, 2))
    assert layout.masked(np.ones((4, 6), bool)) is layout
    hidden = layout.masked(np.zeros((4, 6), bool))
    assert isinstance(hidden, Layout)
    assert len(hidden) == 0
    assert hidden.grid is None


@pytest.mark.parametrize("make", [grid_layout, brick_layout])
def test_a_target_of_one_tile_has_one_cell(make):
    layout = make(Size(5, 4), Size(5, 4))
    assert layout.boxes.tolist() == [[0, 0, 4, 5]]
