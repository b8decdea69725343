"""One mosaic from a folder of photos."""

import cv2
import numpy as np
import pytest
from PIL import Image

import pigeonhole
from pigeonhole.core.errors import SettingsError
from pigeonhole.imaging.codecs import read_rgb, write_jpeg, write_png
from pigeonhole.matching import TileIndex
from pigeonhole.mosaic.from_folder import check_output, mosaic_from_folder
from pigeonhole.settings import FOLDER_MOSAIC, MosaicSettings, TileSetSettings
from pigeonhole.tiles import TileSet

SETTINGS = FOLDER_MOSAIC.model_copy(update={"width": 24})
TILES = TileSetSettings(cut="photos", size="6x4")


@pytest.fixture
def folder(tmp_path):
    random = np.random.default_rng(5)
    write_png(tmp_path / "target.png", random.integers(0, 256, (16, 24, 3), np.uint8))
    for number in range(6):
        photo = np.full((20, 30, 3), random.integers(0, 256, 3), np.uint8)
        write_jpeg(tmp_path / "photos" / f"{number}.jpg", photo)
    return tmp_path


def make(folder, settings=SETTINGS, **options):
    paths = folder / "target.png", folder / "photos"
    return mosaic_from_folder(*paths, settings, TILES, **options)


def test_a_notebook_shows_the_mosaic(folder):
    assert pigeonhole.mosaic_from_folder is mosaic_from_folder
    result = make(folder)
    encoded = np.frombuffer(result._repr_jpeg_(), np.uint8)
    shown = cv2.imdecode(encoded, cv2.IMREAD_COLOR)
    assert shown.shape == result.mosaic.image().shape == (16, 24, 3)


def test_a_saved_tile_set_has_its_index_and_gives_the_same_mosaic(folder):
    path = folder / "tiles.npz"
    first = make(folder)
    first.save(folder / "m.png", save_tiles=path)
    TileIndex.load(path.with_suffix(".index"), TileSet.load(path).tiles)
    again = mosaic_from_folder(str(folder / "target.png"), str(path), SETTINGS)
    np.testing.assert_array_equal(again.mosaic.placement, first.mosaic.placement)


def test_without_a_tile_width_the_tiles_of_the_set_are_drawn(folder):
    result = make(folder, SETTINGS.model_copy(update={"tile_width": None}))
    assert result.save(folder / "m.png") == (24, 16)
    np.testing.assert_array_equal(read_rgb(folder / "m.png"), result.mosaic.image())
    assert result.save(folder / "m.jpg") == (24, 16)
    assert read_rgb(folder / "m.jpg").shape == (16, 24, 3)


def test_by_default_an_image_is_drawn_from_the_photos(folder):
    result = make(folder)
    # The crops are 30 pixels wide.
    assert result.save(folder / "m.png") == (120, 80)
    large = read_rgb(folder / "m.png").astype(int)
    tiles = result.mosaic.image().repeat(5, axis=0).repeat(5, axis=1)
    # Each photo has a single color.
    assert np.abs(large - tiles).max() <= 1
    with Image.open(folder / "m.png") as opened:
        assert "Photo mosaic of target" in opened.info["xmp"].decode()
    assert result.save(folder / "m.jpg") == (120, 80)
    assert read_rgb(folder / "m.jpg").shape == (80, 120, 3)


def test_without_photos_the_tiles_of_the_set_are_drawn(folder):
    path = folder / "tiles.npz"
    make(folder).save(folder / "o.png", save_tiles=path)
    result = mosaic_from_folder(folder / "target.png", path, SETTINGS)
    assert result.save(folder / "m.png") == (24, 16)
    np.testing.assert_array_equal(read_rgb(folder / "m.png"), result.mosaic.image())


@pytest.mark.parametrize(
    ("output", "settings", "key"),
    [
        ("m.gif", MosaicSettings(), "output"),
        ("m.tif", MosaicSettings(), "tiles"),
        ("m.png", MosaicSettings(tile_width=40), "tiles"),
        ("m.png", MosaicSettings(print={"size": "A6"}), "tiles"),
    ],
)
def test_outputs_that_cannot_be_written_are_rejected(tmp_path, output, settings, key):
    with pytest.raises(SettingsError) as caught:
        check_output(tmp_path / output, tmp_path / "tiles.npz", settings)
    assert caught.value.key == key


def test_wrong_inputs_are_rejected(folder):
    for target, photos, key in (
        ("no.png", folder / "photos", "target"),
        ("astronaut", folder / "none", "tiles"),
        ("astronaut", folder / "target.png", "tiles"),
    ):
        with pytest.raises(SettingsError) as caught:
            mosaic_from_folder(target, photos)
        assert caught.value.key == key
