"""Tiles drawn again from their photos."""

import dataclasses

import numpy as np
import pytest
from PIL import Image

from pigeonhole.core.errors import UnreadablePhoto
from pigeonhole.core.geometry import Size
from pigeonhole.faces import FaceRow
from pigeonhole.imaging.codecs import write_png
from pigeonhole.imaging.resize import resize
from pigeonhole.photos.ledger import PhotoRow
from pigeonhole.settings import TileSetSettings
from pigeonhole.tiles import TileRow, cut_tiles
from pigeonhole.tiles import crops as module
from pigeonhole.tiles.crops import (
    LostPhoto,
    crops,
    each_crop,
    enlarged,
    largest,
    ledger_of,
    scaled,
)


def photo(folder, name, width, height, seed):
    picture = np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)
    write_png(folder / name, picture)
    row = PhotoRow(name, "demo", "Ann", "", "", "", "CC0", width, height, "")
    return row, picture


@pytest.fixture
def cut(tmp_path):
    """Two photos with three faces, and the tiles of 6x8 cut from them."""
    photos = [photo(tmp_path, "b.png", 60, 50, 1), photo(tmp_path, "a.png", 90, 80, 2)]
    faces = [
        FaceRow("b.png", 10, 10, 20, 20, 5.0),
        FaceRow("a.png", 30, 20, 40, 40, 5.0),
        FaceRow("a.png", 2, 2, 10, 10, 5.0),
    ]

    def made(colour=True):
        settings = TileSetSettings(size=Size(6, 8), colour=colour)
        rows = [row for row, _ in photos]
        return cut_tiles(settings, 0.1, rows, faces, tmp_path), rows, dict(photos)

    return made


@pytest.mark.parametrize("colour", [True, False])
def test_at_their_own_size_tiles_are_the_sets_own(tmp_path, cut, colour):
    tile_set, photos, _ = cut(colour)
    again = crops(tile_set.rows, photos, tmp_path, Size(6, 8), colour=colour)
    np.testing.assert_array_equal(again, tile_set.tiles)
    some = [tile_set.rows[number] for number in (2, 0, 2)]
    again = crops(some, photos, tmp_path, Size(6, 8), colour=colour)
    np.testing.assert_array_equal(again, tile_set.tiles[[2, 0, 2]])


def test_at_full_size_a_tile_is_the_photo_itself(tmp_path, cut):
    tile_set, photos, pictures = cut()
    for row in tile_set.rows:
        (tile,) = crops([row], photos, tmp_path, Size(row.width, row.height))
        picture = pictures[next(one for one in photos if one.photo == row.photo)]
        part = picture[row.y : row.y + row.height, row.x : row.x + row.width]
        np.testing.assert_array_equal(tile, part)


def test_several_sizes_come_from_one_look_at_each_photo(tmp_path, cut, monkeypatch):
    tile_set, photos, _ = cut()
    read, looks = module.read_rgb, []
    monkeypatch.setattr(
        module, "read_rgb", lambda path, **limits: looks.append(path) or read(path)
    )
    sizes = Size(9, 12), Size(3, 4)
    found = list(each_crop(tile_set.rows, photos, tmp_path, *sizes))
    assert sorted(place for place, _ in found) == [0, 0, 1, 1, 2, 2]
    assert [tile.shape for _, tile in found] == [(12, 9, 3), (4, 3, 3)] * 3
    assert len(looks) == 2
    large = next(tile for place, tile in found if place == 1)
    one = crops(tile_set.rows[1:2], photos, tmp_path, Size(9, 12))
    np.testing.assert_array_equal(large, one[0])
    assert resize(large, 3, 4).shape == (4, 3, 3)


def test_a_photo_that_is_gone_is_told(tmp_path, cut):
    tile_set, photos, _ = cut()
    with pytest.raises(LostPhoto, match=r"tile 0 .* the ledger doesn't have it"):
        crops(tile_set.rows, photos[:1], tmp_path, Size(6, 8))
    other = [dataclasses.replace(row, width=row.width + 1) for row in photos]
    with pytest.raises(LostPhoto, match="it was 91x80 and is 90x80"):
        crops(tile_set.rows, other, tmp_path, Size(6, 8))
    (tmp_path / "a.png").unlink()
    with pytest.raises(UnreadablePhoto, match="no such file"):
        crops(tile_set.rows, photos, tmp_path, Size(6, 8))


def test_sizes_keep_the_tiles_aspect_and_enlargement_is_counted(cut):
    tile_set, _, _ = cut()
    widths = sorted(row.width for row in tile_set.rows)
    assert scaled(Size(12, 16), 100) == (100, 133)
    assert scaled(Size(100, 1), 20) == (20, 1)
    assert largest(tile_set.rows, Size(6, 8)).width == widths[0]
    assert enlarged(tile_set.rows, largest(tile_set.rows, Size(6, 8))) == 0
    assert enlarged(tile_set.rows, Size(widths[0] + 1, 20)) == 1


def test_a_ledger_of_a_folder_knows_photos_as_they_are_seen(tmp_path):
    picture = np.random.default_rng(1).integers(0, 256, (20, 30, 3), np.uint8)
    image = Image.fromarray(picture)
    turned = Image.Exif()
    turned[0x0112] = 6
    (tmp_path / "sub").mkdir()
    image.save(tmp_path / "sub" / "turned.jpg", exif=turned)
    image.save(tmp_path / "plain.png")
    facts = ("", "", "", "", "")
    rows = [
        TileRow(0, "a", "sub/turned.jpg", 0, 0, 20, 30, *facts),
        TileRow(1, "b", "plain.png", 0, 0, 30, 20, *facts),
        TileRow(2, "c", "plain.png", 1, 1, 8, 9, *facts),
    ]
    ledger = ledger_of(rows, tmp_path, 1000)
    assert [(row.photo, row.width, row.height) for row in ledger] == [
        ("plain.png", 30, 20),
        ("sub/turned.jpg", 20, 30),
    ]
    (tile,) = crops(rows[1:2], ledger, tmp_path / "elsewhere", Size(30, 20))
    np.testing.assert_array_equal(tile, picture)
    assert crops(rows[:1], ledger, tmp_path, Size(2, 3)).shape == (1, 3, 2, 3)
