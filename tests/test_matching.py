import numpy as np
import pytest
import reference
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from pigeonhole import TileIndex, render
from pigeonhole.matching import cells_of, kernels, matcher
from pigeonhole.matching.features import Shape, features_of
from pigeonhole.matching.index import UnreadableIndex, _turns

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
@settings(max_examples=50)
def test_features_equal_the_slow_twin(stacks):
    cells, _ = stacks
    shape = Shape(*cells.shape[1:3], channels=3 if cells.ndim == 4 else 1)
    frame = cells.reshape(-1, *cells.shape[2:])
    found = features_of(frame, shape)
    lines, means, quarters, projections = reference.features(cells, shape.bits)
    np.testing.assert_array_equal(_flat(found.lines, lines.shape[1]), lines)
    np.testing.assert_array_equal(_flat(found.means, means.shape[1]), means)
    np.testing.assert_array_equal(found.quarters, quarters >> shape.shift)
    np.testing.assert_array_equal(found.projections, projections)


def _flat(lines, length):
    """Undo the padding, which must be zeros."""
    whole = rows(lines)
    assert not whole[:, length:].any()
    return whole[:, :length]


@given(pictures())
def test_bounds_are_never_above_the_distance(stacks):
    """Else the search would leave out a tile that is nearer."""
    cells, tiles = stacks
    shape = Shape(*cells.shape[1:3], channels=3 if cells.ndim == 4 else 1)
    a, b = (features_of(s.reshape(-1, *s.shape[2:]), shape) for s in stacks)
    for i, t in np.ndindex(len(cells), len(tiles)):
        distance = reference.sad(cells[i], tiles[t])
        assert np.abs(a.projections[i] - b.projections[t]).max() <= distance
        quarters = np.abs(a.quarters[i] - b.quarters[t]).sum() << shape.shift
        assert quarters - shape.slack <= distance
        assert reference.sad(
            a.means[i], b.means[t]
        ) * shape.area - shape.mean_slack <= (distance)


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


@pytest.mark.parametrize("count", [1, 63, 64, 65, 128, 129, 4200])
def test_any_number_of_tiles_and_blocks(count):
    random = np.random.default_rng(count)
    tiles = random.integers(0, 256, (count, 3, 4), np.uint8)
    cells = random.integers(0, 256, (20, 3, 4), np.uint8)
    numbers, distances = TileIndex(tiles).nearest(cells)
    expected = reference.nearest_tiles(rows(cells), rows(tiles))
    np.testing.assert_array_equal(numbers, expected[0])
    np.testing.assert_array_equal(distances, expected[1])


@pytest.mark.parametrize("size", [(1, 1), (1, 9), (9, 1), (12, 16), (48, 64), (7, 11)])
@pytest.mark.parametrize("colour", [(), (3,)])
def test_any_size_and_the_extremes_of_bytes(size, colour):
    random = np.random.default_rng(8)
    tiles = random.choice([0, 255], (10, *size, *colour)).astype(np.uint8)
    tiles[3:6] = 0
    tiles[6:9] = 255
    cells = np.concatenate([tiles[::-1], 255 - tiles])
    numbers, distances = TileIndex(tiles).nearest(cells)
    expected = reference.nearest_tiles(rows(cells), rows(tiles))
    np.testing.assert_array_equal(numbers, expected[0])
    np.testing.assert_array_equal(distances, expected[1])


@pytest.mark.parametrize(("cells", "threads"), [(0, 2), (1, 1), (33, 2), (1600, 3)])
def test_every_chunk_of_cells_has_one_turn(cells, threads):
    turns = sorted(_turns(cells, threads))
    assert turns == list(range(len(turns)))
    assert len(turns) * 32 >= cells
    assert len(turns) % threads == 0


def test_a_saved_index_answers_alike(tmp_path):
    random = np.random.default_rng(2)
    tiles = random.integers(0, 256, (150, 4, 3, 3), np.uint8)
    cells = random.integers(0, 256, (20, 4, 3, 3), np.uint8)
    index = TileIndex(tiles)
    index.save(tmp_path / "faces.index")
    index.save(tmp_path / "faces.index")
    opened = TileIndex.load(tmp_path / "faces.index")
    assert len(opened) == 150
    for a, b in zip(index.nearest(cells), opened.nearest(cells), strict=True):
        np.testing.assert_array_equal(a, b)
    assert [path.name for path in tmp_path.iterdir()] == ["faces.index"]


@pytest.mark.parametrize("damage", ["gone", "part", "cut", "other", "version", "text"])
def test_a_damaged_index_is_said(tmp_path, damage):
    folder = tmp_path / "faces.index"
    tiles = np.arange(36, dtype=np.uint8).reshape(3, 4, 3)
    if damage != "gone":
        TileIndex(tiles).save(folder)
    facts = folder / "index.json"
    {
        "gone": lambda: None,
        "part": lambda: (folder / "low.npy").unlink(missing_ok=True),
        "cut": lambda: (folder / "lines.npy").write_bytes(b"\x93NUMPY"),
        "other": lambda: np.save(folder / "order.npy", np.arange(2)),
        "version": lambda: facts.write_text(
            facts.read_text().replace(": 1,", ": 9,", 1)
        ),
        "text": lambda: facts.write_text("no json"),
    }[damage]()
    with pytest.raises(UnreadableIndex, match=r"faces\.index can't be used.*snakemake"):
        TileIndex.load(folder)


# Parts of nearest_tiles, which the twin of the whole checks; they need its arrays.
PARTS = {
    "sad",
    "box_distances",
    "quarter_distances",
    "near_blocks",
    "up_to",
    "nearer",
}
TWINS = {"describe": "features"}


def test_every_kernel_has_a_slow_twin():
    """A kernel without a twin in reference.py is a kernel that nobody checked."""
    compiled = {
        name
        for name, thing in vars(kernels).items()
        if getattr(thing, "__module__", "") == kernels.__name__
    }
    assert compiled
    assert not [
        name
        for name in compiled - PARTS
        if not hasattr(reference, TWINS.get(name, name))
    ]
