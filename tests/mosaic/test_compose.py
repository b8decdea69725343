"""Test mosaics as a whole: cells, color, masks, mirror images and saved files."""

import csv
import dataclasses
import json

import numpy as np
import pytest
import reference
from mosaic_samples import half_flat_scene, random_scene, sample_tile_set
from PIL import Image

from pigeonhole.imaging.resize import to_gray
from pigeonhole.matching import render
from pigeonhole.matching.assignment import TooFewTiles
from pigeonhole.mosaic import Target, make_mosaic, make_tutorial_mosaic
from pigeonhole.mosaic.compose import NoVisibleCells
from pigeonhole.mosaic.quality import quality
from pigeonhole.settings import MosaicOptions
from pigeonhole.settings.repetition import RepetitionSettings
from pigeonhole.tiles import TileSet

PLAIN = MosaicOptions(match="exact", mirror=False, color_transfer=0)


def save(mosaic, image, table):
    """Write the image of a mosaic, from the tile set's own pixels, and its table."""
    mosaic.save_image(image, "me")
    mosaic.save_placement(table)


@pytest.mark.parametrize("color", [(), (3,)])
def test_every_cell_has_the_nearest_tile(tmp_path, color):
    random = np.random.default_rng(1)
    tiles = random.integers(0, 256, (30, 4, 3, *color), np.uint8)
    target = random.integers(0, 256, (20, 18, 3), np.uint8)
    mosaic = make_mosaic(target, sample_tile_set(tiles), PLAIN)
    save(mosaic, tmp_path / "mosaic.png", tmp_path / "placement.csv")

    frame = target if color else to_gray(target)
    expected = reference.place(frame, tiles)
    image = np.asarray(Image.open(tmp_path / "mosaic.png"))
    with (tmp_path / "placement.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == expected.size
    for row in rows:
        y, x = int(row["row"]), int(row["column"])
        cell = (slice(4 * y, 4 * y + 4), slice(3 * x, 3 * x + 3))
        assert int(row["tile"]) == expected[y, x]
        assert int(row["distance"]) == reference.sad(frame[cell], tiles[expected[y, x]])
        np.testing.assert_array_equal(image[cell], tiles[expected[y, x]])
        assert (row["tile_id"], row["photo"], row["photographer"]) == (
            "abc",
            "p.jpg",
            "Ann",
        )


def test_mirror_images_are_used_and_credited_as_their_tiles(tmp_path):
    _, tiles = random_scene(tiles=5)
    target = render(tiles.tiles[:, :, ::-1], np.array([[3, 1], [2, 0]]))
    options = PLAIN.model_copy(update={"mirror": True})
    mosaic = make_mosaic(target, tiles, options)
    np.testing.assert_array_equal(mosaic.image(), target)
    assert mosaic.use_counts().tolist() == [1, 1, 1, 1, 0]
    save(mosaic, tmp_path / "m.png", tmp_path / "p.csv")
    with (tmp_path / "p.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["tile"] for row in rows] == ["3", "1", "2", "0"]
    assert {row["mirrored"] for row in rows} == {"1"}
    assert {row["photographer"] for row in rows} == {"Ann"}


@pytest.mark.parametrize("color", [(), (3,)])
def test_masked_cells_are_transparent_and_not_measured(tmp_path, color):
    target, tiles = half_flat_scene(color=color)
    mask = np.zeros((24, 24), bool)
    mask[:, 12:] = True
    mosaic = make_mosaic(target, tiles, PLAIN, mask)
    # The middle column is half visible, which is enough.
    assert len(mosaic.layout) == 6
    assert mosaic.layout.grid is None
    complete = make_mosaic(target, tiles, PLAIN)
    np.testing.assert_array_equal(mosaic.placement, complete.placement[:, 1:].ravel())
    save(mosaic, tmp_path / "m.png", tmp_path / "p.csv")
    with Image.open(tmp_path / "m.png") as opened:
        image = np.asarray(opened)
    assert not image[:, :8, 3].any()
    assert (image[:, 8:, 3] == 255).all()
    numbers = quality(mosaic, target)
    frame = complete.in_tile_channels(target).astype(int)
    errors = np.abs(frame - complete.image())[:, 8:]
    assert numbers["cells"] == 6
    assert numbers["local_error"]["mean_absolute_error"] == round(errors.mean(), 4)
    assert json.dumps(numbers)


def test_color_transfer_and_overlay_leave_empty_cells_white():
    target, tiles = half_flat_scene()
    mask = np.zeros((24, 24), bool)
    mask[:, 8:] = True
    options = MosaicOptions(color_transfer=1, overlay=0.5)
    image = make_mosaic(target, tiles, options, mask).image()
    assert (image[:, :8] == 255).all()
    assert not (image[:, 8:] == 255).all()


def test_a_mask_that_hides_everything_is_rejected():
    target, tiles = half_flat_scene()
    with pytest.raises(NoVisibleCells, match="no cell of the target is at least half"):
        make_mosaic(target, tiles, mask=np.zeros((24, 24), bool))


@pytest.mark.parametrize("match", ["exact", "perceptual"])
def test_repetition_limits_hold_and_the_gap_is_known(match):
    random = np.random.default_rng(4)
    tiles = random.integers(0, 256, (30, 4, 3, 3), np.uint8)
    target = random.integers(0, 256, (20, 18, 3), np.uint8)
    limits = RepetitionSettings(max_uses=1)
    options = MosaicOptions(match=match, mirror=False, repetition=limits)
    mosaic = make_mosaic(target, sample_tile_set(tiles), options)
    assert mosaic.use_counts().max() == 1
    assert mosaic.optimality_gap == (0 if match == "exact" else None)
    options = MosaicOptions(match=match, mirror=False)
    unlimited = make_mosaic(target, sample_tile_set(tiles), options)
    cost = mosaic.distances.sum()
    assert unlimited.distances.sum() < cost or match == "perceptual"


def test_too_few_tiles_for_the_limits_are_rejected():
    tiles = np.zeros((5, 4, 3, 3), np.uint8)
    limits = RepetitionSettings(max_uses=1)
    options = MosaicOptions(match="exact", mirror=False, repetition=limits)
    with pytest.raises(TooFewTiles) as caught:
        make_mosaic(np.zeros((20, 18, 3), np.uint8), sample_tile_set(tiles), options)
    assert caught.value.missing == 25


def test_modes_by_means_have_no_optimality_gap():
    tiles = sample_tile_set(np.zeros((5, 4, 3, 3), np.uint8))
    target = np.zeros((4, 3, 3), np.uint8)
    mosaic = make_mosaic(target, tiles, MosaicOptions(match="mean"))
    assert mosaic.optimality_gap is None


@pytest.mark.parametrize("masked", [False, True])
def test_the_tutorials_match_main_crops_by_brightness(masked):
    image, tile_set = random_scene(tiles=30)
    mask = np.arange(30) < np.full((24, 1), 14) if masked else None
    # Three variants of each of ten photos.
    rows = [
        dataclasses.replace(row, source_id=str(row.tile // 3)) for row in tile_set.rows
    ]
    variants = TileSet(tile_set.tiles, rows)
    mosaic = make_tutorial_mosaic(Target(image, image, image, mask), variants)
    mains = TileSet(tile_set.tiles[::3], rows[::3])
    options = MosaicOptions(match="mean", mirror=False, color_transfer=0)
    expected = make_mosaic(image, mains, options, mask)
    np.testing.assert_array_equal(mosaic.placement, expected.placement)
    np.testing.assert_array_equal(mosaic.image(), expected.image())
    assert {row.tile for row in mosaic.placed_rows()} <= set(range(0, 30, 3))
