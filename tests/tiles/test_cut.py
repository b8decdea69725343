"""Tiles are cut from faces and whole photos."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pigeonhole.core.geometry import Box, Size
from pigeonhole.core.shards import Shard
from pigeonhole.faces import FaceRejection, FaceRow
from pigeonhole.imaging.codecs import write_png
from pigeonhole.photos.ledger import PhotoRow
from pigeonhole.photos.removal_list import RemovalList
from pigeonhole.settings import FaceSettings, TileSetSettings
from pigeonhole.tiles.cut import (
    NoTiles,
    build_tile_set,
    crop_box,
    cut_tiles,
    join_shards,
    plan_crops,
    save_shard,
)


def ledger_row(photo, width, height):
    return PhotoRow(
        photo, "demo", "Ann", "https://a", "https://p", "", "CC0", width, height, ""
    )


@pytest.fixture
def photo(tmp_path):
    """A photo of 80x60, red on the left and green on the right."""
    image = np.zeros((60, 80, 3), np.uint8)
    image[:, :40, 0] = image[:, 40:, 1] = 200
    write_png(tmp_path / "a.jpg", image)
    return ledger_row("a.jpg", 80, 60)


def test_tiles_show_the_kept_faces(tmp_path, photo):
    rejected = FaceRow("a.jpg", 30, 20, 20, 20, 0.1, rejection=FaceRejection.LOW_SCORE)
    faces = [
        FaceRow("a.jpg", 50, 20, 20, 20, 5.0),
        FaceRow("a.jpg", 5, 20, 20, 20, 5.0),
        rejected,
    ]
    settings = TileSetSettings(size=Size(6, 8))
    tile_set = cut_tiles(settings, 0.1, [photo], faces, tmp_path)
    assert tile_set.tiles.shape == (2, 8, 6, 3)
    assert (tile_set.tiles[0] == [200, 0, 0]).all()
    assert (tile_set.tiles[1] == [0, 200, 0]).all()
    assert [(row.tile, row.photographer, row.license) for row in tile_set.rows] == [
        (0, "Ann", "CC0"),
        (1, "Ann", "CC0"),
    ]


def test_tiles_can_show_whole_photos(tmp_path, photo):
    settings = TileSetSettings(cut="photos", size=Size(4, 4), color=False)
    tile_set = cut_tiles(settings, 0.0, [photo], [], tmp_path)
    assert tile_set.tiles.shape == (1, 4, 4)
    # The middle 60x60 of the photo. Red is darker than green.
    assert tile_set.tiles[0, 0, 0] == 60
    assert tile_set.tiles[0, 0, 3] == 117
    assert tile_set.rows[0].x == 10


def test_removed_faces_are_not_cut(tmp_path, photo):
    faces = [FaceRow("a.jpg", x, 20, 20, 20, 5.0) for x in (5, 50)]
    removed = RemovalList(faces={"a.jpg": [Box(6, 21, 19, 18)]})
    tile_set = cut_tiles(TileSetSettings(), 0.1, [photo], faces, tmp_path, removed)
    assert len(tile_set.tiles) == 1
    assert tile_set.rows[0].x > 40


@pytest.mark.parametrize("color", [True, False])
def test_shards_together_equal_the_tile_set(tmp_path, photo, color):
    faces = [FaceRow("a.jpg", 5 * n, 20, 8, 8, 5.0) for n in range(14)]
    settings = TileSetSettings(size=Size(6, 8), color=color)
    expected = cut_tiles(settings, 0.1, [photo], faces, tmp_path)
    crops = plan_crops(settings, 0.1, [photo], faces)
    # With more shards than tiles some are empty.
    for shards in (3, 20):
        paths = [tmp_path / f"{shard}.npy" for shard in range(shards)]
        for shard, path in enumerate(paths):
            save_shard(path, crops, settings, tmp_path, Shard(shard, shards))
        joined = build_tile_set(join_shards(paths, crops), "faces")
        np.testing.assert_array_equal(joined.tiles, expected.tiles)
        assert joined.rows == expected.rows


def test_equal_tiles_are_kept_once(tmp_path, photo):
    faces = [FaceRow("a.jpg", 1 + 5 * n, 20, 8, 8, 5.0) for n in range(3)]
    tile_set = cut_tiles(TileSetSettings(), 0.0, [photo], faces, tmp_path)
    assert len(tile_set.tiles) == 1


@pytest.mark.parametrize(
    ("cut", "hint"), [("faces", "cut whole photos"), ("photos", r"change photos\.\*")]
)
def test_no_tiles_are_an_error_with_a_hint(tmp_path, cut, hint):
    with pytest.raises(NoTiles, match=hint):
        cut_tiles(TileSetSettings(cut=cut), 0.1, [], [], tmp_path)


sides = st.integers(1, 300)


@given(
    box=st.builds(Box, st.integers(0, 250), st.integers(0, 250), sides, sides),
    photo=st.builds(Size, sides, sides),
    tile=st.builds(Size, st.integers(1, 64), st.integers(1, 64)),
    margin=st.floats(0, 1),
)
def test_a_crop_is_inside_the_photo_and_has_the_aspect_ratio(box, photo, tile, margin):
    x, y, width, height = crop_box(box, photo, tile, margin)
    assert 0 <= x <= x + width <= photo.width
    assert 0 <= y <= y + height <= photo.height
    # Rounding to pixels moves each side by at most half a pixel, or up to one pixel.
    scale = min(width / tile.width, height / tile.height)
    assert abs(width - scale * tile.width) <= 1 + tile.width / tile.height
    assert abs(height - scale * tile.height) <= 1 + tile.height / tile.width


def test_a_crop_contains_the_box_and_its_margin():
    crop = crop_box(Box(100, 100, 40, 40), Size(400, 400), Size(12, 16), 0.25)
    assert crop == (90, 80, 60, 80)


def test_a_crop_contains_the_whole_head():
    """A Haar box of 100 spans brows to chin; a head is about 125 wide and 165 tall."""
    box, photo = Box(500, 500, 100, 100), Size(2000, 2000)
    crop = crop_box(box, photo, Size(12, 16), FaceSettings().margin)
    assert crop.width >= 125
    assert crop.height >= 165
