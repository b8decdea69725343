"""The crops of tiles are read again from their photos."""

import dataclasses

import numpy as np
import pytest
from mosaic_samples import load_crops
from PIL import Image

from pigeonhole.core.errors import UnreadableImage
from pigeonhole.core.geometry import Size
from pigeonhole.faces import FaceRow
from pigeonhole.imaging.codecs import write_png
from pigeonhole.imaging.resize import resize
from pigeonhole.photos.ledger import PhotoRow
from pigeonhole.settings import TileSetSettings
from pigeonhole.tiles import TileRow
from pigeonhole.tiles import crops as crops_module
from pigeonhole.tiles.crops import (
    ChangedPhoto,
    MissingPhoto,
    count_upscaled,
    folder_ledger,
    iter_crops,
    largest_size,
    size_at_width,
)
from pigeonhole.tiles.cut import cut_tiles


def make_photo(folder, name, width, height, seed):
    image = np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)
    write_png(folder / name, image)
    row = PhotoRow(name, "demo", "Ann", "", "", "", "CC0", width, height, "")
    return row, image


@pytest.fixture
def cut(tmp_path):
    """Two photos with three faces, and a function that cuts their tiles of 6x8."""
    photos = [
        make_photo(tmp_path, "b.png", 60, 50, 1),
        make_photo(tmp_path, "a.png", 90, 80, 2),
    ]
    faces = [
        FaceRow("b.png", 10, 10, 20, 20, 5.0),
        FaceRow("a.png", 30, 20, 40, 40, 5.0),
        FaceRow("a.png", 2, 2, 10, 10, 5.0),
    ]

    def cut(color=True, variants=1):
        settings = TileSetSettings(size=Size(6, 8), color=color, variants=variants)
        rows = [row for row, _ in photos]
        return cut_tiles(settings, 0.1, rows, faces, tmp_path), rows, dict(photos)

    return cut


@pytest.mark.parametrize("color", [True, False])
def test_crops_at_the_tile_size_equal_the_tiles(tmp_path, cut, color):
    tile_set, photos, _ = cut(color, variants=12)
    assert {row.rotation for row in tile_set.rows} > {0}
    tiles = load_crops(tile_set.rows, photos, tmp_path, Size(6, 8), color=color)
    np.testing.assert_array_equal(tiles, tile_set.tiles)
    rows = [tile_set.rows[number] for number in (2, 0, 2)]
    tiles = load_crops(rows, photos, tmp_path, Size(6, 8), color=color)
    np.testing.assert_array_equal(tiles, tile_set.tiles[[2, 0, 2]])


def test_a_crop_at_full_size_equals_the_photo(tmp_path, cut):
    tile_set, photos, images = cut()
    for row in tile_set.rows:
        (tile,) = load_crops([row], photos, tmp_path, Size(row.width, row.height))
        image = images[next(other for other in photos if other.photo == row.photo)]
        np.testing.assert_array_equal(tile, row.crop.crop(image))


def test_each_photo_is_read_once_for_several_sizes(tmp_path, cut, monkeypatch):
    tile_set, photos, _ = cut()
    read, paths = crops_module.read_content, []
    monkeypatch.setattr(
        crops_module,
        "read_content",
        lambda path, limit: paths.append(path) or read(path, limit),
    )
    sizes = Size(9, 12), Size(3, 4)
    crops = list(iter_crops(tile_set.rows, photos, tmp_path, *sizes))
    assert sorted(index for index, _ in crops) == [0, 0, 1, 1, 2, 2]
    assert [tile.shape for _, tile in crops] == [(12, 9, 3), (4, 3, 3)] * 3
    assert len(paths) == 2
    large = next(tile for index, tile in crops if index == 1)
    expected = load_crops(tile_set.rows[1:2], photos, tmp_path, Size(9, 12))
    np.testing.assert_array_equal(large, expected[0])
    assert resize(large, 3, 4).shape == (4, 3, 3)


def test_a_missing_or_changed_photo_is_reported(tmp_path, cut):
    tile_set, photos, _ = cut()
    with pytest.raises(MissingPhoto, match=r"tile 0 .* it isn't in the ledger"):
        load_crops(tile_set.rows, photos[:1], tmp_path, Size(6, 8))
    other = [dataclasses.replace(row, width=row.width + 1) for row in photos]
    with pytest.raises(ChangedPhoto, match="90x80 pixels instead of 91x80"):
        load_crops(tile_set.rows, other, tmp_path, Size(6, 8))
    (tmp_path / "a.png").unlink()
    with pytest.raises(UnreadableImage, match="no such file"):
        load_crops(tile_set.rows, photos, tmp_path, Size(6, 8))


def test_sizes_have_the_aspect_ratio_and_upscaled_crops_are_counted(cut):
    tile_set, _, _ = cut()
    widths = sorted(row.width for row in tile_set.rows)
    assert size_at_width(Size(12, 16), 100) == (100, 133)
    assert size_at_width(Size(100, 1), 20) == (20, 1)
    assert largest_size(tile_set.rows, Size(6, 8)).width == widths[0]
    assert count_upscaled(tile_set.rows, largest_size(tile_set.rows, Size(6, 8))) == 0
    assert count_upscaled(tile_set.rows, Size(widths[0] + 1, 20)) == 1


def test_the_ledger_of_a_folder_has_sizes_after_rotation(tmp_path):
    image = np.random.default_rng(1).integers(0, 256, (20, 30, 3), np.uint8)
    photo = Image.fromarray(image)
    exif = Image.Exif()
    exif[0x0112] = 6
    (tmp_path / "sub").mkdir()
    photo.save(tmp_path / "sub" / "rotated.jpg", exif=exif)
    photo.save(tmp_path / "plain.png")
    credit = ("", "", "", "", "")
    rows = [
        TileRow(0, "a", "a", "sub/rotated.jpg", 0, 0, 20, 30, 0, *credit),
        TileRow(1, "b", "b", "plain.png", 0, 0, 30, 20, 0, *credit),
        TileRow(2, "c", "c", "plain.png", 1, 1, 8, 9, 0, *credit),
    ]
    ledger = folder_ledger(rows, tmp_path, 1000)
    assert [(row.photo, row.width, row.height) for row in ledger] == [
        ("plain.png", 30, 20),
        ("sub/rotated.jpg", 20, 30),
    ]
    (tile,) = load_crops(rows[1:2], ledger, tmp_path / "elsewhere", Size(30, 20))
    np.testing.assert_array_equal(tile, image)
    assert load_crops(rows[:1], ledger, tmp_path, Size(2, 3)).shape == (1, 3, 2, 3)
