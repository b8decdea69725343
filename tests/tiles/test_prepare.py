"""Tests for tile sets cut from a folder of photos."""

import io
from dataclasses import replace

import numpy as np
import pytest
import pyvips
from image_samples import PROFILES, encode
from PIL import Image, ImageCms
from skimage import data

from pigeonhole.core.errors import SettingsError
from pigeonhole.core.geometry import Box, Size
from pigeonhole.imaging.codecs import write_jpeg, write_png
from pigeonhole.imaging.fingerprint import fingerprint
from pigeonhole.imaging.resize import resize
from pigeonhole.mosaic import prepare_target
from pigeonhole.photos.identity import Identity
from pigeonhole.photos.ledger import PhotoRow, Rejection, SkippedRow
from pigeonhole.photos.list_file import Entry, EntryList
from pigeonhole.settings import TileSetSettings
from pigeonhole.tiles import prepare
from pigeonhole.tiles.crops import folder_ledger, iter_crops
from pigeonhole.tiles.cut import NoTiles
from pigeonhole.tiles.prepare import NoPhotosInFolder, load_or_cut_tiles


def test_a_cache_that_cannot_be_written_changes_no_result(tmp_path, caplog):
    photos, cache = tmp_path / "photos", tmp_path / "cache"
    write_jpeg(photos / "a.jpg", data.astronaut())
    settings = TileSetSettings(cut="photos", size="12x16")
    expected, path, _ = load_or_cut_tiles(photos, settings, 10**6, cache / "good")
    assert path.is_file()
    (cache / "bad").write_text("a file in place of the folder")
    tile_set, path, _ = load_or_cut_tiles(photos, settings, 10**6, cache / "bad")
    assert path is None
    assert (tile_set.tiles == expected.tiles).all()
    assert "The cache can't be written" in caplog.text


def test_crops_of_a_folder_keep_faces_whole(tmp_path):
    write_jpeg(tmp_path / "a.jpg", data.astronaut())
    settings = TileSetSettings(cut="photos", size="12x16", min_crop=0.5)
    tile_set, *_ = load_or_cut_tiles(tmp_path, settings, 10**6, None)
    face = Box(185, 75, 70, 100)
    assert len(tile_set.tiles) == 12
    assert min(row.width for row in tile_set.rows) < 0.6 * tile_set.rows[0].width
    for row in tile_set.rows:
        assert row.crop.intersection(face) == face.area


CMYK_PROFILE = bytes(pyvips.Image.profile_load("cmyk"))
PATCHES = {
    **{name: ("RGB", (70, 150, 90)) for name in PROFILES if "gray" not in name},
    **{name: ("L", 60) for name in PROFILES if "gray" in name},
    "CMYK": ("CMYK", (90, 20, 160, 30)),
}


@pytest.mark.parametrize("name", PATCHES)
def test_tiles_targets_and_prints_show_the_colors_of_the_profile(tmp_path, name):
    mode, color = PATCHES[name]
    profile = PROFILES.get(name, CMYK_PROFILE)
    patch = Image.new(mode, (64, 64), color)
    photo = tmp_path / "photos" / "patch.tif"
    photo.parent.mkdir()
    photo.write_bytes(encode(patch, "TIFF", icc_profile=profile))
    reference = ImageCms.profileToProfile(
        patch,
        ImageCms.ImageCmsProfile(io.BytesIO(profile)),
        ImageCms.createProfile("sRGB"),
        outputMode="RGB",
        flags=ImageCms.Flags.NOOPTIMIZE,
    )
    wanted = np.asarray(reference, np.int16)[0, 0]
    settings = TileSetSettings(cut="photos", size="8x8")
    tile_set, *_ = load_or_cut_tiles(photo.parent, settings, 10**6, None)
    assert np.abs(tile_set.tiles - wanted).max() <= 2
    target = prepare_target(str(photo), Size(8, 8), 64, 10**6)
    assert np.abs(target.image - wanted).max() <= 2
    # Prints and large images are rendered from these crops.
    ledger = folder_ledger(tile_set.rows, photo.parent, 10**6)
    for _, crop in iter_crops(tile_set.rows, ledger, photo.parent, Size(40, 40)):
        assert np.abs(crop - wanted).max() <= 2


def test_a_folder_without_a_usable_photo_has_a_reason(tmp_path):
    settings = TileSetSettings(cut="photos", size="8x8")
    with pytest.raises(NoPhotosInFolder, match="has no image in JPEG, PNG, WebP, HEIC"):
        load_or_cut_tiles(tmp_path, settings, 10**6, None)
    (tmp_path / "x.dng").touch()
    with pytest.raises(NoPhotosInFolder, match=r"x\.dng: raw camera files"):
        load_or_cut_tiles(tmp_path, settings, 10**6, None)
    (tmp_path / "x.jpg").touch()
    (tmp_path / "x.dng").unlink()
    with pytest.raises(NoPhotosInFolder, match=r"x\.jpg: the file is empty"):
        load_or_cut_tiles(tmp_path, settings, 10**6, None)


def test_a_photo_that_vanishes_after_the_scan_is_no_error(tmp_path, monkeypatch):
    photos, scan = tmp_path / "photos", prepare.scan_folder
    for name in ("kept.jpg", "gone.jpg"):
        write_jpeg(photos / name, data.astronaut())

    def scan_and_delete(folder):
        found = scan(folder)
        (folder / "gone.jpg").unlink()
        return found

    monkeypatch.setattr(prepare, "scan_folder", scan_and_delete)
    settings = TileSetSettings(cut="photos", size="12x16")
    tiles = load_or_cut_tiles(photos, settings, 10**6, tmp_path / "cache")
    assert {row.photo for row in tiles.tile_set.rows} == {"kept.jpg"}
    assert tiles.skipped == []


def test_a_turned_tiff_is_read_again_at_any_size(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    image = Image.fromarray(data.astronaut()[:200, :300])
    (tmp_path / "x.tif").write_bytes(encode(image, "TIFF", exif=exif))
    settings = TileSetSettings(cut="photos", size="12x16")
    tile_set, *_ = load_or_cut_tiles(tmp_path, settings, 10**6, None)
    ledger = folder_ledger(tile_set.rows, tmp_path, 10**6)
    assert (ledger[0].width, ledger[0].height) == (200, 300)
    crops = dict(iter_crops(tile_set.rows, ledger, tmp_path, Size(12, 16)))
    for number, crop in crops.items():
        np.testing.assert_array_equal(crop, tile_set.tiles[number])


def test_a_misspelled_removal_list_is_an_error_even_if_the_tiles_are_cached(tmp_path):
    write_jpeg(tmp_path / "photos/a.jpg", data.astronaut())
    settings = TileSetSettings(cut="photos", size="12x16", variants=1)
    lists = tmp_path / "removed.txt", tmp_path / "typo.txt"
    lists[0].write_text("# none yet\n")
    arguments = (tmp_path / "photos", settings, 10**6, tmp_path / "cache", 1)
    assert load_or_cut_tiles(*arguments, lists[0]).path
    with pytest.raises(SettingsError, match=r"typo\.txt': there is no such file"):
        load_or_cut_tiles(*arguments, lists[1])
    with pytest.raises(SettingsError, match="it is a folder"):
        load_or_cut_tiles(*arguments, tmp_path)


def test_removed_faces_are_not_cut_from_a_folder(tmp_path):
    """The photo has another size and name than when the face was removed."""
    image = data.astronaut()
    row = PhotoRow("old.jpg", "folder", width=512, height=512)
    row = replace(row, fingerprint=fingerprint(image))
    face = Box(177, 67, 96, 96)
    entry = Entry.of_face(Identity.of(row, image), face, row, "")
    removal_list = tmp_path / "removed.txt"
    EntryList("photos.removal_list", removal_list, []).edit([entry]).save()
    write_jpeg(tmp_path / "photos/new.jpg", resize(image, 400, 400))
    settings = TileSetSettings(size="12x16", variants=1)
    arguments = (tmp_path / "photos", settings, 10**6, None, 1)
    assert len(load_or_cut_tiles(*arguments)[0].tiles) == 1
    with pytest.raises(NoTiles):
        load_or_cut_tiles(*arguments, removal_list)


def test_skipped_files_are_grouped_by_reason(tmp_path, caplog):
    random = np.random.default_rng(3)
    folder, cache = tmp_path / "photos", tmp_path / "cache"
    for number in range(3):
        pixels = random.integers(0, 256, (4, 5, 3), np.uint8)
        write_png(folder / f"good-{number}.png", resize(pixels, 60, 40))
        (folder / f"raw-{number}.NEF").touch()
        write_png(folder / f"small-{number}.png", pixels[: number + 1])
    write_png(folder / "same.png", resize(pixels, 60, 40))
    for number in range(12):
        (folder / f"x{number}.{'abcdefghijkl'[number]}0.jpg").write_bytes(
            b"Dear diary" if number else b""
        )
    settings = TileSetSettings(cut="photos", size="6x4", variants=1)
    messages = []
    for place in (cache, cache, None):
        caplog.clear()
        tiles = load_or_cut_tiles(folder, settings, 10**6, place, max_hash_distance=4)
        messages.append(caplog.messages)
        assert len(tiles.skipped) == 19
    assert messages[0] == messages[1] == messages[2]
    raw = "raw camera files (.NEF) aren't supported; export it as JPEG."
    assert messages[0][0] == "18 files can't be used:"
    assert f"  raw-0.NEF and 2 more: {raw}" in messages[0]
    assert any(text.startswith("  small-0.png and 2 more: 5x1") for text in messages[0])
    assert "  x0.a0.jpg: the file is empty." in messages[0]
    # A file that isn't read as an image is listed as it is now.
    (folder / "raw-3.NEF").touch()
    tiles = load_or_cut_tiles(folder, settings, 10**6, cache, max_hash_distance=4)
    assert "raw-3.NEF" in {row.photo for row in tiles.skipped}


def test_only_ten_reasons_are_printed(caplog):
    rows = [
        SkippedRow(f"{letter}.jpg", Rejection.UNREADABLE, f"reason {letter}")
        for letter in "abcdefghijklm"
    ]
    prepare._with_log(None, rows, None)
    assert len(caplog.messages) == 12
    assert caplog.messages[-1] == "  And 3 more, for other reasons."


def test_photos_without_a_tile_are_listed(tmp_path):
    write_png(tmp_path / "a.png", data.astronaut())
    write_png(tmp_path / "b.png", np.full((40, 60, 3), 99, np.uint8))
    write_png(tmp_path / "c.png", np.full((80, 120, 3), 99, np.uint8))
    for cut, names in (("faces", ["b.png", "c.png"]), ("photos", ["c.png"])):
        settings = TileSetSettings(cut=cut, size="6x4", variants=1)
        tiles = load_or_cut_tiles(tmp_path, settings, 10**6, None)
        assert [row.photo for row in tiles.skipped] == names
        assert {row.reason for row in tiles.skipped} == {Rejection.NO_TILE}
