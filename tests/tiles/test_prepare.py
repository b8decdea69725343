"""Tests for tile sets cut from a folder of photos."""

import io
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import pyvips
from hypothesis import given, settings
from hypothesis import strategies as st
from image_samples import PROFILES, encode
from PIL import Image, ImageCms
from skimage import data

from pigeonhole.core.errors import PigeonholeError, SettingsError
from pigeonhole.core.geometry import Box, Size
from pigeonhole.imaging import codecs
from pigeonhole.imaging.codecs import encode_jpeg, write_jpeg, write_png
from pigeonhole.imaging.fingerprint import fingerprint
from pigeonhole.imaging.metadata import MOSAIC_SOFTWARE
from pigeonhole.imaging.resize import resize
from pigeonhole.mosaic import prepare_target
from pigeonhole.photos.folder_credits import UnreadableCredits, write_folder_credits
from pigeonhole.photos.identity import Identity
from pigeonhole.photos.ledger import PhotoRow, Rejection, SkippedRow
from pigeonhole.photos.list_file import Entry, EntryList
from pigeonhole.settings import FaceSettings, TileSetSettings
from pigeonhole.tiles import crops, prepare
from pigeonhole.tiles.crops import ChangedPhoto, folder_ledger, iter_crops
from pigeonhole.tiles.cut import NoTiles
from pigeonhole.tiles.prepare import (
    NoPhotosInFolder,
    PhotoFolder,
    load_or_cut_tiles,
)


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


def sample_photos():
    """Contents of files: two faces and near-duplicates of one, others, and damage."""
    random = np.random.default_rng(5)
    face, other = data.astronaut()[:200, 80:320], data.astronaut()[:180, 60:330, ::-1]
    noise = resize(random.integers(0, 256, (5, 6, 3), np.uint8), 40, 30)
    images = [face, resize(face, 200, 166), other, noise, noise[:, ::-1], noise[:20]]
    contents = [encode_jpeg(image, 95) for image in images]
    small = encode_jpeg(noise[:9], 90)
    mosaic = encode_jpeg(noise, 90, MOSAIC_SOFTWARE)
    return [*contents, small, mosaic, contents[0][:900], b"Dear diary", b""]


CONTENTS = sample_photos()
NAMES = ("a.jpg", "b.jpg", "c/d.jpg", "c/e.jpg")
CUTS = (
    {"cut": "photos", "size": "6x4", "variants": 3},
    {"cut": "photos", "size": "4x6", "variants": 1, "color": False},
    {"cut": "faces", "size": "6x8", "variants": 3},
    {"cut": "photos", "variants": 2, "crops": {"a.jpg": [0, 0, 20, 16]}},
)
STEPS = st.lists(
    st.tuples(
        st.dictionaries(
            st.sampled_from(NAMES), st.none() | st.integers(0, len(CONTENTS) - 1)
        ),
        st.sampled_from(CUTS),
        st.sampled_from(NAMES) | st.none(),
    ),
    min_size=2,
    max_size=6,
)


def outcome(folder, cut, cache, removal_list, limit):
    """Return all that is found out about a folder, or the error."""
    options = TileSetSettings(**cut)
    try:
        tiles = load_or_cut_tiles(folder, options, 10**6, cache, 2, removal_list, limit)
    except PigeonholeError as error:
        return str(error)
    tile_set = tiles.tile_set
    return tile_set.tiles.tobytes(), tile_set.rows, tiles.skipped


@settings(max_examples=12)
@given(STEPS, st.sampled_from([4, None]))
def test_cached_tiles_equal_those_cut_from_scratch(steps, limit):
    with tempfile.TemporaryDirectory() as name:
        folder, cache = Path(name, "photos"), Path(name, "cache")
        for changes, cut, removed in steps:
            for photo, number in changes.items():
                path = folder / photo
                path.parent.mkdir(parents=True, exist_ok=True)
                path.unlink(missing_ok=True)
                if number is not None:
                    path.write_bytes(CONTENTS[number])
            folder.mkdir(exist_ok=True)
            removal_list = Path(name, "removed.txt")
            lines = [f"{removed} {'0' * 64}"] if removed else []
            removal_list.write_text("\n".join(lines))
            arguments = folder, cut
            expected = outcome(*arguments, None, removal_list, limit)
            assert outcome(*arguments, cache, removal_list, limit) == expected
            # From the cached tile set, and from the cached photos.
            assert outcome(*arguments, cache, removal_list, limit) == expected
            for path in cache.glob("*.npz"):
                path.unlink()
            assert outcome(*arguments, cache, removal_list, limit) == expected


def spy_on_decoding(monkeypatch):
    """Return a list that receives the name of each photo that is decoded."""
    decoded, decode = [], codecs.decode_rgb

    def record(content, path, limit):
        decoded.append(path.name)
        return decode(content, path, limit)

    monkeypatch.setattr(codecs, "decode_rgb", record)
    monkeypatch.setattr(crops, "decode_rgb", record)
    return decoded


@pytest.mark.parametrize("cut", ["faces", "photos"])
def test_only_new_photos_are_read(tmp_path, monkeypatch, cut):
    folder, cache = tmp_path / "photos", tmp_path / "cache"
    options = TileSetSettings(cut=cut, size="6x8", variants=2)
    write_jpeg(folder / "a.jpg", data.astronaut()[:200, 80:320])
    write_jpeg(folder / "b.jpg", data.astronaut()[:180, 60:330, ::-1])
    load_or_cut_tiles(folder, options, 10**6, cache)
    decoded = spy_on_decoding(monkeypatch)
    write_jpeg(folder / "c.jpg", data.astronaut()[:190, 70:300, 1])
    tile_set = load_or_cut_tiles(folder, options, 10**6, cache).tile_set
    assert {row.photo for row in tile_set.rows} == {"a.jpg", "b.jpg", "c.jpg"}
    assert set(decoded) == {"c.jpg"}
    # Other settings need the pixels, but not the measures.
    decoded.clear()
    other = TileSetSettings(cut="photos", size="3x2", variants=2)
    load_or_cut_tiles(folder, other, 10**6, cache)
    load_or_cut_tiles(folder, options, 10**6, cache)
    assert sorted(decoded) == ["a.jpg", "b.jpg", "c.jpg"]


@pytest.mark.parametrize("content", [b"", b"no database", b"SQLite format 3\0" * 999])
def test_with_a_damaged_cache_photos_are_read_again(tmp_path, content):
    folder, cache = tmp_path / "photos", tmp_path / "cache"
    write_jpeg(folder / "a.jpg", data.astronaut()[:60, :80])
    options = TileSetSettings(cut="photos", size="6x4", variants=2)
    expected = load_or_cut_tiles(folder, options, 10**6, cache).tile_set
    for path in (cache / prepare.PHOTO_CACHE, *cache.glob("*.npz")):
        path.write_bytes(content)
    tile_set = load_or_cut_tiles(folder, options, 10**6, cache).tile_set
    assert tile_set.rows == expected.rows
    assert (tile_set.tiles == expected.tiles).all()


def test_a_photo_that_is_replaced_between_two_passes_is_an_error(tmp_path, monkeypatch):
    write_jpeg(tmp_path / "a.jpg", data.astronaut()[:200, 80:320])
    options = TileSetSettings(size="6x8")
    with PhotoFolder(tmp_path, 10**6, None) as photos:
        photos.photos(options)
        write_jpeg(tmp_path / "a.jpg", data.astronaut()[:200, 79:319])
        with pytest.raises(
            ChangedPhoto, match=r"a\.jpg has changed .* content differs"
        ):
            photos.load_or_cut(options)


def test_credits_of_the_folder_are_those_of_its_tiles(tmp_path):
    folder, cache = tmp_path / "photos", tmp_path / "cache"
    write_jpeg(folder / "a.jpg", data.astronaut()[:60, :80])
    options = TileSetSettings(cut="photos", size="6x4", variants=1)
    arguments = folder, options, 10**6, cache
    [row] = load_or_cut_tiles(*arguments).tile_set.rows
    assert (row.source, row.photographer) == ("folder", "")
    credit = PhotoRow("a.jpg", "openverse", "Ann", license="CC0")
    write_folder_credits(folder, [credit])
    [credited] = load_or_cut_tiles(*arguments).tile_set.rows
    expected = {"source": "openverse", "photographer": "Ann", "license": "CC0"}
    assert credited == replace(row, **expected)
    (folder / "credits.csv").write_text("photo,license\nCC0\n")
    with pytest.raises(UnreadableCredits, match="line 2 is damaged"):
        load_or_cut_tiles(*arguments)
    (folder / "credits.csv").unlink()
    assert load_or_cut_tiles(*arguments).tile_set.rows == [row]


def test_settings_of_faces_and_excluded_faces_decide_the_tiles(tmp_path):
    folder, excluded = tmp_path / "photos", tmp_path / "excluded.txt"
    write_jpeg(folder / "a.jpg", data.astronaut()[:200, 80:320])
    options = TileSetSettings(size="6x8", variants=1)
    arguments = folder, options, 10**6, tmp_path / "cache", 1, None, None
    [row] = load_or_cut_tiles(*arguments).tile_set.rows
    [wide] = load_or_cut_tiles(*arguments, FaceSettings(margin=0.3)).tile_set.rows
    assert wide.width > row.width
    with pytest.raises(NoTiles):
        load_or_cut_tiles(*arguments, FaceSettings(min_score=100))
    excluded.write_text("a.jpg 97 67 97 97\n")
    with pytest.raises(NoTiles):
        load_or_cut_tiles(*arguments, None, excluded)
    assert load_or_cut_tiles(*arguments).tile_set.rows == [row]


def test_what_is_cut_is_chosen_by_the_photos(tmp_path, monkeypatch):
    folder, cache = tmp_path / "photos", tmp_path / "cache"
    options = TileSetSettings(cut="photos", size="6x4", variants=1)
    write_jpeg(folder / "a.jpg", data.astronaut()[:200, 80:320])
    write_jpeg(folder / "b.jpg", data.astronaut()[:180, 60:330, ::-1])

    def choose():
        with PhotoFolder(folder, 10**6, cache) as photos:
            cut = photos.choose_cut(options)
            return cut, photos.face_counts(photos.photos(options))

    assert choose() == ("faces", {"a.jpg": 1, "b.jpg": 1})
    decoded = spy_on_decoding(monkeypatch)
    write_jpeg(folder / "c.jpg", data.astronaut()[300:400])
    write_jpeg(folder / "d.jpg", data.astronaut()[400:500])
    cut, counts = choose()
    assert (cut, counts["a.jpg"], counts["c.jpg"]) == ("photos", 1, 0)
    assert set(decoded) == {"c.jpg", "d.jpg"}
