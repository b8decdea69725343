"""Tests for finding image files."""

import os
from pathlib import Path

import numpy as np
import pytest
from image_samples import HEIC, PNG
from PIL import Image

from pigeonhole.core.atomic import write_text
from pigeonhole.imaging.codecs import COMMON_FORMATS, FORMAT_NAMES, write_jpeg
from pigeonhole.photos.files import SUFFIXES, scan_folder, usable_images
from pigeonhole.photos.ledger import Rejection, write_ledger

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


def skipped(folder):
    return {row.photo: row.reason for row in scan_folder(folder).skipped}


def details(folder):
    return {row.photo: row.detail for row in scan_folder(folder).skipped}


def test_all_images_of_a_tree_are_found_whatever_the_case_of_the_suffix(folder):
    for name in ("b/2.JPG", "a.jpeg", "b/1.webp", "c.tiff", "c.txt", "b.bmp", "d"):
        put(folder / name)
    found = names(usable_images(folder), folder)
    assert found == ["a.jpeg", "b/1.webp", "b/2.JPG", "b.bmp", "c.tiff", "d"]


def test_the_suffixes_are_those_of_the_formats_that_can_be_decoded():
    assert {".jpg", ".png", ".webp", ".tif", ".bmp", ".gif"} < SUFFIXES
    formats = Image.registered_extensions()
    heif = {".heic", ".heif", ".hif", ".heics", ".heifs"}
    # Windows and old Macs have further names for JPEG.
    jpeg = {".jif", ".jfi", ".pjpeg", ".pjp"}
    assert heif | jpeg < SUFFIXES
    found = {formats[suffix] for suffix in SUFFIXES - heif - jpeg}
    assert found == {*COMMON_FORMATS, "PPM", "MPO"}
    assert "HEIC, AVIF, JPEG 2000, TIFF" in FORMAT_NAMES


@pytest.mark.parametrize("suffix", [".jfif", ".jpe", ".jif", ".mpo", ".pjpeg", ".HIF"])
def test_rare_suffixes_are_images(folder, suffix):
    put(folder / f"x{suffix}")
    assert len(usable_images(folder)) == 1


@pytest.mark.parametrize("name", ["IMG_0001", "photo.jpg_large", "x.insp", "x.orig.7"])
def test_the_content_decides_where_the_name_does_not(folder, name):
    (folder / name).write_bytes(PNG)
    (folder / f"{name}-text").write_text("BM is a text, and P1 2 isn't an image")
    (folder / f"{name}-heic").write_bytes(HEIC)
    assert names(usable_images(folder), folder) == [name, f"{name}-heic"]
    assert skipped(folder) == {}


def test_other_files_are_never_photos(folder):
    for name in ("a.txt", "b.mp4", "c.MOV", "d.xmp", "Thumbs.db", "e.pdf", "f.json"):
        (folder / name).write_bytes(b"\0" * 100)
    (folder / "empty").touch()
    assert usable_images(folder) == []
    assert skipped(folder) == {}


def test_formats_that_cannot_be_decoded_are_listed(folder):
    for name in ("a.DNG", "b.cr3", "c.pef", "d.srw", "e.jxl", "f.psd", "g.svg"):
        (folder / name).write_bytes(b"II*\0" if name < "e" else b"?" * 50)
    assert set(skipped(folder).values()) == {Rejection.UNSUPPORTED_FORMAT}
    found = details(folder)
    assert len(found) == 7
    raw = "raw camera files (.DNG) aren't supported; export it as JPEG"
    assert found["a.DNG"] == raw
    assert found["e.jxl"] == ".jxl isn't supported; export it as JPEG"


def test_hidden_files_and_folders_of_the_system_are_left_out(folder):
    for name in (".x.jpg", ".thumbnails/x.jpg", "._x.jpg", "@eaDir/x.jpg/THUMB_S.jpg"):
        put(folder / name)
    for name in ("#recycle/x.jpg", "__MACOSX/x.jpg", "$RECYCLE.BIN/x.jpg"):
        put(folder / "sub" / name)
    assert usable_images(folder) == []
    assert skipped(folder) == {}


@pytest.mark.parametrize(
    "name",
    ["{chunk}.jpg", "<b>.jpg", "new\nline.jpg", " lead.jpg", "#x.jpg", "жук.jpg"],
)
def test_any_name_is_usable(folder, name):
    put(folder / "{a}" / name)
    assert usable_images(folder) == [folder / "{a}" / name]


def test_files_that_cannot_be_opened_have_a_reason(folder, tmp_path):
    put(folder / "good.jpg")
    put(tmp_path / "outside.jpg")
    (folder / "in.jpg").symlink_to("good.jpg")
    (folder / "out.jpg").symlink_to(tmp_path / "outside.jpg")
    (folder / "broken.jpg").symlink_to("nothing")
    (folder / "loop.jpg").symlink_to("loop.jpg")
    put(folder / os.fsdecode(b"bad\xff.jpg"))
    os.mkfifo(folder / "pipe.jpg")
    os.mkfifo(folder / "pipe")
    assert names(usable_images(folder), folder) == ["good.jpg", "in.jpg", "out.jpg"]
    assert skipped(folder) == {
        "broken.jpg": Rejection.BAD_LINK,
        "loop.jpg": Rejection.BAD_LINK,
        r"'bad\udcff.jpg'": Rejection.UNUSABLE_NAME,
        "pipe.jpg": Rejection.NOT_A_FILE,
    }
    found = details(folder)
    assert found["broken.jpg"] == "it is a broken link"
    assert found[r"'bad\udcff.jpg'"].endswith("UTF-8; rename it")
    assert found["pipe.jpg"] == "it isn't a regular file"


def test_linked_folders_are_read_once(folder, tmp_path):
    put(folder / "real" / "x.jpg")
    put(tmp_path / "outside" / "deep" / "y.jpg")
    (tmp_path / "outside" / "back").symlink_to(folder)
    (folder / "also real").symlink_to("real")
    (folder / "first").symlink_to(tmp_path / "outside")
    (folder / "second").symlink_to(tmp_path / "outside")
    (folder / "cycle").symlink_to(".")
    (folder / "real" / "up").symlink_to("../..")
    found = names(usable_images(folder), folder)
    assert found == ["first/deep/y.jpg", "real/x.jpg"]
    assert skipped(folder) == {}


def test_a_folder_that_cannot_be_read_is_listed(folder, monkeypatch):
    put(folder / "a.jpg")
    put(folder / "locked" / "b.jpg")
    scandir = os.scandir

    def refuse(path):
        if Path(path).name == "locked":
            raise PermissionError(13, "Permission denied")
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    assert names(usable_images(folder), folder) == ["a.jpg"]
    assert details(folder) == {"locked": "the folder can't be read: permission denied"}


def test_a_missing_folder_is_listed(tmp_path):
    (row,) = scan_folder(tmp_path / "none").skipped
    assert (row.photo, row.reason) == (".", Rejection.UNREADABLE)


def test_results_of_the_program_are_skipped_as_a_whole(folder):
    put(folder / "a.jpg")
    put(folder / "big_files" / "0" / "0_0.jpg")
    write_text(folder / "big.dzi", "<Image/>")
    put(folder / "small_files" / "b.jpg")
    # A folder of tiles that was renamed, or copied without its .dzi file.
    put(folder / "copied" / "0" / "0_0.jpg")
    put(folder / "copied" / "1" / "0_0.jpg")
    put(folder / "out" / "mosaics" / "x.jpg")
    (folder / "out" / "photos").mkdir()
    write_ledger(folder / "out" / "photos" / "photos.csv", [])
    for name in ("index.html", "mosaic.webp", "target.webp", "tiles/0.png"):
        put(folder / "viewer" / name)
    for name in ("Snakefile", "pyproject.toml", "src/pigeonhole/x"):
        put(folder / "clone" / name)
    for name in ("docs/x.jpg", "party.jpg"):
        put(folder / "clone" / name)
    for name in ("Snakefile", "src/x.jpg", "docs/x.jpg"):
        put(folder / "other project" / name)
    put(folder / "docs" / "c.jpg")
    put(folder / "other" / "photos" / "photos.csv")
    put(folder / "other" / "d.jpg")
    found = names(usable_images(folder), folder)
    assert [name for name in found if Path(name).suffix == ".jpg"] == [
        *("a.jpg", "clone/party.jpg", "docs/c.jpg", "other/d.jpg"),
        *("other project/docs/x.jpg", "other project/src/x.jpg", "small_files/b.jpg"),
    ]
    own = {key for key, value in skipped(folder).items() if value == "own-result"}
    expected = {"big_files", "copied", "out", "viewer", "clone/docs", "clone/src"}
    assert own == expected
    assert details(folder)["big_files"] == "it has the tiles of big.dzi"
