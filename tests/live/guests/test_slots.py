import numpy as np
import reference
from hypothesis import given
from hypothesis import strategies as st
from repetition import satisfies

from pigeonhole.live.guests.slots import merge_guests
from pigeonhole.matching.assignment import RepetitionLimits


@st.composite
def merge_cases(draw):
    """Draw cells, tiles and guests with few gray values, so that ties are common."""
    seed = draw(st.integers(0, 2**32 - 1))
    random = np.random.default_rng(seed)
    rows, columns = draw(st.integers(1, 4)), draw(st.integers(1, 5))
    guest_count = draw(st.integers(1, min(4, rows * columns)))
    gray_values = draw(st.sampled_from([2, 5, 256]))
    cells, tiles, guests = (
        random.integers(0, gray_values, (count, 6), np.uint8)
        for count in (rows * columns, 5, guest_count)
    )
    previous = random.integers(0, 5 + guest_count, (rows, columns))
    return cells, tiles, guests, previous


def merge(cells, tiles, guests, previous=None, steadiness=0.0, **options):
    """Merge guests into the placement of the nearest tiles, as a flat array."""
    shape = previous.shape if previous is not None else (1, len(cells))
    nearest, tile_distances = reference.nearest_tiles(cells, tiles)
    return merge_guests(
        nearest.reshape(shape),
        tile_distances,
        reference.cost_matrix(cells, guests),
        len(tiles) + np.arange(len(guests)),
        previous,
        steadiness,
        **options,
    ).ravel()


@given(merge_cases())
def test_guests_are_placed_like_tiles_and_each_at_least_once(case):
    cells, tiles, guests, _ = case
    merged = merge(cells, tiles, guests)
    nearest, _ = reference.nearest_tiles(cells, np.concatenate([tiles, guests]))
    numbers = range(len(tiles), len(tiles) + len(guests))
    assert set(numbers) <= set(merged)
    missing = [number for number in numbers if number not in nearest]
    moved = np.flatnonzero(merged != nearest)
    # Only guests that are nearest to no cell displace a nearer tile, in one cell each.
    assert sorted(merged[moved]) == missing


@given(merge_cases())
def test_a_guest_that_is_nearest_to_no_cell_gets_its_best_cell(case):
    cells, tiles, guests, _ = case
    tiles = np.concatenate([tiles, cells])
    merged = merge(cells, tiles, guests[:1])
    costs = reference.cost_matrix(cells, guests[:1])[:, 0]
    [cell] = np.flatnonzero(merged == len(tiles))
    assert costs[cell] == costs.min()


@given(merge_cases())
def test_guests_satisfy_the_limits_on_repetition(case):
    cells, tiles, guests, previous = case
    for limits in (RepetitionLimits(max_uses=2), RepetitionLimits(min_distance=1)):
        for steadiness in (0.0, 0.3):
            merged = merge(cells, tiles, guests, previous, steadiness, limits=limits)
            # Only guests count here, so each other cell gets a number of its own.
            own = len(tiles) + len(guests) + np.arange(merged.size)
            shown = np.where(merged < len(tiles), own, merged)
            assert satisfies(shown.reshape(previous.shape), limits, 1)


@given(merge_cases())
def test_guests_that_gain_most_are_placed_first_and_all_that_may_be(case):
    cells, tiles, guests, previous = case
    _, nearest = reference.nearest_tiles(cells, tiles)
    gains = nearest - reference.cost_matrix(cells, guests)[:, 0]
    limits = RepetitionLimits(min_distance=1)
    merged = merge(cells, tiles, guests[:1], previous, limits=limits)
    expected = np.zeros(previous.shape, bool)
    for cell in np.argsort(-gains, kind="stable"):
        row, column = divmod(int(cell), previous.shape[1])
        near = expected[max(0, row - 1) : row + 2, max(0, column - 1) : column + 2]
        expected.flat[cell] = gains[cell] > 0 and not near.any()
    if expected.any():
        np.testing.assert_array_equal(merged == len(tiles), expected.ravel())
    else:
        assert (merged == len(tiles)).sum() == 1


@given(merge_cases(), st.sampled_from([0.1, 0.5]))
def test_a_steady_guest_stays_unless_another_tile_is_clearly_nearer(case, steadiness):
    cells, tiles, guests, previous = case
    merged = merge(cells, tiles, guests, previous, steadiness)
    costs = reference.cost_matrix(cells, np.concatenate([tiles, guests]))
    for cell, (old, new) in enumerate(zip(previous.ravel(), merged, strict=True)):
        only_cell = (merged == new).sum() == 1
        if old >= len(tiles) and new < len(tiles):
            assert costs[cell, new] <= (1 - steadiness) * costs[cell, old]
        if old < len(tiles) <= new and not only_cell:
            nearest_cost = costs[cell, : len(tiles)].min()
            assert costs[cell, new] < (1 - steadiness) * nearest_cost
