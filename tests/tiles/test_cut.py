"""Tiles are cut from faces and whole photos."""

import numpy as np
import pytest

from pigeonhole.core.errors import SettingsError
from pigeonhole.core.geometry import Box, Size
from pigeonhole.core.shards import Shard
from pigeonhole.faces import FaceRejection, FaceRow
from pigeonhole.imaging.codecs import write_png
from pigeonhole.photos.ledger import PhotoRow
from pigeonhole.photos.removal_list import Removed
from pigeonhole.settings import TileSetSettings
from pigeonhole.tiles.crops import ChangedPhoto
from pigeonhole.tiles.cut import (
    NoTiles,
    build_tile_set,
    cut_tiles,
    join_shards,
    log_unknown_crops,
    plan_tiles,
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
    settings = TileSetSettings(size=Size(6, 8), variants=1)
    tile_set = cut_tiles(settings, 0.1, [photo], faces, tmp_path)
    assert tile_set.tiles.shape == (2, 8, 6, 3)
    assert (tile_set.tiles[0] == [200, 0, 0]).all()
    assert (tile_set.tiles[1] == [0, 200, 0]).all()
    assert [(row.tile, row.photographer, row.license) for row in tile_set.rows] == [
        (0, "Ann", "CC0"),
        (1, "Ann", "CC0"),
    ]


def test_tiles_can_show_whole_photos(tmp_path, photo):
    settings = TileSetSettings(cut="photos", size="4x4", color=False, variants=1)
    tile_set = cut_tiles(settings, 0.0, [photo], [], tmp_path)
    assert tile_set.tiles.shape == (1, 4, 4)
    # The middle 60x60 of the photo. Red is darker than green.
    assert tile_set.tiles[0, 0, 0] == 60
    assert tile_set.tiles[0, 0, 3] == 117
    assert tile_set.rows[0].x == 10


@pytest.mark.parametrize("size", [(20, 16), (900, 700)])
def test_a_photo_that_changed_since_it_was_listed(tmp_path, photo, size):
    write_png(tmp_path / "a.jpg", np.zeros((*size[::-1], 3), np.uint8))
    faces = [FaceRow("a.jpg", 40, 30, 20, 20, 5.0)]
    expected = f"a.jpg has changed since it was listed: it has {size[0]}x{size[1]}"
    for cut in ("faces", "photos"):
        with pytest.raises(ChangedPhoto, match=expected):
            cut_tiles(TileSetSettings(cut=cut), 0.1, [photo], faces, tmp_path)


def test_a_small_image_in_a_large_file(tmp_path, photo):
    """An animation has many times the bytes that its first image needs."""
    content = (tmp_path / "a.jpg").read_bytes()
    (tmp_path / "a.jpg").write_bytes(content + bytes(16 * 100 * 60 + 1_200_000))
    settings = TileSetSettings(cut="photos")
    assert len(cut_tiles(settings, 0.1, [photo], [], tmp_path).tiles)


def test_removed_faces_are_not_cut(tmp_path, photo):
    faces = [FaceRow("a.jpg", x, 20, 20, 20, 5.0) for x in (5, 50)]
    removed = Removed(faces={"a.jpg": [Box(6, 21, 19, 18)]})
    tile_set = cut_tiles(TileSetSettings(), 0.1, [photo], faces, tmp_path, removed)
    assert set(tile_set.sources) == {0}
    assert min(row.bounds.x for row in tile_set.rows) > 15
    # A photo whose largest crop shows the face isn't used at all.
    settings = TileSetSettings(cut="photos", size="8x6")
    with pytest.raises(NoTiles):
        cut_tiles(settings, 0.1, [photo], [], tmp_path, removed)


@pytest.mark.parametrize(
    ("cut", "color"), [("faces", True), ("faces", False), ("photos", True)]
)
def test_shards_together_equal_the_tile_set(tmp_path, photo, cut, color):
    random = np.random.default_rng(1)
    photos = [photo, *(ledger_row(f"{n}.png", 80, 60) for n in range(4))]
    for row in photos[1:]:
        image = random.integers(0, 256, (60, 80, 3), np.uint8)
        write_png(tmp_path / row.photo, image)
    faces = [FaceRow("a.jpg", 5 * n, 20, 8, 8, 5.0) for n in range(14)]
    faces.append(FaceRow("2.png", 20, 20, 30, 30, 5.0))
    settings = TileSetSettings(cut=cut, size=Size(6, 8), color=color)
    expected = cut_tiles(settings, 0.1, photos, faces, tmp_path, threads=3)
    plan = plan_tiles(settings, 0.1, photos, faces)
    # With more shards than tiles some are empty.
    for shards in (3, 20):
        paths = [tmp_path / f"{shard}.npz" for shard in range(shards)]
        for shard, path in enumerate(paths):
            save_shard(path, plan, tmp_path, Shard(shard, shards))
        joined = build_tile_set(join_shards(paths, plan), cut)
        np.testing.assert_array_equal(joined.tiles, expected.tiles)
        assert joined.rows == expected.rows


@pytest.mark.parametrize("cut", ["faces", "photos"])
def test_variants_follow_the_tile_that_there_would_be_without_them(tmp_path, cut):
    random = np.random.default_rng(1)
    rows = [ledger_row(f"{n}.png", 90, 80) for n in range(2)]
    for row in rows:
        image = random.integers(0, 256, (80, 90, 3), np.uint8)
        write_png(tmp_path / row.photo, image)
    faces = [
        FaceRow("0.png", 5, 20, 20, 20, 5.0),
        FaceRow("0.png", 55, 25, 20, 20, 5.0),
        FaceRow("1.png", 30, 20, 40, 40, 5.0),
    ]
    single, several = (
        cut_tiles(
            TileSetSettings(cut=cut, size="6x8", variants=variants),
            *(0.15, rows, faces, tmp_path),
        )
        for variants in (1, 5)
    )
    firsts = np.flatnonzero(np.diff(several.sources, prepend=-1))
    np.testing.assert_array_equal(several.tiles[firsts], single.tiles)
    assert [several.rows[first].crop for first in firsts] == [
        row.crop for row in single.rows
    ]
    assert np.bincount(several.sources).tolist() == [5] * len(single.rows)
    for row, source in zip(several.rows, several.sources, strict=True):
        assert row.source_id == several.rows[firsts[source]].id
    # No crop of a photo cuts a face that the first one shows whole.
    if cut == "photos":
        for row in several.rows:
            for face in faces:
                if face.photo == row.photo:
                    main = single.rows[int(row.photo == "1.png")].crop
                    if main.intersection(face.box) == face.box.area:
                        assert row.crop.intersection(face.box) == face.box.area


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


def test_a_crop_by_hand_is_the_only_one_of_a_photo(tmp_path, photo):
    settings = TileSetSettings(
        cut="photos", size="4x4", crops={"a.jpg": [10, 5, 20, 30]}
    )
    tile_set = cut_tiles(settings, 0, [photo], None, tmp_path)
    # It is extended to the shape of a tile.
    assert [row.crop for row in tile_set.rows] == [Box(5, 5, 30, 30)]
    assert (tile_set.tiles == tile_set.tiles[0, 0, 0]).all()


def test_a_crop_by_hand_replaces_that_of_the_nearest_face(tmp_path, photo):
    faces = [FaceRow("a.jpg", x, 20, 20, 20, 5.0) for x in (5, 50)]
    crops = {"a.jpg": [48, 10, 24, 24]}
    settings = TileSetSettings(size="4x4", variants=3, crops=crops)
    tile_set = cut_tiles(settings, 0, [photo], faces, tmp_path)
    first, second = [], []
    for row in tile_set.rows:
        (first if row.source_id == tile_set.rows[0].source_id else second).append(row)
    assert first[0].crop == Box(5, 20, 20, 20)
    assert [row.crop for row in second] == [Box(48, 10, 24, 24)]
    # Without a face, it is one itself.
    tile_set = cut_tiles(settings, 0, [photo], [], tmp_path)
    assert [row.crop for row in tile_set.rows] == [Box(48, 10, 24, 24)]


@pytest.mark.parametrize("box", [[70, 0, 11, 5], [0, 50, 5, 11], [0, 0, 800, 600]])
def test_a_crop_by_hand_must_be_inside_its_photo(photo, box):
    settings = TileSetSettings(cut="photos", crops={"a.jpg": box})
    with pytest.raises(SettingsError, match="has only 80x60 pixels; choose a box"):
        plan_tiles(settings, 0, [photo], None)


def test_a_crop_by_hand_shows_no_removed_face(photo):
    settings = TileSetSettings(cut="photos", crops={"a.jpg": [0, 0, 30, 40]})
    removed = Removed(faces={"a.jpg": [Box(10, 10, 10, 10)]})
    assert plan_tiles(settings, 0, [photo], None, removed).sources == []


def test_crops_of_unknown_photos_are_logged(caplog):
    settings = TileSetSettings(crops={"a.jpg": [0, 0, 5, 5], "zz": [0, 0, 5, 5]})
    log_unknown_crops(settings, ["aa.jpg", "b.jpg"])
    log_unknown_crops(settings, ["a.jpg", "zz"])
    assert caplog.messages == [
        "tiles.crops names a.jpg, but there is no such photo; did you mean aa.jpg?",
        "tiles.crops names zz, but there is no such photo; it has no effect.",
    ]
