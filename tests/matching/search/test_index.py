"""The exact index: nearest tiles, and saving and loading."""

import numpy as np
import pytest
import reference
from hypothesis import given
from hypothesis import strategies as st
from matching_samples import difficult_sets, flat, image_stacks

from pigeonhole import TileIndex
from pigeonhole.core.jit import config
from pigeonhole.matching.search import descriptor_kernels, kernels
from pigeonhole.matching.search.index import UnreadableIndex
from pigeonhole.matching.search.index_file import open_arrays, write_arrays


def check_nearest(cells, tiles):
    numbers, distances = TileIndex(tiles).nearest(cells)
    expected = reference.nearest_tiles(flat(cells), flat(tiles))
    np.testing.assert_array_equal(numbers, expected[0])
    np.testing.assert_array_equal(distances, expected[1])


@given(image_stacks())
def test_nearest_tiles_equal_the_reference(stacks):
    check_nearest(*stacks)


def test_two_thousand_difficult_sets_equal_brute_force():
    # Without compilation, three sets of each kind must do.
    count = 24 if config.DISABLE_JIT else 2000
    checked = 0
    for cells, tiles in difficult_sets(count):
        check_nearest(cells, tiles)
        checked += 1
    assert checked == count


@pytest.mark.parametrize("count", [1, 63, 64, 65, 128, 129, 4200])
def test_any_number_of_tiles_and_blocks(count):
    random = np.random.default_rng(count)
    tiles = random.integers(0, 256, (count, 3, 4), np.uint8)
    check_nearest(random.integers(0, 256, (20, 3, 4), np.uint8), tiles)


@pytest.mark.parametrize("size", [(1, 1), (1, 9), (9, 1), (12, 16), (48, 64), (7, 11)])
@pytest.mark.parametrize("color", [(), (3,)])
def test_any_tile_size_and_extreme_bytes(size, color):
    random = np.random.default_rng(8)
    tiles = random.choice([0, 255], (10, *size, *color)).astype(np.uint8)
    tiles[3:6] = 0
    tiles[6:9] = 255
    check_nearest(np.concatenate([tiles[::-1], 255 - tiles]), tiles)


@pytest.mark.parametrize("color", [(), (3,)])
def test_place_equals_brute_force(color):
    random = np.random.default_rng(3)
    tiles = random.integers(0, 256, (40, 5, 4, *color), np.uint8)
    frame = random.integers(0, 256, (30, 28, *color), np.uint8)
    np.testing.assert_array_equal(
        TileIndex(tiles).place(frame), reference.place(frame, tiles)
    )


def test_the_largest_distance_does_not_overflow():
    black, white = (np.full((1, 64, 48, 3), level, np.uint8) for level in (0, 255))
    _, distances = TileIndex(black).nearest(white)
    assert distances == [255 * 64 * 48 * 3]


def test_ties_go_to_the_lowest_number():
    tiles = np.array([[[9]], [[5]], [[5]], [[3]]], np.uint8)
    numbers, distances = TileIndex(tiles).nearest(np.array([[[5]], [[4]]], np.uint8))
    assert numbers.tolist() == [1, 1]
    assert distances.tolist() == [0, 1]


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: TileIndex(np.zeros((2, 3, 4))), TypeError, "float64"),
        (lambda: TileIndex(np.zeros((0, 3, 4), np.uint8)), ValueError, "shape"),
        (lambda: TileIndex(np.zeros((3, 4), np.uint8)), ValueError, "shape"),
        (
            lambda: TileIndex(np.zeros((1, 3000, 3000), np.uint8)),
            ValueError,
            "too large: the maximum is 4,210,752",
        ),
        (
            lambda: TileIndex(np.zeros((1, 2, 2), np.uint8)).nearest(
                np.zeros((1, 2, 3), np.uint8)
            ),
            ValueError,
            "don't match",
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
            "isn't a multiple",
        ),
        (
            lambda: TileIndex(np.zeros((1, 2, 2), np.uint8)).place(
                np.zeros((4, 4, 3), np.uint8)
            ),
            ValueError,
            "doesn't match",
        ),
        (
            lambda: TileIndex(np.zeros((1, 2, 2), np.uint8)).place(np.zeros((4, 4))),
            TypeError,
            "float64",
        ),
    ],
)
def test_wrong_arrays_are_rejected(call, error, message):
    with pytest.raises(error, match=message):
        call()


@given(image_stacks(), st.randoms())
def test_paired_distances_equal_the_reference(stacks, random):
    cells, tiles = map(flat, stacks)
    numbers = np.array([random.randrange(len(tiles)) for _ in cells])
    np.testing.assert_array_equal(
        kernels.paired_distances(cells, tiles, numbers),
        reference.paired_distances(cells, tiles, numbers),
    )


def test_the_arrays_of_an_index_begin_at_a_cache_line(tmp_path):
    random = np.random.default_rng(2)
    index = TileIndex(random.integers(0, 256, (150, 4, 3, 3), np.uint8))
    index.save(tmp_path / "faces.index")
    for blocks in (index.blocks, TileIndex.load(tmp_path / "faces.index").blocks):
        assert [array.ctypes.data % 64 for array in blocks] == [0] * len(blocks)


def test_a_loaded_index_gives_the_same_results(tmp_path):
    random = np.random.default_rng(2)
    tiles = random.integers(0, 256, (150, 4, 3, 3), np.uint8)
    cells = random.integers(0, 256, (20, 4, 3, 3), np.uint8)
    index = TileIndex(tiles)
    # Saving again replaces the file.
    index.save(tmp_path / "faces.index")
    index.save(tmp_path / "faces.index")
    loaded = TileIndex.load(tmp_path / "faces.index", tiles)
    assert len(loaded) == 150
    for a, b in zip(index.nearest(cells), loaded.nearest(cells), strict=True):
        np.testing.assert_array_equal(a, b)
    assert [path.name for path in tmp_path.iterdir()] == ["faces.index"]


def replace_last_array(path):
    header, arrays = open_arrays(path)
    write_arrays(path, header, [*map(np.copy, arrays[:-1]), np.arange(2)])


def damage_number(path):
    """Write a number as Python 2 did, which NumPy would read with a warning."""
    content = path.read_bytes()
    assert b",), }" in content
    path.write_bytes(content.replace(b",), }", b"L,),}"))


def change_header(path, **changed):
    header, arrays = open_arrays(path)
    write_arrays(path, {**header, **changed}, [np.copy(array) for array in arrays])


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (lambda path: path.unlink(), "there is no such file"),
        (lambda path: path.write_bytes(b""), "damaged"),
        (lambda path: path.write_bytes(path.read_bytes()[:-100]), "damaged"),
        (lambda path: path.write_bytes(b"no arrays" * 99), "damaged"),
        (lambda path: write_arrays(path, {}, []), "damaged"),
        (lambda path: change_header(path, shape="abc"), "damaged"),
        (lambda path: change_header(path, version=9), "version is 9"),
        (lambda path: change_header(path, tiles=65), "don't fit together"),
        (damage_number, "damaged"),
        (replace_last_array, "don't fit together"),
        (lambda path: TileIndex(np.ones((3, 4, 3), "u1")).save(path), "other tiles"),
    ],
)
def test_an_unusable_index_is_rejected(tmp_path, damage, reason):
    path = tmp_path / "faces.index"
    tiles = np.arange(36, dtype=np.uint8).reshape(3, 4, 3)
    TileIndex(tiles).save(path)
    damage(path)
    with pytest.raises(UnreadableIndex, match=rf"faces\.index can't.*{reason}.*snakem"):
        TileIndex.load(path, tiles)


# Parts of nearest_tiles and describe, which are compared with their references.
PARTS = {
    "new_scratch",
    "sum_rows",
    "sum_blocks",
    "store_fine",
    "store_coarse",
    "describe_row",
    "block_bounds",
    "next_block",
    "coarse_candidates",
    "fine_distances",
    "keep_nearer",
}


def test_every_kernel_has_a_reference():
    """A kernel without a slow twin in reference.py would be unchecked."""
    compiled = {
        name
        for module in (kernels, descriptor_kernels)
        for name, value in vars(module).items()
        if getattr(value, "__module__", "") == module.__name__
        and not isinstance(value, type)
    }
    assert compiled >= PARTS
    assert not [
        name
        for name in compiled - PARTS
        if not hasattr(reference, name.removeprefix("_"))
    ]
