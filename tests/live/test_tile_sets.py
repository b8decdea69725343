import pytest
from live_samples import make_session, make_tile_set, random_tiles

from pigeonhole.live.tile_sets import FrameSizeMismatch, TileSets
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
