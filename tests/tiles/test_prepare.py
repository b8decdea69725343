"""Tests for tile sets cut from a folder of photos."""

from skimage import data

from pigeonhole.core.geometry import Box
from pigeonhole.imaging.codecs import write_jpeg
from pigeonhole.settings import TileSetSettings
from pigeonhole.tiles.prepare import load_or_cut_tiles


def test_a_cache_that_cannot_be_written_changes_no_result(tmp_path, caplog):
    photos, cache = tmp_path / "photos", tmp_path / "cache"
    write_jpeg(photos / "a.jpg", data.astronaut())
    settings = TileSetSettings(cut="photos", size="12x16")
    expected, path = load_or_cut_tiles(photos, settings, 10**6, cache / "good")
    assert path.is_file()
    (cache / "bad").write_text("a file in place of the folder")
    tile_set, path = load_or_cut_tiles(photos, settings, 10**6, cache / "bad")
    assert path is None
    assert (tile_set.tiles == expected.tiles).all()
    assert "The cache can't be written" in caplog.text


def test_crops_of_a_folder_keep_faces_whole(tmp_path):
    write_jpeg(tmp_path / "a.jpg", data.astronaut())
    settings = TileSetSettings(cut="photos", size="12x16", min_crop=0.5)
    tile_set, _ = load_or_cut_tiles(tmp_path, settings, 10**6, None)
    face = Box(185, 75, 70, 100)
    assert len(tile_set.tiles) == 12
    assert min(row.width for row in tile_set.rows) < 0.6 * tile_set.rows[0].width
    for row in tile_set.rows:
        assert row.crop.intersection(face) == face.area
