"""Tests for the demo photos."""

import re
import time

import cv2
import numpy as np
import pytest

from pigeonhole.core.digest import sha256_of
from pigeonhole.core.geometry import Box
from pigeonhole.imaging.codecs import decode_rgb
from pigeonhole.imaging.resize import to_gray
from pigeonhole.photos.collect import collect_photos
from pigeonhole.photos.ledger import read_ledger
from pigeonhole.photos.sources import demo

SEED = 1


@pytest.fixture(scope="module")
def photos():
    return [demo.make_photo(SEED, number) for number in range(16)]


@pytest.mark.parametrize("seed", [0, 1, 2**62])
def test_at_least_600_faces_in_64_photos(seed):
    counts = [len(demo.make_photo(seed, number).faces) for number in range(64)]
    assert sum(counts) >= 600
    assert min(counts) >= 5


def test_a_photo_depends_only_on_seed_and_number(photos):
    repeated = demo.make_photo(SEED, 5)
    np.testing.assert_array_equal(repeated.image, photos[5].image)
    assert repeated.faces == photos[5].faces
    assert demo.demo_file(SEED, 5) == demo.demo_file(SEED, 5)
    assert demo.demo_file(SEED, 5) != demo.demo_file(SEED + 1, 5)


def test_images_have_the_size_in_the_ledger(photos):
    row, content = demo.demo_file(SEED, 3)
    assert decode_rgb(content, "x").shape == (row.height, row.width, 3)
    assert photos[3].image.shape == (row.height, row.width, 3)
    assert row.sha256 == sha256_of(content)


def test_faces_are_inside_the_photo_and_do_not_overlap(photos):
    for photo in photos:
        for number, face in enumerate(photo.faces):
            assert 60 <= face.width == face.height <= 200
            assert face.x >= 0
            assert face.y >= 0
            assert face.x + face.width <= demo.PHOTO_WIDTH
            assert face.y + face.height <= demo.PHOTO_HEIGHT
            assert all(face.intersection(other) == 0 for other in photo.faces[:number])


def test_a_detector_finds_the_faces_and_little_else(photos):
    cascade = cv2.CascadeClassifier(
        cv2.data.haarcascades + "haarcascade_frontalface_alt2.xml"
    )
    truth = found = false = 0
    for number, photo in enumerate(photos):
        image = decode_rgb(demo.demo_file(SEED, number)[1], "x")
        gray = cv2.equalizeHist(to_gray(image))
        detections = cascade.detectMultiScale(gray, 1.1, 5, minSize=(40, 40))
        boxes = [Box(*map(int, detection)) for detection in detections]
        truth += len(photo.faces)
        for face in photo.faces:
            found += any(face.iou(box) >= 0.4 for box in boxes)
        for box in boxes:
            false += all(face.iou(box) < 0.4 for face in photo.faces)
    assert found / truth >= 0.85
    assert false / truth <= 0.05


def test_faces_span_dark_to_light_and_many_hues(photos):
    means = np.array(
        [
            photo.image[y : y + height, x : x + width].mean(axis=(0, 1))
            for photo in photos
            for x, y, width, height in photo.faces
        ]
    )
    brightness = means.mean(axis=1)
    assert brightness.min() < 45
    assert brightness.max() > 150
    # Each channel clearly dominates some face.
    for channel in range(3):
        others = np.delete(means, channel, axis=1).max(axis=1)
        assert (means[:, channel] - others).max() > 10


def test_the_ledger_gives_credit(photos):
    for number in range(len(demo.BACKGROUNDS)):
        row, _ = demo.demo_file(SEED, number)
        assert row.photo == f"demo-{number:03d}.jpg"
        assert row.source == "demo"
        assert demo.BACKGROUNDS[number].title in row.photographer
        assert "Labeled Faces in the Wild" in row.photographer
        assert re.match(r"https://scikit-image\.org/", row.page_url)
        assert row.license


def collect(folder, threads=1, **options):
    options = {"seed": SEED, "demo_count": 6, **options}
    collect_photos(folder, "demo", options, threads=threads)
    return folder / "photos.csv"


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_the_number_of_threads_changes_no_byte(tmp_path):
    collect(tmp_path / "one", threads=1)
    collect(tmp_path / "four", threads=4)
    assert contents(tmp_path / "one") == contents(tmp_path / "four")
    assert len(contents(tmp_path / "one")) == 6 + 3


def test_the_folder_contains_exactly_the_photos_in_the_ledger(tmp_path):
    for name in ("demo-999.jpg", "pexels-5.jpg", ".demo-001-ab12.jpg", "mine.jpg"):
        (tmp_path / name).write_bytes(b"old")
    ledger = collect(tmp_path)
    rows = read_ledger(ledger)
    names = {"photos.csv", "skipped.csv", "duplicates.csv", "mine.jpg"}
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


def test_a_photo_is_generated_quickly():
    demo.make_photo(SEED, 0)
    started = time.process_time()
    for number in range(8):
        demo.demo_file(SEED, number)
    assert (time.process_time() - started) / 8 < 8 / 64
