"""Test drawings of saved mosaics and the sizes of their tiles."""

import dataclasses

import numpy as np
import pytest

from pigeonhole.mosaic import Target
from pigeonhole.mosaic.render import drawing
from pigeonhole.mosaic.render.drawing import Drawing, StalePlacement


def test_full_is_the_largest_size_without_upscaling(mosaic_of_photos):
    rendered = Drawing.from_mosaic(mosaic_of_photos()[0])
    assert rendered.tile_size("full") == (33, 44)
    assert rendered.tile_size(None) == (6, 8)
    rows = [dataclasses.replace(row, width=17) for row in rendered.rows]
    assert dataclasses.replace(rendered, rows=rows).tile_size("full") == (17, 23)


def test_auto_is_no_wider_than_the_crops_and_limits_the_pixels(
    mosaic_of_photos, monkeypatch
):
    mosaic = mosaic_of_photos()[0]
    rendered = Drawing.from_mosaic(mosaic)
    assert rendered.tile_size("auto") == (33, 44)
    rows = [dataclasses.replace(row, width=90) for row in rendered.rows]
    assert dataclasses.replace(rendered, rows=rows).tile_size("auto") == (36, 48)
    rows = [dataclasses.replace(row, width=2) for row in rendered.rows]
    assert dataclasses.replace(rendered, rows=rows).tile_size("auto") == (6, 8)
    monkeypatch.setattr(drawing, "AUTO_PIXELS", 30_000)
    size = rendered.page("auto").size
    assert 25_000 < size.width * size.height <= 30_000
    monkeypatch.setattr(drawing, "AUTO_PIXELS", 10)
    assert rendered.tile_size("auto") == (6, 8)


def test_a_page_has_the_size_of_the_mosaic(mosaic_of_photos):
    rendered = Drawing.from_mosaic(mosaic_of_photos()[0])
    assert rendered.page(12) == ((84, 80), (84, 80), 0, 0)
    assert rendered.page(None).size == rendered.size


def test_a_saved_mosaic_gives_the_same_drawing(tmp_path, mosaic_of_photos):
    mosaic, _, image = mosaic_of_photos(
        mirror=True, color_transfer=0.4, histogram_matching=0.6
    )
    table = tmp_path / "placement.csv"
    mosaic.save_placement(table)
    count, target = mosaic.tile_count, Target(image, image, image, None)
    rows, tiles = mosaic.tile_set.rows[:count], mosaic.tile_set.tiles[:count]
    tile_set = dataclasses.replace(mosaic.tile_set, tiles=tiles, rows=rows)
    read = Drawing.read(table, target, tile_set, mosaic.options)
    rendered = Drawing.from_mosaic(mosaic)
    for name in ("boxes", "numbers", "mirrored", "gains", "offsets", "target"):
        np.testing.assert_array_equal(getattr(read, name), getattr(rendered, name))
    assert (read.size, read.tile) == (rendered.size, rendered.tile)

    other_target = target._replace(image=image[:8])
    with pytest.raises(StalePlacement, match=r"placement\.csv was made for another"):
        Drawing.read(table, other_target, tile_set, mosaic.options)
    fewer = dataclasses.replace(tile_set, tiles=tile_set.tiles[:2], rows=rows[:2])
    with pytest.raises(StalePlacement):
        Drawing.read(table, target, fewer, mosaic.options)
