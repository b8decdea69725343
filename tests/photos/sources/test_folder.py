"""Tests for the folder source."""

import os
from pathlib import Path

import numpy as np
import pytest

from pigeonhole.core.digest import sha256_of
from pigeonhole.imaging import codecs
from pigeonhole.imaging.codecs import encode_jpeg, write_jpeg
from pigeonhole.photos.collect import collect_photos
from pigeonhole.photos.files import find_images, usable_images
from pigeonhole.photos.ledger import Rejection, SkippedRow, photo_path, read_ledger
from pigeonhole.photos.sources import folder as folder_source
from pigeonhole.photos.sources.protocol import CollectRequest

GRAY = np.full((30, 40, 3), 120, np.uint8)


@pytest.fixture
def photos(tmp_path):
    folder = tmp_path / "photos"
    folder.mkdir()
    return folder


def put(path, image=GRAY):
    path.parent.mkdir(parents=True, exist_ok=True)
    write_jpeg(path, image)
    return path


def collect(folder, known=None, max_pixels=10**6, threads=1):
    options = {"folder": folder, "max_pixels": max_pixels}
    request = CollectRequest(folder, options, known or {}, threads=threads)
    return folder_source.collect(request)


def test_rows_are_in_the_order_of_the_files(photos):
    for name in ("b/2.JPG", "a.jpeg", "b/1.webp", "c.tiff", "c.txt"):
        put(photos / name)
    names = [path.relative_to(photos).as_posix() for path in find_images(photos)]
    assert [row.photo for row in collect(photos).rows] == names


def test_a_row_describes_the_file(photos):
    path = put(photos / "sub" / "x.jpg")
    (row,) = collect(photos).rows
    assert row.photo == "sub/x.jpg"
    assert (row.source, row.width, row.height) == ("folder", 40, 30)
    assert row.image_url == path.as_posix()
    assert row.sha256 == sha256_of(path.read_bytes())
    assert (row.photographer, row.page_url, row.license) == ("", "", "")
    assert photo_path(row, Path("results/photos")) == path


def test_photos_in_unsupported_formats_are_skipped(photos):
    put(photos / "good.jpg")
    for name in ("IMG_1.HEIC", "raw.dng"):
        put(photos / name)
    (photos / "notes.txt").write_text("no photo")
    reason = Rejection.UNSUPPORTED_FORMAT
    assert collect(photos).skipped == [
        SkippedRow("IMG_1.HEIC", reason, ".HEIC isn't supported; export it as JPEG"),
        SkippedRow("raw.dng", reason, ".dng isn't supported; export it as JPEG"),
    ]


@pytest.mark.parametrize(
    "name",
    [
        "two words.jpg",
        " lead.jpg",
        "ünï 日本 🐦.jpg",
        "new\nline.jpg",
        "return\r.jpg",
        'it\'s $HOME `x` "y", z;.jpg',
        "a{b.jpg",
        "{3F25-04E0}.jpg",
        "per%cent*?[1].jpg",
        "-rf.jpg",
    ],
)
def test_unusual_names_are_preserved(photos, tmp_path, name):
    put(photos / name)
    ledger = tmp_path / "results" / "photos.csv"
    options = {"folder": str(photos), "max_pixels": 10**6}
    collect_photos(tmp_path / "results", "folder", options)
    (row,) = read_ledger(ledger)
    assert row.photo == name
    assert photo_path(row, ledger.parent).read_bytes() == encode_jpeg(GRAY)
    assert len(usable_images(photos)) == 1


def test_unusable_names_are_recorded(photos):
    put(photos / "good.jpg")
    put(photos / "{chunk}.jpg")
    put(photos / os.fsdecode(b"bad\xff.jpg"))
    result = collect(photos)
    assert [row.photo for row in result.rows] == ["good.jpg"]
    assert {row.photo: row.reason for row in result.skipped} == {
        "{chunk}.jpg": Rejection.UNUSABLE_NAME,
        r"'bad\udcff.jpg'": Rejection.UNUSABLE_NAME,
    }


def test_links_inside_the_folder_are_followed(photos, tmp_path):
    put(photos / "good.jpg")
    put(tmp_path / "outside" / "x.jpg")
    (photos / "in.jpg").symlink_to("good.jpg")
    (photos / "out.jpg").symlink_to(tmp_path / "outside" / "x.jpg")
    result = collect(photos)
    assert [row.photo for row in result.rows] == ["good.jpg", "in.jpg"]
    (skipped,) = result.skipped
    assert (skipped.photo, skipped.reason) == ("out.jpg", Rejection.BAD_LINK)


def test_a_pipe_does_not_block(photos):
    os.mkfifo(photos / "x.jpg")
    (row,) = collect(photos).skipped
    assert row.reason is Rejection.NOT_A_FILE


def test_the_number_of_threads_changes_nothing(photos):
    for number in range(20):
        put(photos / f"{number}.jpg")
    assert collect(photos) == collect(photos, threads=4)


def test_known_photos_are_not_decoded_again(photos, monkeypatch):
    put(photos / "a.jpg")
    put(photos / "b.jpg")
    known = {row.photo: row for row in collect(photos).rows}
    write_jpeg(photos / "b.jpg", GRAY[:10])
    decoded = []
    decode_rgb = codecs.decode_rgb

    def spy(content, name, limit):
        decoded.append(name.name)
        return decode_rgb(content, name, limit)

    monkeypatch.setattr(codecs, "decode_rgb", spy)
    result = collect(photos, known)
    assert decoded == ["b.jpg"]
    assert [row.height for row in result.rows] == [30, 10]
    # A smaller limit applies to known photos, too.
    rows = collect(photos, known, max_pixels=500).rows
    assert [row.photo for row in rows] == ["b.jpg"]
