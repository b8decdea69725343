from typing import get_args

import numpy as np
import pytest
import reference
from hypothesis import given
from hypothesis import strategies as st
from live_samples import random_tiles

from pigeonhole.imaging.resize import resize
from pigeonhole.live.strategies import frame_strategy
from pigeonhole.matching import matcher, render, split_cells
from pigeonhole.matching.assignment import RepetitionLimits
from pigeonhole.matching.strategies import STRATEGIES
from pigeonhole.settings import LiveSettings


def test_every_match_mode_of_live_mosaics_is_registered():
    modes = get_args(LiveSettings.model_fields["match"].annotation)
    assert set(modes) <= set(STRATEGIES)
    assert modes


@pytest.mark.parametrize("mode", ["exact", "mean", "mean-2x2"])
def test_limits_that_change_nothing_give_the_tiles_of_the_mode(mode):
    tiles = random_tiles(300, (4, 6))
    frame = render(random_tiles(12, (4, 6), seed=5), np.arange(12).reshape(3, 4))
    limits, sources = RepetitionLimits(max_uses=12), np.arange(300)
    place = frame_strategy(tiles, mode, limits, sources)
    np.testing.assert_array_equal(place(frame, None, 0), matcher(mode, tiles)(frame))


@given(seed=st.integers(0, 2**32 - 1))
def test_limits_with_the_mode_mean_use_the_nearest_ranks(seed):
    random = np.random.default_rng(seed)
    tiles = random.integers(0, 256, (20, 2, 2), np.uint8)
    sources = np.arange(20) // 2
    frame = random.integers(0, 256, (6, 6), np.uint8)
    limits = RepetitionLimits(max_uses=1)
    placement = frame_strategy(tiles, "mean", limits, sources)(frame, None, 0)
    sums = [int(tile.sum()) for tile in tiles]
    ranks = np.argsort(np.argsort(sums, kind="stable"), kind="stable")
    cells = split_cells(frame, 2, 2).reshape(9, 2, 2)
    cell_ranks = [19 * int(cell.sum()) // (256 * 4) for cell in cells]
    expected = reference.place_greedily(
        np.array(cell_ranks)[:, None], ranks[:, None], sources, (3, 3), 1, 0
    )
    np.testing.assert_array_equal(placement, expected)


@given(seed=st.integers(0, 2**32 - 1))
def test_limits_with_the_mode_mean_2x2_use_the_nearest_thumbnails(seed):
    random = np.random.default_rng(seed)
    tiles = random.integers(0, 256, (20, 4, 6, 3), np.uint8)
    sources = np.arange(20) * 13 // 20
    frame = random.integers(0, 256, (12, 18, 3), np.uint8)
    limits = RepetitionLimits(max_uses=2, min_distance=1)
    placement = frame_strategy(tiles, "mean-2x2", limits, sources)(frame, None, 0)
    cells = split_cells(frame, 4, 6).reshape(9, 4, 6, 3)
    cell_thumbnails, tile_thumbnails = (
        np.stack([resize(image, 2, 2) for image in stack]) for stack in (cells, tiles)
    )
    expected = reference.place_greedily(
        cell_thumbnails, tile_thumbnails, sources, (3, 3), 2, 1
    )
    np.testing.assert_array_equal(placement, expected)
