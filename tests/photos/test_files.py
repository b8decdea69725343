"""Tests for finding image files."""

import os

import numpy as np
import pytest
from PIL import Image

from pigeonhole.imaging.codecs import COMMON_FORMATS, FORMAT_NAMES, write_jpeg
from pigeonhole.photos.files import SUFFIXES, check_file, find_images, usable_images
from pigeonhole.photos.ledger import Rejection

GRAY = np.full((30, 40, 3), 120, np.uint8)


@pytest.fixture
def folder(tmp_path):
    path = tmp_path / "photos"
    path.mkdir()
    return path


def put(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    write_jpeg(path, GRAY)
    return path


def names(paths, folder):
    return [path.relative_to(folder).as_posix() for path in paths]


def test_all_images_of_a_tree_are_found_whatever_the_case_of_the_suffix(folder):
    for name in ("b/2.JPG", "a.jpeg", "b/1.webp", "c.tiff", "c.txt", "b.bmp", "d"):
        put(folder / name)
    found = sorted(names(find_images(folder), folder))
    assert found == ["a.jpeg", "b.bmp", "b/1.webp", "b/2.JPG", "c.tiff"]


def test_the_suffixes_are_those_of_the_formats_that_can_be_decoded():
    assert {".jpg", ".png", ".webp", ".tif", ".bmp", ".gif"} < SUFFIXES
    formats = Image.registered_extensions()
    assert {formats[suffix] for suffix in SUFFIXES} == set(COMMON_FORMATS)
    assert "AVIF, JPEG 2000, TIFF" in FORMAT_NAMES


def test_hidden_files_are_left_out(folder):
    for name in (".x.jpg", ".thumbnails/x.jpg", "._x.jpg"):
        put(folder / name)
    assert find_images(folder) == []


def test_files_that_cannot_be_opened_have_a_reason(folder, tmp_path):
    put(folder / "good.jpg")
    put(tmp_path / "outside" / "x.jpg")
    (folder / "in.jpg").symlink_to("good.jpg")
    (folder / "out.jpg").symlink_to(tmp_path / "outside" / "x.jpg")
    (folder / "broken.jpg").symlink_to("nothing")
    (folder / "loop.jpg").symlink_to("loop.jpg")
    (folder / "cycle").symlink_to(folder)
    (folder / "linked folder").symlink_to(tmp_path / "outside")
    put(folder / "{chunk}.jpg")
    put(folder / os.fsdecode(b"bad\xff.jpg"))
    put(folder / "IMG_1.HEIC")
    os.mkfifo(folder / "pipe.jpg")
    assert names(usable_images(folder), folder) == ["good.jpg", "in.jpg"]
    rejections = {path.name: check_file(path, folder) for path in find_images(folder)}
    assert {name: found[0] for name, found in rejections.items() if found} == {
        "out.jpg": Rejection.BAD_LINK,
        "broken.jpg": Rejection.BAD_LINK,
        "loop.jpg": Rejection.BAD_LINK,
        "{chunk}.jpg": Rejection.UNUSABLE_NAME,
        os.fsdecode(b"bad\xff.jpg"): Rejection.UNUSABLE_NAME,
        "IMG_1.HEIC": Rejection.UNSUPPORTED_FORMAT,
        "pipe.jpg": Rejection.NOT_A_FILE,
    }
    details = {name: found[1] for name, found in rejections.items() if found}
    assert details["out.jpg"] == "it is a link to a file outside the folder"
    assert details["broken.jpg"] == "it is a broken link"
    assert details["{chunk}.jpg"].endswith("wildcard; rename it")
    assert details[os.fsdecode(b"bad\xff.jpg")].endswith("UTF-8; rename it")
    assert details["IMG_1.HEIC"] == ".HEIC isn't supported; export it as JPEG"
    assert details["pipe.jpg"] == "it isn't a regular file"
