"""Tests for tile sets cut from a folder of photos."""

from skimage import data

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
