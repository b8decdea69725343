import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pigeonhole.birthday import collision_probability
from pigeonhole.core.geometry import Size
from pigeonhole.faces import FaceRow
from pigeonhole.imaging.codecs import write_png
from pigeonhole.photos.ledger import PhotoRow
from pigeonhole.settings import TileSetSettings
from pigeonhole.tiles import TileSet, crop_box, cut_tiles, id_length, tile_id
from pigeonhole.tiles.cut import (
    Box,
    NoTiles,
    crops_of,
    join_parts,
    save_part,
    tile_set_of,
)
from pigeonhole.tiles.ids import IdCollision, _check_distinct
from pigeonhole.tiles.tileset import UnreadableTileSet


def ledger_row(photo, width, height):
    return PhotoRow(
        photo, "demo", "Ann", "https://a", "https://p", "", "CC0", width, height, ""
    )


@pytest.fixture
def photo(tmp_path):
    """Red left half, green right half, 80x60."""
    picture = np.zeros((60, 80, 3), np.uint8)
    picture[:, :40, 0] = picture[:, 40:, 1] = 200
    write_png(tmp_path / "a.jpg", picture)
    return ledger_row("a.jpg", 80, 60)


def test_a_face_tile_shows_the_face(tmp_path, photo):
    faces = [
        FaceRow("a.jpg", 50, 20, 20, 20, 5.0),
        FaceRow("a.jpg", 5, 20, 20, 20, 5.0),
        FaceRow("a.jpg", 30, 20, 20, 20, 0.1, kept=False, reason="score below 1"),
    ]
    settings = TileSetSettings(size=Size(6, 8))
    tile_set = cut_tiles(settings, 0.1, [photo], faces, tmp_path)
    assert tile_set.tiles.shape == (2, 8, 6, 3)
    assert (tile_set.tiles[0] == [200, 0, 0]).all()
    assert (tile_set.tiles[1] == [0, 200, 0]).all()
    assert [(row.tile, row.photographer, row.licence) for row in tile_set.rows] == [
        (0, "Ann", "CC0"),
        (1, "Ann", "CC0"),
    ]


def test_whole_photos_make_tiles_without_faces(tmp_path, photo):
    settings = TileSetSettings(cut="photos", size=Size(4, 4), colour=False)
    tile_set = cut_tiles(settings, 0.0, [photo], [], tmp_path)
    assert tile_set.tiles.shape == (1, 4, 4)
    # The middle 60x60 of the photo: red is darker than green.
    assert tile_set.tiles[0, 0, 0] == 60
    assert tile_set.tiles[0, 0, 3] == 117
    assert tile_set.rows[0].x == 10


@pytest.mark.parametrize("colour", [True, False])
def test_parts_together_are_the_whole(tmp_path, photo, colour):
    faces = [FaceRow("a.jpg", 5 * n, 20, 8, 8, 5.0) for n in range(14)]
    settings = TileSetSettings(size=Size(6, 8), colour=colour)
    whole = cut_tiles(settings, 0.1, [photo], faces, tmp_path)
    crops = crops_of(settings, 0.1, [photo], faces)
    # Of more parts than tiles some are empty.
    for parts in (3, 20):
        files = [tmp_path / f"{part}.npy" for part in range(parts)]
        for part, path in enumerate(files):
            save_part(path, crops, settings, tmp_path, part, parts)
        joined = tile_set_of(join_parts(files, crops), "faces")
        np.testing.assert_array_equal(joined.tiles, whole.tiles)
        assert joined.rows == whole.rows


def test_equal_tiles_are_kept_once(tmp_path, photo):
    faces = [FaceRow("a.jpg", 1 + 5 * n, 20, 8, 8, 5.0) for n in range(3)]
    tile_set = cut_tiles(TileSetSettings(), 0.0, [photo], faces, tmp_path)
    assert len(tile_set.tiles) == 1


@pytest.mark.parametrize("cut", ["faces", "photos"])
def test_nothing_to_cut_is_said(tmp_path, cut):
    with pytest.raises(NoTiles, match="no tile to cut"):
        cut_tiles(TileSetSettings(cut=cut), 0.1, [], [], tmp_path)


sides = st.integers(1, 300)


@given(
    box=st.tuples(st.integers(0, 250), st.integers(0, 250), sides, sides),
    photo=st.builds(Size, sides, sides),
    tile=st.builds(Size, st.integers(1, 64), st.integers(1, 64)),
    margin=st.floats(0, 1),
)
def test_a_crop_lies_in_the_photo_and_keeps_the_aspect(box, photo, tile, margin):
    x, y, width, height = crop_box(Box(*box), photo, tile, margin)
    assert 0 <= x <= x + width <= photo.width
    assert 0 <= y <= y + height <= photo.height
    # Rounding to pixels moves each side by at most half a pixel, or up to one pixel.
    scale = min(width / tile.width, height / tile.height)
    assert abs(width - scale * tile.width) <= 1 + tile.width / tile.height
    assert abs(height - scale * tile.height) <= 1 + tile.height / tile.width


def test_a_crop_holds_its_box_and_margin():
    crop = crop_box(Box(100, 100, 40, 40), Size(400, 400), Size(12, 16), 0.25)
    assert crop == (90, 80, 60, 80)


def test_a_tile_set_survives_the_disk(tmp_path, photo):
    settings = TileSetSettings(cut="photos")
    tile_set = cut_tiles(settings, 0.0, [photo], [], tmp_path)
    tile_set.save(tmp_path / "faces.npz")
    loaded = TileSet.load(tmp_path / "faces.npz")
    np.testing.assert_array_equal(loaded.tiles, tile_set.tiles)
    assert loaded.rows == tile_set.rows
    first = (tmp_path / "faces.npz").read_bytes()
    tile_set.save(tmp_path / "faces.npz")
    assert (tmp_path / "faces.npz").read_bytes() == first


@pytest.mark.parametrize("damage", ["cut", "empty", "rows", "gone", "no csv"])
def test_a_damaged_tile_set_is_said(tmp_path, photo, damage):
    path = tmp_path / "faces.npz"
    cut_tiles(TileSetSettings(cut="photos"), 0.0, [photo], [], tmp_path).save(path)
    table = path.with_suffix(".csv")
    {
        "cut": lambda: path.write_bytes(path.read_bytes()[:-50]),
        "empty": lambda: path.write_bytes(b""),
        "rows": lambda: table.write_text(table.read_text().splitlines()[0] + "\n"),
        "gone": path.unlink,
        "no csv": table.unlink,
    }[damage]()
    with pytest.raises(UnreadableTileSet, match=r"faces\.npz can't be used.*snakemake"):
        TileSet.load(path)


@given(st.integers(0, 10**7))
def test_ids_are_as_long_as_the_birthday_bound_asks(tiles):
    length = id_length(tiles)
    assert collision_probability(tiles, 32**length) < 1e-9
    assert length == 1 or collision_probability(tiles, 32 ** (length - 1)) >= 1e-9


def test_an_id_depends_on_every_pixel():
    tile = np.zeros((3, 4), np.uint8)
    other = tile.copy()
    other[2, 3] = 1
    names = {tile_id(tile, 10), tile_id(other, 10), tile_id(tile.reshape(4, 3), 10)}
    assert len(names) == 3
    assert all(len(name) == 10 for name in names)


def test_a_collision_of_ids_is_said():
    with pytest.raises(IdCollision, match="abc"):
        _check_distinct(["abc", "abd", "abc"])
