"""Crops of photos on demand."""

from concurrent.futures import ThreadPoolExecutor

import cv2
import numpy as np
import pytest
from PIL import Image

from pigeonhole.core.errors import UnreadableImage
from pigeonhole.core.geometry import Size
from pigeonhole.imaging.codecs import read_rgb
from pigeonhole.studio.preview import crops
from pigeonhole.studio.preview.crops import CropReader
from pigeonhole.tiles import TileRow
from pigeonhole.tiles.crop import cut_tile

ORIENTATION = 0x0112


def row(photo, x, y, width, height, rotation=0):
    return TileRow(0, "a", "a", photo, x, y, width, height, rotation, *[""] * 5)


@pytest.fixture
def folder(tmp_path):
    """A folder with smooth photos, one of them upright only by its metadata."""
    noise = np.random.default_rng(1).integers(0, 256, (9, 12, 3), np.uint8)
    image = Image.fromarray(
        cv2.resize(noise, (1200, 900), interpolation=cv2.INTER_CUBIC)
    )
    image.save(tmp_path / "a.jpg", quality=95)
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    image.save(tmp_path / "turned.jpg", quality=95, exif=exif)
    image.save(tmp_path / "b.png")
    return tmp_path


@pytest.mark.parametrize("name", ["a.jpg", "turned.jpg", "b.png"])
@pytest.mark.parametrize("rotation", [0, 10])
def test_crops_equal_those_of_the_whole_photo(folder, name, rotation):
    tile = row(name, 200, 150, 300, 400, rotation)
    photo = read_rgb(folder / name)
    for width in (300, 30, 75):
        # The first crop is at full resolution, so that nothing may differ.
        reader = CropReader(folder, 10**9)
        size = Size(width, width * 4 // 3)
        found = reader.read(tile, size)
        exact = cut_tile(photo, tile.crop, size, color=True, rotation=rotation)
        if width == 300:
            np.testing.assert_array_equal(found, exact)
        difference = np.abs(found.astype(int) - exact)
        assert difference.mean() < 3
        assert difference.max() < 20


def test_a_larger_crop_is_as_sharp_as_one_that_is_read_first(folder):
    tile, reader = row("a.jpg", 0, 0, 600, 900), CropReader(folder, 10**9)
    small = reader.read(tile, Size(20, 30))
    large = Size(600, 900)
    fresh = CropReader(folder, 10**9)
    np.testing.assert_array_equal(reader.read(tile, large), fresh.read(tile, large))
    assert small.shape == (30, 20, 3)
    assert reader.read(tile, Size(20, 30), color=False).shape == (30, 20)


def test_few_photos_are_in_memory_and_threads_share_them(folder, monkeypatch):
    decoded = []
    decode = crops.decode_small

    def count(content, path, *options):
        decoded.append(path.name)
        return decode(content, path, *options)

    monkeypatch.setattr(crops, "decode_small", count)
    reader, size = CropReader(folder, 10**9), Size(300, 400)
    tiles = [row(name, 10, 10, 300, 400) for name in ("a.jpg", "b.png")]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda n: reader.read(tiles[n % 2], size), range(12)))
    assert sorted(decoded) == ["a.jpg", "b.png"]
    monkeypatch.setattr(crops, "MAX_CACHE_BYTES", 1)
    for tile in (*tiles, *tiles):
        reader.read(tile, size)
    assert len(decoded) >= 5


def test_a_missing_photo_is_one_sentence(folder):
    reader = CropReader(folder, 10**9)
    with pytest.raises(UnreadableImage, match=r"gone\.jpg can't be used: no such file"):
        reader.read(row("gone.jpg", 0, 0, 10, 10), Size(5, 5))
