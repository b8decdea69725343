import numpy as np
import pytest
import reference
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from pigeonhole import TileIndex, render
from pigeonhole.core.jit import config, kernel, parallel_kernel, prange
from pigeonhole.matching import cells_of, matcher
from pigeonhole.matching.search import descriptors as describing
from pigeonhole.matching.search import kernels
from pigeonhole.matching.search.features import Shape, described, signs_of
from pigeonhole.matching.search.index import UnreadableIndex
from pigeonhole.matching.search.index_file import open_arrays, write_arrays
from pigeonhole.matching.search.simd import (
    between,
    copy_bytes,
    eight_within,
    gap_of,
    lowest_bit,
    take_turn,
)

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


def _described(stack):
    shape = Shape(*stack.shape[1:3], channels=3 if stack.ndim == 4 else 1)
    return shape, described(stack.reshape(-1, *stack.shape[2:]), shape)


@given(pictures())
@settings(max_examples=50)
def test_descriptions_equal_the_slow_twin(stacks):
    cells, _ = stacks
    shape, found = _described(cells)
    expected = reference.described(cells, shape.plan, signs_of(shape.channels))
    np.testing.assert_array_equal(found.projections, expected[-1])
    for padded, bare in zip(found[:-1], expected[:-1], strict=True):
        np.testing.assert_array_equal(padded[:, : bare.shape[1]], bare)
        assert not padded[:, bare.shape[1] :].any()


def _alike(random, stack, share):
    """Copies of a stack in which a share of the bytes is one more or less."""
    changed = random.random(stack.shape) < share
    moved = stack + np.where(changed, random.choice([-1, 1], stack.shape), 0)
    return np.clip(moved, 0, 255).astype(np.uint8)


def _hard_sets(count):
    """Cells and tiles of any size, of the kinds on which a search goes wrong."""
    for seed in range(count):
        random = np.random.default_rng(seed)
        height, width = (int(np.exp(random.uniform(0, np.log(n)))) for n in (49, 65))
        size = (height, width, 3) if random.random() < 0.5 else (height, width)
        m, n = random.integers(1, 9), int(np.exp(random.uniform(0, 5.3)))
        kind = seed % 8
        values = {0: 256, 1: 2, 2: 3}.get(kind, 256)
        cells, tiles = (
            random.integers(0, values, (k, *size), np.uint8) for k in (m, n)
        )
        if kind == 3:  # extremes
            cells, tiles = (stack // 128 * 255 for stack in (cells, tiles))
        if kind == 4:  # flat
            cells[:] = cells[..., :1, :1, :1] if len(size) == 3 else cells[:, :1, :1]
        if kind == 5:  # one tile
            tiles = tiles[:1]
        if kind == 6:  # equal tiles, and cells that are among them
            tiles = tiles[random.integers(0, max(1, n // 3), n)]
            cells = tiles[random.integers(0, n, m)]
        if kind == 7:  # nearly equal: bounds decide by one
            tiles = _alike(random, np.repeat(tiles[:1], n, axis=0), 0.1)
            cells = _alike(random, np.repeat(tiles[:1], m, axis=0), 0.1)
        yield cells.astype(np.uint8), tiles.astype(np.uint8)


def test_two_thousand_hard_sets_equal_brute_force():
    # Without the compiler three of each kind have to do.
    count = 24 if config.DISABLE_JIT else 2000
    checked = 0
    for cells, tiles in _hard_sets(count):
        found = TileIndex(tiles).nearest(cells)
        expected = reference.nearest_tiles(rows(cells), rows(tiles))
        np.testing.assert_array_equal(found, expected)
        checked += 1
    assert checked == count


@pytest.mark.parametrize("columns", [1, 3])
@pytest.mark.parametrize("size", [(1, 9), (12, 16), (16, 12), (9, 10), (17, 33)])
def test_descriptions_of_a_frame_are_those_of_its_cells(size, columns):
    random = np.random.default_rng(3)
    stack = random.integers(0, 256, (2 * columns, *size, 3), np.uint8)
    shape, apart = _described(stack)
    frame = render(stack, np.arange(2 * columns).reshape(2, columns))
    for a, b in zip(apart, described(frame, shape), strict=True):
        np.testing.assert_array_equal(a, b)
    expected = reference.described(stack, shape.plan, signs_of(3))
    np.testing.assert_array_equal(apart.projections, expected[-1])


@given(pictures())
def test_bounds_are_never_above_the_distance(stacks):
    """Else the search would leave out a tile that is nearer."""
    cells, tiles = stacks
    (shape, a), (_, b) = map(_described, stacks)
    plan = shape.plan
    for i, t in np.ndindex(len(cells), len(tiles)):
        distance = reference.sad(cells[i], tiles[t])
        assert np.abs(a.projections[i] - b.projections[t]).max() <= distance
        for mine, theirs, unit, slack in (
            (a.fine[i], b.fine[t], plan.fine_unit, plan.fine_slack),
            (a.coarse[i], b.coarse[t], plan.coarse_unit, plan.coarse_slack),
        ):
            assert reference.sad(mine, theirs) * unit - slack <= distance


@given(st.integers(1, 3000), st.integers(1, 3000), st.sampled_from([1, 3]))
def test_means_fit_into_bytes_and_sums_into_words(height, width, channels):
    shape = Shape(height, width, channels)
    plan = shape.plan
    area = plan.side_y * plan.side_x
    for times, unit, pixels in (
        (plan.fine_times, plan.fine_unit, area),
        (plan.coarse_times, plan.coarse_unit, 4 * area),
    ):
        assert 255 * pixels * times < 2**32
        assert 255 * pixels * times >> 24 <= 255
        assert unit >= pixels
    assert plan.tall <= 8
    assert plan.wide <= 8


@given(st.data())
@settings(max_examples=50)
def test_lanes_do_what_their_plain_bodies_say(data):
    """Compiled code takes other instructions than the body that it stands for."""
    random = np.random.default_rng(data.draw(st.integers(0, 999)))
    high = data.draw(st.sampled_from([2, 256]))
    groups, lines = data.draw(st.integers(1, 20)), data.draw(st.integers(1, 3))
    cells = random.integers(0, high, (3, 8 * groups), np.uint8)
    tiles = random.integers(0, high, (2, groups, 8, 8), np.uint8)
    gaps = np.abs(tiles[1].astype(int) - cells[2].reshape(groups, 1, 8)).sum(
        axis=(0, 2)
    )
    limit = data.draw(st.sampled_from([-1, int(gaps.min()), int(np.median(gaps))]))
    found = _eight(cells, tiles, groups, limit)
    assert _bits(found) == [*(gaps <= limit), *[False] * 56]
    some = random.integers(0, 2**31, (3, 64), np.int32)
    low, high_gap = np.sort(some[1, :2])
    expected = [low < gap <= high_gap for gap in some[1]]
    assert _bits(_between(some, low, high_gap)) == expected
    a, b = random.integers(0, high, (2, 4, 64 * lines), np.uint8)
    assert _gap(a, b, lines) == reference.sad(a[1], b[3])
    copied, count = np.zeros_like(a), data.draw(st.sampled_from([0, 5, 16, 48, 63]))
    _copied(copied, a, count)
    np.testing.assert_array_equal(copied[1, :count], a[2, :count])
    copied[1, :count] = 0
    assert not copied.any()
    word = np.uint64(data.draw(st.integers(1, 2**64 - 1)))
    assert _lowest(word) == bin(int(word))[::-1].index("1")


def _bits(word):
    return [bool(int(word) >> j & 1) for j in range(64)]


@kernel
def _eight(cells, tiles, groups, limit):
    return eight_within(cells, 16 * groups, tiles, 64 * groups, groups, limit)


@kernel
def _between(gaps, low, high):
    return between(gaps, 64, low, high)


@kernel
def _gap(a, b, lines):
    return gap_of(a, 64 * lines, b, 192 * lines, lines)


@kernel
def _copied(to, source, count):
    copy_bytes(to, to.shape[1], source, 2 * to.shape[1], count)


@kernel
def _lowest(word):
    return lowest_bit(word)


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


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_every_turn_is_taken_once_whoever_takes_it(threads):
    taken = _turns_taken(threads, 5000)
    assert sorted(taken[taken >= 0]) == list(range(5000))


@parallel_kernel
def _turns_taken(threads, turns):
    counter = np.zeros(1, np.int64)
    taken = np.full((threads, turns), -1)
    for thread in prange(threads):
        turn = take_turn(counter)
        while turn < turns:
            taken[thread, turn] = turn
            turn = take_turn(counter)
    return taken


def test_parts_of_an_index_begin_with_a_line_of_the_cache(tmp_path):
    random = np.random.default_rng(2)
    index = TileIndex(random.integers(0, 256, (150, 4, 3, 3), np.uint8))
    index.save(tmp_path / "faces.index")
    for pool in (index.pool, TileIndex.load(tmp_path / "faces.index").pool):
        assert [part.ctypes.data % 64 for part in pool] == [0] * len(pool)


def test_a_saved_index_answers_alike(tmp_path):
    random = np.random.default_rng(2)
    tiles = random.integers(0, 256, (150, 4, 3, 3), np.uint8)
    cells = random.integers(0, 256, (20, 4, 3, 3), np.uint8)
    index = TileIndex(tiles)
    index.save(tmp_path / "faces.index")
    index.save(tmp_path / "faces.index")
    opened = TileIndex.load(tmp_path / "faces.index", tiles)
    assert len(opened) == 150
    for a, b in zip(index.nearest(cells), opened.nearest(cells), strict=True):
        np.testing.assert_array_equal(a, b)
    assert [path.name for path in tmp_path.iterdir()] == ["faces.index"]


def _without_a_part(path):
    facts, arrays = open_arrays(path)
    write_arrays(path, facts, [*map(np.copy, arrays[:-1]), np.arange(2)])


def _with_fact(path, **changed):
    facts, arrays = open_arrays(path)
    write_arrays(path, {**facts, **changed}, [np.copy(array) for array in arrays])


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (lambda path: path.unlink(), "there is no such file"),
        (lambda path: path.write_bytes(b""), "damaged"),
        (lambda path: path.write_bytes(path.read_bytes()[:-100]), "damaged"),
        (lambda path: path.write_bytes(b"no arrays" * 99), "damaged"),
        (lambda path: write_arrays(path, {}, []), "damaged"),
        (lambda path: _with_fact(path, shape="abc"), "damaged"),
        (lambda path: _with_fact(path, form=9), "of version 9"),
        (lambda path: _with_fact(path, tiles=65), "belong together"),
        (_without_a_part, "belong together"),
        (lambda path: TileIndex(np.ones((3, 4, 3), "u1")).save(path), "other tiles"),
    ],
)
def test_an_index_that_cannot_be_used_is_refused(tmp_path, damage, reason):
    path = tmp_path / "faces.index"
    tiles = np.arange(36, dtype=np.uint8).reshape(3, 4, 3)
    TileIndex(tiles).save(path)
    damage(path)
    with pytest.raises(UnreadableIndex, match=rf"faces\.index can't.*{reason}.*snakem"):
        TileIndex.load(path, tiles)


# Parts of nearest_tiles and describe, which the twins of the wholes check.
PARTS = {
    "room_for",
    "add_down",
    "add_across",
    "pick_fine",
    "pick_coarse",
    "describe_row",
    "box_distances",
    "boxes_between",
    "coarse_near",
    "fine_gaps",
    "gaps_up_to",
    "nearer",
}
TWINS = {"describe": "described"}


def test_every_kernel_has_a_slow_twin():
    """A kernel without a twin in reference.py is a kernel that nobody checked."""
    compiled = {
        name
        for room in (kernels, describing)
        for name, thing in vars(room).items()
        if getattr(thing, "__module__", "") == room.__name__
        and not isinstance(thing, type)
    }
    assert compiled
    assert not [
        name
        for name in compiled - PARTS
        if not hasattr(reference, TWINS.get(name, name))
    ]
