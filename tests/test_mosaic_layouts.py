"""Mosaics in other layouts than a plain grid, and with cells left empty."""

import json

import numpy as np
import pytest
import reference
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from test_mosaic import tile_set

from pigeonhole.core.errors import SettingsError
from pigeonhole.core.geometry import Size
from pigeonhole.imaging.codecs import write_png
from pigeonhole.matching import TileIndex
from pigeonhole.matching.assignment import TooFewTiles
from pigeonhole.mosaic import make_mosaic, plan_of, read_seen
from pigeonhole.mosaic.placement_table import read_placement
from pigeonhole.mosaic.quadtree import _cheapest, _count, splits
from pigeonhole.mosaic.quality import quality
from pigeonhole.mosaic.select import choose_part, join_parts, save_part
from pigeonhole.settings import LookSettings, ReuseSettings, Settings

LAYOUTS = {
    "brick": LookSettings(layout="brick"),
    "quadtree": LookSettings(layout="quadtree", cells=45),
}


def scene(seed=5, colour=(3,), tiles=25):
    """24x24 pixels of which the left half is flat, and tiles of 8x8."""
    random = np.random.default_rng(seed)
    target = random.integers(0, 256, (24, 24, 3), np.uint8)
    target[:, :12] = 100
    pool = random.integers(0, 256, (tiles, 8, 8, *colour), np.uint8)
    return target, tile_set(pool)


@pytest.mark.parametrize("name", LAYOUTS)
@pytest.mark.parametrize("match", ["exact", "four", "mean", "mixed"])
def test_every_cell_takes_its_best_tile(name, match):
    target, tiles = scene()
    looks = LAYOUTS[name].model_copy(update={"match": match})
    mosaic = make_mosaic(target, tiles, looks)
    assert mosaic.placement.shape == (len(mosaic.layout),)
    if match == "exact":
        numbers, distances = reference.place_boxes(target, tiles.tiles, mosaic.layout)
        np.testing.assert_array_equal(mosaic.placement, numbers)
        np.testing.assert_array_equal(mosaic.distances, distances)
        assert mosaic.gap == 0
    painted = reference.paint_boxes(tiles.tiles, mosaic.layout, mosaic.placement)
    np.testing.assert_array_equal(mosaic.picture(), painted)


@pytest.mark.parametrize(
    "looks",
    [LookSettings(), LookSettings(mirror=True, space="lab", tone=1), *LAYOUTS.values()],
)
@pytest.mark.parametrize("masked", [False, True])
def test_bands_together_are_the_whole(tmp_path, looks, masked):
    target, tiles = scene()
    seen = np.tile(np.arange(24) > 9, (24, 1)) if masked else None
    index = TileIndex(tiles.tiles)
    whole = make_mosaic(target, tiles, looks, seen, index)
    plan = plan_of(target, tiles, looks, seen)
    index = None if looks.mirror else index
    # Of more bands than cells some are empty.
    for bands in (4, 60):
        files = [tmp_path / f"{band}.arrays" for band in range(bands)]
        for band, path in enumerate(files):
            pool = plan.tile_set.tiles
            part = (plan.frame, pool, plan.layout, looks, index, band, bands)
            save_part(path, choose_part(*part))
        joined = make_mosaic(target, tiles, looks, seen, chosen=join_parts(files))
        np.testing.assert_array_equal(joined.placement, whole.placement)
        assert joined.gap == whole.gap == 0


def test_a_quadtree_has_small_cells_where_there_is_detail():
    target, tiles = scene()
    tiles.tiles[0] = 100
    mosaic = make_mosaic(target, tiles, LAYOUTS["quadtree"])
    assert len(mosaic.layout) == 45
    sides = dict.fromkeys((8, 4, 2), 0)
    for _, column, _, width in mosaic.layout.boxes.tolist():
        sides[width] += column < 8
    assert sides == {8: 3, 4: 0, 2: 0}


@pytest.mark.parametrize("name", LAYOUTS)
def test_a_placement_is_read_as_it_was_written(tmp_path, name):
    target, tiles = scene()
    looks = LAYOUTS[name].model_copy(update={"mirror": True})
    mosaic = make_mosaic(target, tiles, looks)
    mosaic.save(tmp_path / "m.png", tmp_path / "p.csv")
    layout, placement, distances = read_placement(
        tmp_path / "p.csv", Size(24, 24), len(tiles.rows)
    )
    np.testing.assert_array_equal(layout.boxes, mosaic.layout.boxes)
    np.testing.assert_array_equal(layout.names, mosaic.layout.names)
    np.testing.assert_array_equal(placement, mosaic.placement)
    np.testing.assert_array_equal(distances, mosaic.distances)


def test_a_plain_placement_is_read_as_a_grid(tmp_path):
    target, tiles = scene()
    mosaic = make_mosaic(target, tiles)
    mosaic.save(tmp_path / "m.png", tmp_path / "p.csv")
    layout, placement, _ = read_placement(tmp_path / "p.csv", Size(24, 24), 25)
    assert layout.grid == (3, 3)
    np.testing.assert_array_equal(placement, mosaic.placement)


@pytest.mark.parametrize("colour", [(), (3,)])
def test_masked_cells_are_transparent_and_not_judged(tmp_path, colour):
    target, tiles = scene(colour=colour)
    seen = np.zeros((24, 24), bool)
    seen[:, 12:] = True
    mosaic = make_mosaic(target, tiles, seen=seen)
    # Half of the middle column is seen: it's kept.
    assert len(mosaic.layout) == 6
    assert mosaic.layout.grid is None
    whole = make_mosaic(target, tiles)
    np.testing.assert_array_equal(mosaic.placement, whole.placement[:, 1:].ravel())
    mosaic.save(tmp_path / "m.png", tmp_path / "p.csv")
    with Image.open(tmp_path / "m.png") as image:
        picture = np.asarray(image)
    assert not picture[:, :8, 3].any()
    assert (picture[:, 8:, 3] == 255).all()
    found, errors = (
        quality(mosaic, target),
        np.abs(whole.seen(target).astype(int) - whole.picture()),
    )
    assert found["cells"] == 6
    assert found["near_look"]["mean_absolute_error"] == round(errors[:, 8:].mean(), 4)
    assert json.dumps(found)


def test_limits_on_reuse_hold_in_bricks_and_around_a_mask():
    target, tiles = scene()
    once = ReuseSettings(at_most=1)
    mosaic = make_mosaic(target, tiles, LookSettings(layout="brick", reuse=once))
    assert mosaic.uses().max() == 1
    assert mosaic.gap == 0
    seen = np.ones((24, 24), bool)
    seen[:8, :8] = False
    mosaic = make_mosaic(target, tiles, LookSettings(reuse=once), seen)
    assert (mosaic.uses().max(), mosaic.uses().sum()) == (1, 8)
    with pytest.raises(TooFewTiles, match="5 tiles are missing"):
        make_mosaic(target, scene(tiles=3)[1], LookSettings(reuse=once), seen)


def test_limits_on_more_cells_and_tiles_than_fit_into_memory_need_a_grid(monkeypatch):
    from pigeonhole.matching.assignment import blocks as pictures

    target, tiles = scene()
    monkeypatch.setattr(pictures, "MOST_COSTS", 100)
    looks = LookSettings(layout="brick", reuse=ReuseSettings(at_most=1))
    with pytest.raises(SettingsError, match="10 cells and 25 tiles are too many"):
        make_mosaic(target, tiles, looks)


def test_spacing_needs_a_grid():
    target, tiles = scene()
    seen = np.ones((24, 24), bool)
    seen[:8, :8] = False
    looks = LookSettings(reuse=ReuseSettings(apart=1))
    with pytest.raises(SettingsError, match="make it 0 with a mask"):
        make_mosaic(target, tiles, looks, seen)
    with pytest.raises(SettingsError, match="make it 0 with layout brick"):
        LookSettings(layout="brick", reuse=ReuseSettings(apart=1))


def test_nothing_to_be_seen_is_refused():
    target, tiles = scene()
    with pytest.raises(SettingsError, match="leave something of the target"):
        make_mosaic(target, tiles, seen=np.zeros((24, 24), bool))


@pytest.mark.parametrize(("cells", "told"), [(3, "9"), (145, "144")])
def test_too_few_and_too_many_cells_are_refused(cells, told):
    target, tiles = scene()
    with pytest.raises(SettingsError, match=r"from 9 cells .* to 144 .*") as caught:
        make_mosaic(target, tiles, LookSettings(layout="quadtree", cells=cells))
    assert told in str(caught.value)


def test_tiles_that_cannot_be_halved_are_refused():
    target, tiles = scene()
    message = "a tile of 8x8 can't be halved 4 times: make its sides multiples of 16"
    with pytest.raises(SettingsError, match=message):
        make_mosaic(target, tiles, LookSettings(layout="quadtree", levels=5))
    with pytest.raises(SettingsError, match="a tile of 12x16 can't be halved 3 times"):
        Settings.model_validate({"mosaic": {"layout": "quadtree", "levels": 4}})


def test_tint_and_overlay_leave_empty_cells_white():
    target, tiles = scene()
    seen = np.zeros((24, 24), bool)
    seen[:, 8:] = True
    mosaic = make_mosaic(target, tiles, LookSettings(tint=1, overlay=0.5), seen)
    picture = mosaic.picture()
    assert (picture[:, :8] == 255).all()
    assert not (picture[:, 8:] == 255).all()


@given(st.integers(0, 999), st.integers(1, 2), st.integers(2, 3))
def test_the_tree_is_the_cheapest_at_its_price(seed, columns, levels):
    random = np.random.default_rng(seed)
    costs = [
        random.integers(0, 40, (1 << level, columns << level))
        for level in range(levels)
    ]
    for cells in range(columns, columns * 4 ** (levels - 1) + 1):
        split = splits(costs, cells)
        assert cells - 2 <= _count(split) <= cells
    options = [reference.trees(costs, 0, column) for column in range(columns)]
    for price in (0, 3, 10, 1000):
        best = sum(min(cost + price * n for cost, n in tree) for tree in options)
        found = reference.tree_cost(costs, _cheapest(costs, price), price)
        assert found == best


def test_alpha_and_mask_say_what_is_seen(tmp_path):
    picture = np.full((4, 6, 4), 255, np.uint8)
    picture[:, :2, 3] = 100
    write_png(tmp_path / "target.png", picture)
    mask = np.zeros((8, 12), np.uint8)
    mask[:4] = 200
    write_png(tmp_path / "mask.png", mask)
    target, size = str(tmp_path / "target.png"), Size(6, 4)
    alpha = read_seen(target, None, size, 100)
    np.testing.assert_array_equal(alpha, picture[..., 3] == 255)
    both = read_seen(target, str(tmp_path / "mask.png"), size, 100)
    np.testing.assert_array_equal(both, alpha & (np.arange(4) < 2)[:, None])
    assert read_seen("astronaut", None, size, 100) is None
    write_png(tmp_path / "whole.png", picture[..., :3])
    assert read_seen(str(tmp_path / "whole.png"), None, size, 100) is None
