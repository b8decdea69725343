"""Tests for collecting photos into a folder."""

import numpy as np
import pytest
from image_samples import BAD_IMAGES
from skimage import data

from pigeonhole.core.tables import read_rows
from pigeonhole.imaging.codecs import write_jpeg, write_png
from pigeonhole.imaging.resize import resize
from pigeonhole.photos.cache import PhotoCache
from pigeonhole.photos.collect import NoPhotos, collect_photos
from pigeonhole.photos.ledger import read_duplicates, read_ledger

GRAY = np.full((30, 40, 3), 120, np.uint8)


@pytest.fixture
def photos(tmp_path):
    folder = tmp_path / "photos"
    folder.mkdir()
    return folder


def collect(photos, results, **changes):
    options = {"folder": str(photos), "max_pixels": 10**6}
    collect_photos(results, "folder", options, **changes)
    return [row.photo for row in read_ledger(results / "photos.csv")]


def test_bad_photos_are_recorded_and_the_others_are_collected(photos, tmp_path):
    for name, (content, _) in BAD_IMAGES.items():
        (photos / name).write_bytes(content)
    (photos / "dir.jpg").mkdir()
    write_jpeg(photos / "dir.jpg" / "good.jpg", GRAY)
    write_png(photos / "large.png", np.zeros((2000, 2000), np.uint8))
    results = tmp_path / "results"
    assert collect(photos, results, threads=2) == ["dir.jpg/good.jpg"]
    skipped = {row["photo"]: row for row in read_rows(results / "skipped.csv")}
    assert set(skipped) == {*BAD_IMAGES, "large.png"}
    assert skipped["large.png"]["reason"] == "too-large"
    assert "2000x2000" in skipped["large.png"]["detail"]
    assert skipped["drawing.png"]["reason"] == "unreadable"
    assert skipped["drawing.png"]["detail"] == "it is a drawing"
    names = {"photos.csv", "skipped.csv", "duplicates.csv"}
    assert {path.name for path in results.iterdir()} == names


def test_a_source_without_usable_photos_is_an_error(photos, tmp_path):
    results = tmp_path / "results"
    with pytest.raises(NoPhotos, match=r"photos.folder .*photos has no usable photo"):
        collect(photos, results)
    (photos / "x.jpg").write_bytes(b"no")
    with pytest.raises(NoPhotos, match=r"all 1 .*\(x.jpg\) .* isn't an image"):
        collect(photos, results)
    assert not list(results.glob("*.csv"))


def test_only_the_largest_of_near_duplicates_is_kept(photos, tmp_path):
    image = data.coffee()
    write_jpeg(photos / "large.jpg", image)
    write_jpeg(photos / "small.jpg", resize(image, 300, 200))
    write_jpeg(photos / "dark.jpg", image // 2)
    results, cache = tmp_path / "results", tmp_path / "cache"
    names = collect(photos, results, max_hash_distance=4, cache=cache)
    assert names == ["dark.jpg", "large.jpg"]
    (row,) = read_duplicates(results / "duplicates.csv")
    assert row.photo.photo == "small.jpg"
    assert (row.photo.width, row.duplicate_of) == (300, "large.jpg")
    assert read_rows(results / "skipped.csv") == [
        {
            "photo": "small.jpg",
            "reason": "duplicate",
            "detail": "it is a near-duplicate of large.jpg",
        }
    ]
    # Near-duplicates are cached, too.
    assert PhotoCache(cache).read()["small.jpg"] == row.photo
    names = collect(photos, results, max_hash_distance=None)
    assert names == ["dark.jpg", "large.jpg", "small.jpg"]
    assert read_duplicates(results / "duplicates.csv") == []


def test_removed_photos_are_skipped(photos, tmp_path):
    for name in ("a.jpg", "b.jpg"):
        write_jpeg(photos / name, np.roll(data.astronaut(), ord(name[0]), axis=1))
    removal_list = tmp_path / "removed.txt"
    removal_list.write_text(f"a.jpg {'0' * 64}\n")
    names = collect(photos, tmp_path / "results", removal_list=removal_list)
    assert names == ["b.jpg"]
    (skipped,) = read_rows(tmp_path / "results" / "skipped.csv")
    assert (skipped["photo"], skipped["reason"]) == ("a.jpg", "removed")
    assert skipped["detail"] == "it is on the removal list"
