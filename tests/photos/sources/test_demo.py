"""Tests for the demo photos."""

import numpy as np
import pytest
from skimage import data

from pigeonhole.core.digest import sha256_of
from pigeonhole.core.geometry import Box, Size
from pigeonhole.faces import FaceRow, HaarDetector, filter_faces
from pigeonhole.imaging.codecs import decode_rgb, encode_jpeg
from pigeonhole.imaging.color_spaces import means_to_lab
from pigeonhole.imaging.resize import resize
from pigeonhole.photos.collect import collect_photos
from pigeonhole.photos.ledger import read_ledger
from pigeonhole.photos.sources import demo
from pigeonhole.settings import FaceSettings, PhotoSettings
from pigeonhole.tiles.cut import crop_box, cut_tile

SEED = 1
TILE = Size(12, 16)
PHOTOS = 8


@pytest.fixture(scope="module")
def sheets():
    """The first photos, by name."""
    return {f"demo-{n:03d}.jpg": demo.make_photo(SEED, n) for n in range(PHOTOS)}


@pytest.fixture(scope="module")
def photos(sheets):
    """The images as they are after compression."""
    return {
        name: decode_rgb(encode_jpeg(sheet.image, quality=90), name)
        for name, sheet in sheets.items()
    }


@pytest.fixture(scope="module")
def truth(sheets):
    return {name: sheet.faces for name, sheet in sheets.items()}


@pytest.fixture(scope="module")
def kept(photos):
    """The faces that the workflow would use."""
    detector = HaarDetector(FaceSettings().min_side)
    rows = [
        FaceRow(name, **detection._asdict())
        for name, image in photos.items()
        for detection in detector.detect(image)
    ]
    return [face for face in filter_faces(rows, FaceSettings()) if face.kept]


def test_the_default_number_of_photos_has_600_to_1000_faces():
    faces = PhotoSettings().demo_count * demo.ROWS * demo.COLUMNS
    assert 600 <= faces <= 1000


def test_a_photo_depends_only_on_seed_and_number(photos):
    row, content = demo.demo_file(SEED, 5)
    assert demo.demo_file(SEED, 5) == (row, content)
    np.testing.assert_array_equal(decode_rgb(content, "x"), photos[row.photo])
    assert demo.demo_file(SEED + 1, 5)[0].sha256 != row.sha256


def test_images_have_the_size_in_the_ledger(photos):
    row, content = demo.demo_file(SEED, 3)
    assert photos[row.photo].shape == (row.height, row.width, 3)
    assert row.sha256 == sha256_of(content)


def test_faces_are_inside_the_photo_and_do_not_overlap(truth):
    photo = Box(0, 0, demo.PHOTO_WIDTH, demo.PHOTO_HEIGHT)
    for faces in truth.values():
        assert len(faces) == demo.ROWS * demo.COLUMNS
        for number, face in enumerate(faces):
            assert face.intersection(photo) == face.area
            assert all(face.intersection(other) == 0 for other in faces[:number])


def test_nearly_all_faces_are_found(kept, truth):
    found = sum(
        any(face.photo == name and face.box.iou(box) >= 0.4 for face in kept)
        for name, boxes in truth.items()
        for box in boxes
    )
    assert found / sum(map(len, truth.values())) >= 0.95


def test_only_faces_are_found(kept, truth):
    for face in kept:
        assert any(face.box.intersection(b) >= 0.6 * b.area for b in truth[face.photo])


@pytest.fixture(scope="module")
def tile_colors(photos, kept):
    """The mean colors of the faces' tiles in CIELAB."""
    size = Size(demo.PHOTO_WIDTH, demo.PHOTO_HEIGHT)
    margin = FaceSettings().margin
    tiles = [
        cut_tile(photos[f.photo], crop_box(f.box, size, TILE, margin), TILE, color=True)
        for f in kept
    ]
    return means_to_lab(np.mean(tiles, axis=(1, 2)))


def test_tiles_are_dark_middling_and_light(tile_colors):
    lightness = tile_colors[:, 0]
    assert lightness.min() < 15
    assert lightness.max() > 80
    counts, _ = np.histogram(lightness, [0, 20, 40, 60, 80, 100])
    assert (counts > 0).all()


def test_no_face_is_green_or_violet(photos, truth):
    middles = np.array(
        [
            photos[name][
                face.y + face.height // 3 : face.y + 2 * face.height // 3,
                face.x + face.width // 3 : face.x + 2 * face.width // 3,
            ].mean(axis=(0, 1))
            for name, faces in truth.items()
            for face in faces
        ]
    )
    _, a, b = means_to_lab(middles).T
    assert (a > -4).all()
    assert (b > -4).all()


def test_tiles_cover_the_default_target(tile_colors):
    cells = means_to_lab(resize(data.astronaut(), 50, 38).reshape(-1, 3).astype(float))
    nearest = np.linalg.norm(cells[:, None] - tile_colors, axis=2).min(axis=1)
    # Few photos cover less than all of them, which cover 93%.
    assert (nearest <= 10).mean() >= 0.75


def test_the_ledger_gives_credit():
    row, _ = demo.demo_file(SEED, 7)
    assert row.photo == "demo-007.jpg"
    assert row.source == "demo"
    assert row.photographer == "Labeled Faces in the Wild"
    assert row.page_url.startswith("https://scikit-image.org/")
    assert row.license == "no license stated"


def collect(folder, threads=1, cache=None, **options):
    options = {"seed": SEED, "demo_count": 4, **options}
    collect_photos(folder, "demo", options, threads=threads, cache=cache)
    return folder / "photos.csv"


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_the_number_of_threads_changes_no_byte(tmp_path):
    collect(tmp_path / "one", threads=1)
    collect(tmp_path / "four", threads=4)
    assert contents(tmp_path / "one") == contents(tmp_path / "four")
    assert len(contents(tmp_path / "one")) == 4 + 3


def test_the_folder_contains_exactly_the_photos_in_the_ledger(tmp_path):
    cache = tmp_path.with_name("cache")
    collect(tmp_path, cache=cache, demo_count=6)
    (tmp_path / ".demo-001-ab12cd_e.jpg").write_bytes(b"incomplete")
    # Photos that no run wrote are the user's.
    mine = {"demo-999.jpg", "demo-x.jpg", "pexels-5.jpg", ".demo.jpg", "demo-005.jpg"}
    for name in mine:
        (tmp_path / name).write_bytes(b"mine")
    ledger = collect(tmp_path, cache=cache)
    rows = read_ledger(ledger)
    assert len(rows) == 4
    names = {"photos.csv", "skipped.csv", "duplicates.csv", *mine}
    assert set(contents(tmp_path)) == names | {row.photo for row in rows}
    for row in rows:
        assert sha256_of((tmp_path / row.photo).read_bytes()) == row.sha256


def test_only_photos_with_other_content_are_written(tmp_path):
    collect(tmp_path)
    before = {path.name: path.stat().st_mtime_ns for path in tmp_path.glob("*.jpg")}
    (tmp_path / "demo-002.jpg").write_bytes(b"damaged")
    collect(tmp_path)
    after = {path.name: path.stat().st_mtime_ns for path in tmp_path.glob("*.jpg")}
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {"demo-002.jpg"}
