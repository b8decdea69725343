import numpy as np
import pytest
import reference
from hypothesis import given
from hypothesis import strategies as st

from pigeonhole.core.geometry import Size
from pigeonhole.mosaic.layout import Layout, brick, plain, quadtree

sides = st.integers(1, 9)


@st.composite
def layouts(draw):
    """A plain, brick or quadtree layout of any small size."""
    rows, columns = draw(st.integers(1, 5)), draw(st.integers(1, 5))
    kind = draw(st.sampled_from(["plain", "brick", "quadtree"]))
    tile = Size(draw(sides), draw(sides))
    levels = draw(st.integers(0, 3)) if kind == "quadtree" else 0
    tile = Size(tile.width << levels, tile.height << levels)
    size = Size(columns * tile.width, rows * tile.height)
    if kind == "quadtree":
        random = np.random.default_rng(draw(st.integers(0, 99)))
        split = [
            random.random((rows << level, columns << level)) < 0.5
            for level in range(levels)
        ]
        return quadtree(size, tile, split)
    return (plain if kind == "plain" else brick)(size, tile)


@given(layouts())
def test_every_pixel_is_in_one_cell(layout):
    assert (reference.times_covered(layout) == 1).all()
    assert layout.covered().all()


@given(layouts())
def test_every_cell_has_a_name_of_its_own_and_they_stand_in_order(layout):
    names = [tuple(name) for name in layout.names.tolist()]
    assert names == sorted(set(names))
    assert len(layout) == len(names)


@given(layouts(), st.integers(0, 99))
def test_a_mask_empties_the_cells_of_which_less_than_half_is_seen(layout, seed):
    random = np.random.default_rng(seed)
    shape = (layout.size.height, layout.size.width)
    seen = random.random(shape) < random.random()
    kept = layout.masked(seen)
    expected = [
        name
        for box, name in zip(layout.visible, layout.names.tolist(), strict=True)
        if reference.inside(seen, box).mean() >= 0.5
    ]
    assert kept.names.tolist() == expected
    times = reference.times_covered(kept)
    np.testing.assert_array_equal(times == 1, kept.covered())
    assert times.max() <= 1


@given(layouts(), st.booleans(), st.integers(0, 99))
def test_what_is_cut_out_of_a_picture_can_be_pasted_back(layout, colour, seed):
    random = np.random.default_rng(seed)
    shape = (layout.size.height, layout.size.width, *[3] * colour)
    picture = random.integers(0, 256, shape, np.uint8)
    copy = np.zeros_like(picture)
    told = []
    for group in layout.groups():
        cells = group.cut(picture)
        for number, cell in zip(group.cells, cells, strict=True):
            np.testing.assert_array_equal(
                cell, reference.inside(picture, layout.visible[number])
            )
        group.paste(copy, cells)
        told += group.cells.tolist()
    np.testing.assert_array_equal(copy, picture)
    assert sorted(told) == list(range(len(layout)))


def test_a_wall_of_bricks():
    layout = brick(Size(6, 2), Size(3, 1))
    assert layout.boxes.tolist() == [
        [0, 0, 1, 3],
        [0, 3, 1, 3],
        [1, -2, 1, 3],
        [1, 1, 1, 3],
        [1, 4, 1, 3],
    ]
    assert layout.names.tolist() == [[0, 0], [0, 1], [1, 0], [1, 1], [1, 2]]
    left, whole, right = sorted(layout.groups(), key=lambda group: group.cells[-1])
    assert (left.part, right.part) == (slice(2, 3), slice(0, 2))
    assert whole.part == slice(0, 3)


def test_a_quadtree():
    split = [np.array([[True, False]]), np.zeros((2, 4), bool)]
    split[1][0, 1] = True
    # A cell that isn't there can't be split.
    split[1][0, 3] = True
    layout = quadtree(Size(16, 4), Size(8, 4), split)
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


def test_a_mask_that_hides_nothing_leaves_a_plain_grid_plain():
    layout = plain(Size(6, 4), Size(3, 2))
    assert layout.masked(np.ones((4, 6), bool)) is layout
    hidden = layout.masked(np.zeros((4, 6), bool))
    assert isinstance(hidden, Layout)
    assert len(hidden) == 0
    assert hidden.grid is None


@pytest.mark.parametrize("make", [plain, brick])
def test_a_layout_of_one_cell(make):
    layout = make(Size(5, 4), Size(5, 4))
    assert layout.boxes.tolist() == [[0, 0, 4, 5]]
