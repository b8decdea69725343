"""Test the selection of tiles in all layouts, by shards and under limits."""

import numpy as np
import pytest
import reference
from mosaic_samples import half_flat_scene

from pigeonhole.core.errors import SettingsError
from pigeonhole.core.shards import Shard
from pigeonhole.matching import TileIndex
from pigeonhole.matching.assignment import TooFewTiles
from pigeonhole.mosaic import Target, make_mosaic, match_shard
from pigeonhole.mosaic.select import join_shards, save_shard
from pigeonhole.settings import MosaicOptions
from pigeonhole.settings.repetition import RepetitionSettings

LAYOUTS = {
    "brick": MosaicOptions(layout="brick"),
    "quadtree": MosaicOptions(layout="quadtree", cells=45),
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
        MosaicOptions(),
        MosaicOptions(mirror=True, space="lab", histogram_matching=1),
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


def test_repetition_limits_hold_in_bricks_and_with_a_mask():
    target, tiles = half_flat_scene()
    once = RepetitionSettings(max_uses=1)
    mosaic = make_mosaic(target, tiles, MosaicOptions(layout="brick", repetition=once))
    assert mosaic.use_counts().max() == 1
    assert mosaic.optimality_gap == 0
    mask = np.ones((24, 24), bool)
    mask[:8, :8] = False
    mosaic = make_mosaic(target, tiles, MosaicOptions(repetition=once), mask)
    assert (mosaic.use_counts().max(), mosaic.use_counts().sum()) == (1, 8)
    few = half_flat_scene(tiles=3)[1]
    with pytest.raises(TooFewTiles) as caught:
        make_mosaic(target, few, MosaicOptions(repetition=once), mask)
    assert caught.value.missing == 5


def test_limits_outside_a_grid_need_a_small_cost_matrix(monkeypatch):
    from pigeonhole.matching.assignment import problem

    target, tiles = half_flat_scene()
    monkeypatch.setattr(problem, "MAX_STORED_COSTS", 100)
    options = MosaicOptions(layout="brick", repetition=RepetitionSettings(max_uses=1))
    with pytest.raises(SettingsError, match="10 cells and 25 tiles are too many"):
        make_mosaic(target, tiles, options)


def test_a_minimum_distance_needs_a_grid():
    target, tiles = half_flat_scene()
    mask = np.ones((24, 24), bool)
    mask[:8, :8] = False
    options = MosaicOptions(repetition=RepetitionSettings(min_distance=1))
    with pytest.raises(SettingsError, match="needs a grid without empty cells"):
        make_mosaic(target, tiles, options, mask)
    with pytest.raises(SettingsError, match="layout brick"):
        MosaicOptions(layout="brick", repetition=RepetitionSettings(min_distance=1))
