"""A folder source: good, odd and bad files."""

import os
from itertools import chain
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from skimage import data
from test_images import BAD

from pigeonhole.core.digest import sha256_of
from pigeonhole.core.tables import read_rows
from pigeonhole.imaging.codecs import KINDS, USUAL, encode_jpeg, write_jpeg, write_png
from pigeonhole.imaging.resize import resize
from pigeonhole.photos import chunk_files, chunk_of, collect
from pigeonhole.photos.collect import NoPhotos, collect_photos
from pigeonhole.photos.files import SUFFIXES, find_pictures, usable_pictures
from pigeonhole.photos.ledger import SkippedRow, photo_path, read_alike, read_ledger
from pigeonhole.photos.sources.folder import collect_folder

GREY = np.full((30, 40, 3), 120, np.uint8)


@pytest.fixture
def photos(tmp_path):
    folder = tmp_path / "photos"
    folder.mkdir()
    return folder


def put(path, picture=GREY):
    path.parent.mkdir(parents=True, exist_ok=True)
    write_jpeg(path, picture)
    return path


def names(paths, folder):
    return [path.relative_to(folder).as_posix() for path in paths]


def look(folder, known=None, max_pixels=10**6, threads=1):
    return collect_folder(folder, max_pixels, known or {}, threads)


def test_a_tree_in_order_whatever_the_suffix(photos):
    for name in ("b/2.JPG", "a.jpeg", "b/1.webp", "c.tiff", "c.txt", "b.bmp", "d"):
        put(photos / name)
    told = ["a.jpeg", "b.bmp", "b/1.webp", "b/2.JPG", "c.tiff"]
    assert sorted(names(find_pictures(photos), photos)) == told
    assert [row.photo for row in look(photos).rows] == names(
        find_pictures(photos), photos
    )
    assert {".jpg", ".png", ".webp", ".tif", ".bmp", ".gif"} < SUFFIXES
    known = Image.registered_extensions()
    assert {known[suffix] for suffix in SUFFIXES} == set(USUAL)
    assert "AVIF, JPEG 2000, TIFF" in KINDS


def test_a_row_tells_all_that_is_known(photos):
    path = put(photos / "sub" / "x.jpg")
    (row,) = look(photos).rows
    assert row.photo == "sub/x.jpg"
    assert (row.source, row.width, row.height) == ("folder", 40, 30)
    assert row.image_url == path.as_posix()
    assert row.sha256 == sha256_of(path.read_bytes())
    assert (row.photographer, row.page_url, row.licence) == ("", "", "")
    assert photo_path(row, Path("results/photos")) == path


def test_photos_in_formats_of_others_are_told(photos):
    put(photos / "good.jpg")
    for name in ("IMG_1.HEIC", "raw.dng"):
        put(photos / name)
    (photos / "notes.txt").write_text("no photo")
    assert look(photos).skipped == [
        SkippedRow("IMG_1.HEIC", ".HEIC isn't read; export it as JPEG"),
        SkippedRow("raw.dng", ".dng isn't read; export it as JPEG"),
    ]
    assert names(usable_pictures(photos), photos) == ["good.jpg"]


def test_hidden_files_are_not_seen(photos):
    for name in (".x.jpg", ".thumbnails/x.jpg", "._x.jpg"):
        put(photos / name)
    assert find_pictures(photos) == []


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
def test_odd_names_survive(photos, tmp_path, name):
    put(photos / name)
    ledger = tmp_path / "results" / "photos.csv"
    options = {"folder": str(photos), "max_pixels": 10**6}
    collect_photos(tmp_path / "results", "folder", options)
    (row,) = read_ledger(ledger)
    assert row.photo == name
    assert photo_path(row, ledger.parent).read_bytes() == encode_jpeg(GREY)
    assert len(usable_pictures(photos)) == 1


def test_names_that_cannot_be_used_are_recorded(photos):
    put(photos / "good.jpg")
    put(photos / "{chunk}.jpg")
    put(photos / os.fsdecode(b"bad\xff.jpg"))
    found = look(photos)
    assert [row.photo for row in found.rows] == ["good.jpg"]
    reasons = {row.photo: row.reason for row in found.skipped}
    assert "wildcard; rename it" in reasons["{chunk}.jpg"]
    assert "UTF-8; rename it" in reasons[r"'bad\udcff.jpg'"]
    assert names(usable_pictures(photos), photos) == ["good.jpg"]


def test_links(photos, tmp_path):
    put(photos / "good.jpg")
    put(tmp_path / "outside" / "x.jpg")
    (photos / "in.jpg").symlink_to("good.jpg")
    (photos / "out.jpg").symlink_to(tmp_path / "outside" / "x.jpg")
    (photos / "nowhere.jpg").symlink_to("nothing")
    (photos / "loop.jpg").symlink_to("loop.jpg")
    (photos / "round").symlink_to(photos)
    (photos / "elsewhere").symlink_to(tmp_path / "outside")
    found = look(photos)
    assert [row.photo for row in found.rows] == ["good.jpg", "in.jpg"]
    reasons = {row.photo: row.reason for row in found.skipped}
    assert set(reasons) == {"out.jpg", "nowhere.jpg", "loop.jpg"}
    assert reasons["out.jpg"] == "it's a link that leads out of the folder"
    assert reasons["nowhere.jpg"] == "it's a link that leads nowhere"
    assert names(usable_pictures(photos), photos) == ["good.jpg", "in.jpg"]


def test_a_pipe_is_not_waited_for(photos):
    os.mkfifo(photos / "x.jpg")
    (row,) = look(photos).skipped
    assert row.reason == "it isn't a file"


def test_bad_photos_are_recorded_and_the_rest_goes_on(photos, tmp_path):
    for name, (content, _) in BAD.items():
        (photos / name).write_bytes(content)
    (photos / "dir.jpg").mkdir()
    put(photos / "dir.jpg" / "good.jpg")
    write_png(photos / "large.png", np.zeros((2000, 2000), np.uint8))
    results = tmp_path / "results"
    options = {"folder": str(photos), "max_pixels": 10**6}
    collect_photos(results, "folder", options, threads=2)
    assert [row.photo for row in read_ledger(results / "photos.csv")] == [
        "dir.jpg/good.jpg"
    ]
    reasons = {r["photo"]: r["reason"] for r in read_rows(results / "skipped.csv")}
    assert set(reasons) == {*BAD, "large.png"}
    assert "2000x2000" in reasons["large.png"]
    assert reasons["zero.jpg"] == "the file is empty"
    names = {"photos.csv", "skipped.csv", "alike.csv", "known.csv"}
    assert {path.name for path in results.iterdir()} == names


def test_no_photo_at_all(photos, tmp_path):
    def run():
        options = {"folder": str(photos), "max_pixels": 10**6}
        collect_photos(tmp_path, "folder", options)

    with pytest.raises(NoPhotos, match=r"photos.folder .*photos gives no photo"):
        run()
    (photos / "x.jpg").write_bytes(b"no")
    with pytest.raises(NoPhotos, match=r"all 1 .*\(x.jpg\) .* isn't a picture"):
        run()
    assert not list(tmp_path.glob("*.csv"))


def test_threads_change_nothing(photos):
    for number in range(20):
        put(photos / f"{number}.jpg")
    assert look(photos) == look(photos, threads=4)


def test_what_is_known_is_not_decoded_again(photos, monkeypatch):
    put(photos / "a.jpg")
    put(photos / "b.jpg")
    known = {row.photo: row for row in look(photos).rows}
    write_jpeg(photos / "b.jpg", GREY[:10])
    seen = []
    decode = collect.collect_folder.__globals__["decode_rgb"]

    def spy(content, name, limit):
        seen.append(name.name)
        return decode(content, name, limit)

    monkeypatch.setitem(collect.collect_folder.__globals__, "decode_rgb", spy)
    found = look(photos, known)
    assert seen == ["b.jpg"]
    assert [row.height for row in found.rows] == [30, 10]
    # A smaller limit counts for known photos, too.
    assert [row.photo for row in look(photos, known, max_pixels=500).rows] == ["b.jpg"]


def test_chunks_depend_on_names_alone(photos, tmp_path):
    assert [chunk_of(name, 7) for name in ("a.jpg", "b/ü.jpg")] == [4, 0]
    for number in range(40):
        put(photos / f"{number}.jpg")
    options = {"folder": str(photos), "max_pixels": 10**6}
    collect_photos(tmp_path, "folder", options)
    files = chunk_files(tmp_path / "photos.csv", 4)
    assert len(files) == 4
    assert all(files)
    assert sorted(chain.from_iterable(files)) == [
        path.as_posix() for path in sorted(find_pictures(photos))
    ]


def test_photos_that_look_alike_are_kept_once(photos, tmp_path):
    picture = data.coffee()
    put(photos / "large.jpg", picture)
    put(photos / "small.jpg", resize(picture, 300, 200))
    put(photos / "dark.jpg", picture // 2)
    options = {"folder": str(photos), "max_pixels": 10**6}

    def run(bits):
        collect_photos(tmp_path, "folder", options, bits=bits)
        return [row.photo for row in read_ledger(tmp_path / "photos.csv")]

    assert run(4) == ["dark.jpg", "large.jpg"]
    (row,) = read_alike(tmp_path / "alike.csv")
    assert (row.photo.photo, row.photo.width, row.like) == (
        "small.jpg",
        300,
        "large.jpg",
    )
    (skipped,) = read_rows(tmp_path / "skipped.csv")
    assert skipped == {"photo": "small.jpg", "reason": "looks like large.jpg"}
    # What was left out is known all the same.
    known = {row.photo: row for row in read_ledger(tmp_path / "known.csv")}
    assert known["small.jpg"] == row.photo
    assert run(None) == ["dark.jpg", "large.jpg", "small.jpg"]
    assert read_alike(tmp_path / "alike.csv") == []
