import numpy as np
import pytest
import reference
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from pigeonhole import TileIndex, render
from pigeonhole.matching import cells_of, kernels, matcher

# Few values make ties; the extremes make the largest distances.
BYTES = st.one_of(
    st.integers(0, 255), st.sampled_from([0, 255]), st.just(7), st.integers(0, 1)
)


@st.composite
def pictures(draw):
    """Two stacks of small pictures of one size: cells and tiles."""
    size = draw(st.tuples(st.integers(1, 6), st.integers(1, 6)))
    size += draw(st.sampled_from([(), (3,)]))
    elements = draw(st.sampled_from([st.integers(0, 255), BYTES, st.just(128)]))
    return [
        draw(hnp.arrays(np.uint8, (draw(st.integers(1, 12)), *size), elements=elements))
        for _ in range(2)
    ]


def rows(stack):
    return stack.reshape(len(stack), -1)


@given(pictures())
def test_nearest_tiles_equal_the_slow_twin(stacks):
    cells, tiles = stacks
    numbers, distances = TileIndex(tiles).nearest(cells)
    expected = reference.nearest_tiles(rows(cells), rows(tiles))
    np.testing.assert_array_equal(numbers, expected[0])
    np.testing.assert_array_equal(distances, expected[1])


@given(pictures())
def test_sad_equals_the_slow_twin(stacks):
    a, b = (rows(stack)[0] for stack in stacks)
    assert kernels.sad(a, b) == reference.sad(a, b)


@given(pictures(), st.randoms())
def test_paired_distances_equal_the_slow_twin(stacks, random):
    cells, tiles = map(rows, stacks)
    numbers = np.array([random.randrange(len(tiles)) for _ in cells])
    np.testing.assert_array_equal(
        kernels.paired_distances(cells, tiles, numbers),
        reference.paired_distances(cells, tiles, numbers),
    )


@pytest.mark.parametrize("colour", [(), (3,)])
def test_place_equals_brute_force(colour):
    random = np.random.default_rng(3)
    tiles = random.integers(0, 256, (40, 5, 4, *colour), np.uint8)
    frame = random.integers(0, 256, (30, 28, *colour), np.uint8)
    np.testing.assert_array_equal(
        TileIndex(tiles).place(frame), reference.place(frame, tiles)
    )


def test_the_largest_distance_does_not_overflow():
    black, white = (
        np.zeros((1, 640, 480, 3), np.uint8),
        np.full((1, 640, 480, 3), 255, np.uint8),
    )
    _, distances = TileIndex(black[:, :64, :48]).nearest(white[:, :64, :48])
    assert distances == [255 * 64 * 48 * 3]


def test_of_equal_tiles_the_lowest_number_wins():
    tiles = np.array([[[9]], [[5]], [[5]], [[3]]], np.uint8)
    numbers, distances = TileIndex(tiles).nearest(np.array([[[5]], [[4]]], np.uint8))
    assert numbers.tolist() == [1, 1]
    assert distances.tolist() == [0, 1]


def test_a_rendered_placement_is_its_own_best_match():
    random = np.random.default_rng(5)
    tiles = random.integers(0, 256, (30, 3, 4, 3), np.uint8)
    placement = random.integers(0, 30, (6, 7))
    np.testing.assert_array_equal(
        TileIndex(tiles).place(render(tiles, placement)), placement
    )


def test_cells_and_render_undo_each_other():
    frame = np.arange(24, dtype=np.uint8).reshape(4, 6)
    cells = cells_of(frame, 2, 3)
    np.testing.assert_array_equal(cells[0, 1], [[3, 4, 5], [9, 10, 11]])
    stack = cells.reshape(-1, 2, 3)
    np.testing.assert_array_equal(render(stack, np.arange(4).reshape(2, 2)), frame)


@pytest.mark.parametrize(
    ("make", "error", "words"),
    [
        (lambda: TileIndex(np.zeros((2, 3, 4))), TypeError, "float64"),
        (lambda: TileIndex(np.zeros((0, 3, 4), np.uint8)), ValueError, "shape"),
        (lambda: TileIndex(np.zeros((3, 4), np.uint8)), ValueError, "shape"),
        (
            lambda: TileIndex(np.zeros((1, 3000, 3000), np.uint8)),
            ValueError,
            "too large",
        ),
        (
            lambda: TileIndex(np.zeros((1, 2, 2), np.uint8)).nearest(
                np.zeros((1, 2, 3), np.uint8)
            ),
            ValueError,
            "don't fit",
        ),
        (
            lambda: TileIndex(np.zeros((1, 2, 2), np.uint8)).nearest(
                np.zeros((1, 2, 2))
            ),
            TypeError,
            "float64",
        ),
        (
            lambda: TileIndex(np.zeros((1, 2, 2), np.uint8)).place(
                np.zeros((4, 5), np.uint8)
            ),
            ValueError,
            "whole number",
        ),
    ],
)
def test_wrong_arrays_are_refused(make, error, words):
    with pytest.raises(error, match=words):
        make()


@given(pictures(), st.integers(1, 3), st.integers(1, 3))
@settings(max_examples=50)
def test_mean_takes_the_place_in_the_sorted_set(stacks, tall, wide):
    """The tutorial's rule, in its own words."""
    cells, tiles = stacks
    placement = np.resize(np.arange(len(cells)), (tall, wide))
    means = rows(tiles).mean(axis=1)
    order = sorted(range(len(tiles)), key=lambda number: means[number])
    expected = [
        order[int((len(tiles) - 1) * (rows(cells)[number].mean() / 256))]
        for number in placement.ravel()
    ]
    chosen = matcher("mean", tiles)(render(cells, placement))
    np.testing.assert_array_equal(chosen.ravel(), expected)


def test_four_compares_the_quarters_only():
    def quarters(a, b, c, d):
        return np.kron(np.array([[a, b], [c, d]]), np.ones((3, 4))).astype(np.uint8)

    tiles = np.stack([quarters(0, 255, 0, 255), quarters(90, 10, 60, 30)])
    noise = np.random.default_rng(1).permuted(
        np.tile([-9, 9], 6).reshape(3, 4), axis=None
    )
    frame = (quarters(90, 20, 60, 30) + np.tile(noise, (2, 2))).astype(np.uint8)
    assert matcher("four", tiles)(frame).tolist() == [[1]]


def test_four_works_on_tiles_of_one_pixel():
    tiles = np.array([[[10]], [[200]]], np.uint8)
    assert matcher("four", tiles)(np.array([[190, 20]], np.uint8)).tolist() == [[1, 0]]


def test_every_kernel_has_a_slow_twin():
    """A kernel without a twin in reference.py is a kernel that nobody checked."""
    compiled = [
        name
        for name, thing in vars(kernels).items()
        if getattr(thing, "__module__", "") == kernels.__name__
    ]
    assert compiled
    assert not [name for name in compiled if not hasattr(reference, name)]
