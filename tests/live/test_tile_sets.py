import numpy as np
import pytest
from live_samples import make_session, make_settings, make_tile_set, random_tiles

from pigeonhole.live.tile_sets import FrameSizeMismatch, TileSets
from pigeonhole.matching.assignment import TooFewTiles
from pigeonhole.settings import LiveSettings


def test_a_frame_size_that_is_no_multiple_of_the_cell_size_is_rejected():
    with pytest.raises(FrameSizeMismatch, match=r"30x24 .* 8x6: use 32x24"):
        make_session(frame_size="30x24")


def test_cells_have_the_shape_of_the_tiles_and_fill_the_frame():
    settings = LiveSettings(frame_size="640x480")
    tile_set = make_tile_set(random_tiles(shape=(12, 16)))
    tile_sets = TileSets({"live": tile_set}, settings)
    steps = tile_sets.cell_steps("live")
    sizes = [tile_sets.get("live", step).cell_size for step in steps]
    assert tile_sets.get("live").cell_size == (16, 12)
    assert sizes == sorted(sizes, reverse=True)
    assert {(640, 480), (32, 24), (20, 15), (8, 6)} <= set(sizes)
    assert all(640 % width == 480 % height == 0 for width, height in sizes)
    assert tile_sets.get("live", 99).cell_size == sizes[-1]
    assert tile_sets.get("live", -99).cell_size == sizes[0]


@pytest.mark.parametrize(("sources", "distance"), [(25, 2), (24, 1), (8, 0)])
def test_small_tile_sets_reduce_the_default_distance_and_say_so_once(
    sources, distance, caplog
):
    tile_set = make_tile_set(random_tiles(50), np.arange(50) % sources)
    settings = make_settings(frame_size="80x60", repetition={})
    tile_sets = TileSets({"live": tile_set}, settings)
    for step in tile_sets.cell_steps("live"):
        tile_sets.get("live", step)
    expected = [] if distance == 2 else [f"is {distance} instead of 2."]
    assert [r.message.partition(" one ")[2] for r in caplog.records] == expected
    placement = tile_sets.get("live").place(np.zeros((60, 80), np.uint8))
    used = (np.arange(50) % sources)[placement]
    gaps = [
        max(abs(a - b))
        for cells in map(np.argwhere, [used == source for source in range(sources)])
        for a in cells
        for b in cells
        if (a != b).any()
    ]
    assert min(gaps) > distance


def test_tile_sets_too_small_for_a_limit_that_was_set_are_refused():
    tile_set = make_tile_set(random_tiles(48), np.arange(48) % 24)
    for repetition in ({"min_distance": 2}, {"max_uses": 4}):
        settings = make_settings(frame_size="80x60", repetition=repetition)
        with pytest.raises(TooFewTiles):
            TileSets({"live": tile_set}, settings)


def test_cells_too_small_for_the_limits_are_left_out():
    tile_set = make_tile_set(random_tiles(50))
    settings = make_settings(frame_size="64x48", repetition={"max_uses": 2})
    tile_sets = TileSets({"live": tile_set}, settings)
    steps = tile_sets.cell_steps("live")
    assert max(steps) == 0
    assert min(steps) < 0
