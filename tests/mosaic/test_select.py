"""Test the selection of tiles in all layouts, by shards and under limits."""

import numpy as np
import pytest
import reference
from hypothesis import given, settings
from hypothesis import strategies as st
from matching_samples import flat
from mosaic_samples import half_flat_scene
from repetition import TILE, layouts, satisfies_in_layout

from pigeonhole.core.errors import SettingsError
from pigeonhole.core.geometry import Size
from pigeonhole.core.match_modes import MATCH_MODES
from pigeonhole.core.shards import Shard
from pigeonhole.matching import TileIndex
from pigeonhole.matching.assignment import TooFewCells, TooFewTiles, problem
from pigeonhole.matching.strategies import describe_pair
from pigeonhole.mosaic import Target, make_mosaic, match_shard
from pigeonhole.mosaic.cells import CellGroups, match_options
from pigeonhole.mosaic.costs import source_costs, tile_costs
from pigeonhole.mosaic.layout import brick_layout, grid_layout
from pigeonhole.mosaic.select import join_shards, save_shard, select_tiles
from pigeonhole.mosaic.selection import repetition_limits
from pigeonhole.settings import MosaicOptions
from pigeonhole.settings.repetition import RepetitionSettings

PLAIN = MosaicOptions(match="exact", mirror=False, color_transfer=0)
LAYOUTS = {
    "brick": PLAIN.model_copy(update={"layout": "brick"}),
    "quadtree": PLAIN.model_copy(update={"layout": "quadtree", "cells": 45}),
}


@pytest.mark.parametrize("name", LAYOUTS)
@pytest.mark.parametrize("match", ["exact", "mean-2x2", "mean", "perceptual"])
def test_every_cell_gets_its_best_tile(name, match):
    target, tiles = half_flat_scene()
    options = LAYOUTS[name].model_copy(update={"match": match})
    mosaic = make_mosaic(target, tiles, options)
    assert mosaic.placement.shape == (len(mosaic.layout),)
    if match == "exact":
        numbers, distances = reference.place_boxes(target, tiles.tiles, mosaic.layout)
        np.testing.assert_array_equal(mosaic.placement, numbers)
        np.testing.assert_array_equal(mosaic.distances, distances)
        assert mosaic.optimality_gap == 0
    expected = reference.render_boxes(tiles.tiles, mosaic.layout, mosaic.placement)
    np.testing.assert_array_equal(mosaic.image(), expected)


@pytest.mark.parametrize(
    "options",
    [
        PLAIN,
        MosaicOptions(match="exact", space="lab", histogram_matching=1),
        *LAYOUTS.values(),
    ],
)
@pytest.mark.parametrize("masked", [False, True])
def test_shards_together_equal_one_job(tmp_path, options, masked):
    image, tiles = half_flat_scene()
    mask = np.tile(np.arange(24) > 9, (24, 1)) if masked else None
    index, target = TileIndex(tiles.tiles), Target(image, image, image, mask)
    expected = make_mosaic(image, tiles, options, mask, index)
    # With more shards than cells, some shards are empty.
    for shards in (4, 60):
        paths = [tmp_path / f"{shard}.arrays" for shard in range(shards)]
        for shard, path in enumerate(paths):
            part = match_shard(target, tiles, options, index, Shard(shard, shards))
            save_shard(path, part)
        selection = join_shards(paths)
        joined = make_mosaic(image, tiles, options, mask, selection=selection)
        np.testing.assert_array_equal(joined.placement, expected.placement)
        assert joined.optimality_gap == expected.optimality_gap == 0


def test_no_shards_are_no_selection():
    assert join_shards([]) is None


LIMITS = st.fixed_dictionaries(
    {
        "max_uses": st.sampled_from([None, 1, 2]),
        "min_distance": st.integers(0, 2),
        "use_all": st.booleans(),
    }
)


def mirrored_cells(layout, seed, sources, color=()):
    """Return cells with up to three variants of each source, and mirror images."""
    random = np.random.default_rng(seed)
    shape = (layout.size.height, layout.size.width, *color)
    frame = random.integers(0, 256, shape, np.uint8)
    numbers = np.repeat(np.arange(sources), random.integers(1, 4, sources))
    shape = (len(numbers), TILE.height, TILE.width, *color)
    tiles = random.integers(0, 256, shape, np.uint8)
    tiles = np.concatenate([tiles, tiles[:, :, ::-1]])
    return CellGroups(frame, tiles, layout, np.tile(numbers, 2))


@given(
    layouts(),
    st.sampled_from(sorted(MATCH_MODES)),
    LIMITS,
    st.integers(1, 25),
    st.integers(0, 99),
)
@settings(max_examples=60)
def test_limits_hold_in_all_layouts_and_modes(layout, match, limits, sources, seed):
    options = MosaicOptions(match=match, repetition=RepetitionSettings(**limits))
    cells = mirrored_cells(layout, seed, sources, [(), (3,)][seed % 2])
    if not any(limits.values()):
        return
    try:
        selection = select_tiles(cells, options)
    except TooFewCells:
        assert limits["use_all"]
        assert sources > len(layout)
        return
    except TooFewTiles:
        # A source for each cell is always enough.
        assert sources < len(layout)
        return
    placed = cells.sources[selection.placement]
    rules = repetition_limits(options)
    assert satisfies_in_layout(placed, rules, sources, layout.boxes)
    if match == "perceptual":
        return
    costs, tiles = source_costs(cells, options)
    rows = np.arange(len(layout))
    np.testing.assert_array_equal(selection.placement, tiles[rows, placed])
    assert selection.bound <= selection.cost == costs[rows, placed].sum()
    if not limits["min_distance"]:
        assert selection.optimality_gap == 0


@given(layouts(2, 3), st.sampled_from(["exact", "mean", "mean-2x2"]), st.integers(0, 9))
@settings(max_examples=30)
def test_a_source_costs_as_much_as_its_best_tile(layout, match, seed):
    options = MosaicOptions(match=match, space=["rgb", "lab"][seed % 2])
    cells = mirrored_cells(layout, seed, sources=4, color=(3,))
    numbers = np.arange(len(layout))[seed % 2 :: 2]
    if not numbers.size:
        return
    costs, tiles = source_costs(cells, options, numbers)
    for group in cells:
        rows = np.flatnonzero(np.isin(numbers, group.numbers))
        members = np.flatnonzero(np.isin(group.numbers, numbers))
        pair = describe_pair(*group[1:], match, match_options(options))
        every = reference.cost_matrix(*map(flat, pair))
        expected = reference.source_costs(every[members], cells.sources)
        np.testing.assert_array_equal((costs[rows], tiles[rows]), expected)
        placement = np.full(len(layout), tiles[0, 0], np.int64)
        np.testing.assert_array_equal(
            tile_costs(cells, options, placement)[group.numbers], every[:, tiles[0, 0]]
        )


def test_the_mean_mode_measures_how_many_tiles_a_rank_is_away():
    tiles = np.array([10, 90, 50, 200], np.uint8).repeat(16).reshape(4, 4, 4)
    cells = CellGroups(
        np.full((4, 4), 100, np.uint8),
        tiles,
        grid_layout(TILE, TILE),
        np.array([0, 1, 2, 1]),
    )
    costs, best = source_costs(cells, MosaicOptions(match="mean", mirror=False))
    # 3 * 100 // 256 is rank 1: tile 2.
    assert costs.tolist() == [[1, 1, 0]]
    assert best.tolist() == [[0, 1, 2]]


def test_variants_and_mirror_images_count_as_their_photo():
    """Two photos with three tiles each can't fill three cells once each."""
    layout = grid_layout(Size(12, 4), TILE)
    cells = mirrored_cells(layout, 1, sources=2)
    options = MosaicOptions(match="exact", repetition=RepetitionSettings(max_uses=1))
    with pytest.raises(TooFewTiles, match="1 photo is missing: each photo at most"):
        select_tiles(cells, options)


def test_large_problems_are_solved_only_if_costs_can_be_computed_on_demand(
    monkeypatch,
):
    once = PLAIN.model_copy(update={"repetition": RepetitionSettings(max_uses=1)})
    grid = grid_layout(Size(12, 8), TILE)
    cells = mirrored_cells(grid, 3, sources=9)
    single = CellGroups(cells.frame, cells.tiles[:9], grid, np.arange(9))
    expected = select_tiles(single, once)
    bricks = CellGroups(
        cells.frame, cells.tiles[:9], brick_layout(grid.size, TILE), np.arange(9)
    )
    monkeypatch.setattr(problem, "MAX_STORED_COSTS", 50)
    found = select_tiles(single, once)
    np.testing.assert_array_equal(found.placement, expected.placement)
    assert (found.cost, found.bound) == (expected.cost, expected.bound)
    for large in (cells, bricks):
        with pytest.raises(SettingsError, match="9 photos need too much memory"):
            select_tiles(large, once)
    ranked = once.model_copy(update={"match": "mean"})
    with pytest.raises(SettingsError, match="limits on 6 cells"):
        select_tiles(single, ranked)


def test_limits_hold_with_a_mask():
    target, tiles = half_flat_scene()
    mask = np.ones((24, 24), bool)
    mask[:8, :8] = False
    rules = RepetitionSettings(max_uses=1, min_distance=1)
    once = PLAIN.model_copy(update={"repetition": rules})
    mosaic = make_mosaic(target, tiles, once, mask)
    assert (mosaic.use_counts().max(), mosaic.use_counts().sum()) == (1, 8)
    few = half_flat_scene(tiles=3)[1]
    with pytest.raises(TooFewTiles) as caught:
        make_mosaic(target, few, once, mask)
    assert caught.value.missing == 5
