"""Tests for removing photos and faces from all results."""

import csv
import shutil

import numpy as np
import pytest
from clone import Clone
from skimage import data

from pigeonhole.cli.main import main
from pigeonhole.core.cache import cache_dir
from pigeonhole.core.digest import sha256_of
from pigeonhole.core.geometry import Box
from pigeonhole.curation.removal import join_face_words, remove
from pigeonhole.faces import FaceRow, read_faces, write_faces
from pigeonhole.imaging.codecs import write_jpeg, write_png
from pigeonhole.imaging.resize import resize
from pigeonhole.photos.ledger import PhotoRow, read_ledger, write_ledger
from pigeonhole.photos.removal_list import RemovalList
from pigeonhole.settings import TileSetSettings
from pigeonhole.tiles import TileSet
from pigeonhole.tiles.cut import cut_tiles

DIGEST = "ab" * 32


def test_the_words_of_a_face_are_joined():
    words = ["a.jpg", "b c.jpg 1 2 3 4", "d.jpg", "1", "2", "3", "4", "e.jpg"]
    assert join_face_words(words) == [
        "a.jpg",
        "b c.jpg 1 2 3 4",
        "d.jpg 1 2 3 4",
        "e.jpg",
    ]


def test_an_unknown_name_is_an_error(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("no.jpg", "no.jpg 1 2 3 4", f"x {DIGEST}"):
        assert main(["remove", name]) == 1
        err = capsys.readouterr().err
        assert "There is no photo or face" in err
        assert err.count("\n") == 1
    assert not list(tmp_path.iterdir())


def test_all_variants_of_a_removed_face_are_removed(tmp_path):
    """Of its neighbor, only the crops that show it, too, are removed."""
    image = np.random.default_rng(1).integers(0, 256, (400, 500, 3), np.uint8)
    results, removal_list = tmp_path / "results", tmp_path / "removed.txt"
    write_png(results / "photos/a.png", image)
    digest = sha256_of((results / "photos/a.png").read_bytes())
    photo = PhotoRow("a.png", "demo", width=500, height=400, sha256=digest)
    write_ledger(results / "photos/photos.csv", [photo])
    faces = [FaceRow("a.png", x, 150, 100, 100, 5.0) for x in (100, 200)]
    write_faces(results / "faces/faces.csv", faces)
    settings = TileSetSettings(variants=30)
    before = cut_tiles(settings, 0.15, [photo], faces, results / "photos")
    before.save(results / "tiles/faces.npz")
    remove([faces[0].line], results, removal_list)
    removed = RemovalList.read(removal_list)
    remaining = TileSet.load(results / "tiles/faces.npz")
    assert set(remaining.sources) == {0}
    assert remaining.rows[0].id == before.rows[30].id
    assert 10 < len(remaining.rows) < 30
    for row in remaining.rows:
        assert not removed.intersects("a.png", row.bounds)
    # The next run cuts the same tiles.
    again = cut_tiles(settings, 0.15, [photo], faces, results / "photos", removed)
    np.testing.assert_array_equal(again.tiles, remaining.tiles)


@pytest.fixture(scope="module")
def clone(finished, tmp_path_factory):
    return finished.copy(tmp_path_factory.mktemp("remove") / "pigeonhole")


def call(clone, monkeypatch, *names):
    monkeypatch.chdir(clone.folder)
    return main(["remove", *names])


@pytest.mark.workflow
def test_a_removed_photo_never_comes_back(clone, finished, monkeypatch, capsys):
    results = clone.folder / "results"
    rows = read_ledger(results / "photos/photos.csv")
    photo = rows[1]
    before = TileSet.load(results / "tiles/faces.npz")
    removed_tiles = sum(row.photo == photo.photo for row in before.rows)
    assert removed_tiles > 0

    # A copy has no cache of its own.
    caches = [cache_dir(name, results) for name in ("photos", "faces")]
    for cache in caches:
        shutil.copytree(cache_dir(cache.name, finished.folder / "results"), cache)
        paths = [path for path in cache.rglob("*") if path.is_file()]
        assert any(photo.sha256 in path.read_text() for path in paths)
    before.save(cache_dir("tiles") / "kept.npz")
    assert call(clone, monkeypatch, photo.photo) == 0
    assert not list(cache_dir("tiles").glob("kept.*"))
    output = capsys.readouterr().out
    assert "Removed 1 photo, " in output
    assert "showed them: astronaut" in output
    assert not (results / "photos" / photo.photo).exists()
    assert not (results / "mosaics/astronaut").exists()
    for folder in (results, *caches):
        assert_nowhere(folder, photo.photo, photo.sha256)
    remaining = TileSet.load(results / "tiles/faces.npz")
    assert len(remaining.tiles) == len(before.tiles) - removed_tiles
    assert [row.tile for row in remaining.rows] == list(range(len(remaining.rows)))
    assert not (results / "tiles/faces.index").exists()

    plan = clone.plan()
    assert plan["make_mosaic"] == plan["write_credits"] == 1
    clone.run("mosaics", "write_credits", "--forcerun", "collect_photos")
    assert (results / "mosaics/astronaut/mosaic.png").exists()
    assert not (results / "photos" / photo.photo).exists()
    # The table of skipped photos gives the reason. Nothing else names the photo.
    skipped = (results / "photos/skipped.csv").read_text()
    assert f"{photo.photo},removed,it is on the removal list" in skipped
    (results / "photos/skipped.csv").unlink()
    assert_nowhere(results, photo.photo, photo.sha256)
    clone.run("mosaics", "write_credits")
    # A second call isn't an error, because it may finish a killed one.
    assert call(clone, monkeypatch, photo.photo) == 0
    assert "There is nothing left to remove." in capsys.readouterr().out


def assert_nowhere(folder, *words):
    for path in folder.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert not [word for word in words if word.encode() in content], path


@pytest.mark.workflow
def test_a_removed_face_leaves_its_photo(clone, monkeypatch, capsys):
    results = clone.folder / "results"
    clone.run("mosaics", "write_credits")
    face = next(row for row in read_faces(results / "faces/faces.csv") if row.kept)
    words = [face.photo, *map(str, (face.x, face.y, face.width, face.height))]
    assert call(clone, monkeypatch, *words) == 0
    clone.run("mosaics", "write_credits")
    assert "Nothing to be done" in clone.run("mosaics", "write_credits")
    assert (results / "photos" / face.photo).exists()
    removed = RemovalList.read(clone.folder / "removed.txt")
    for row in read_faces(results / "faces/faces.csv"):
        box = Box(row.x, row.y, row.width, row.height)
        assert not removed.shows(row.photo, box)
    for row in TileSet.load(results / "tiles/live.npz").rows:
        assert not removed.intersects(row.photo, row.bounds)
    with (results / "mosaics/astronaut/placement.csv").open() as file:
        assert next(csv.DictReader(file))


@pytest.mark.workflow
def test_a_removed_photo_stays_in_the_users_own_folder(tmp_path, monkeypatch):
    own = tmp_path / "own"
    for name in ("a.jpg", "copy of a.jpg"):
        write_jpeg(own / name, data.astronaut())
    write_jpeg(own / "b.jpg", data.astronaut()[:, ::-1])
    # A near-duplicate of a.jpg must not take its place.
    write_jpeg(own / "c.jpg", resize(data.astronaut(), 400, 400))
    workflow = Clone(
        tmp_path / "pigeonhole", {"photos": {"source": "folder", "folder": str(own)}}
    )
    workflow.run("results/tiles/faces.npz")
    assert call(workflow, monkeypatch, "a.jpg") == 0
    workflow.run("results/tiles/faces.npz")
    assert (own / "a.jpg").exists()
    # The copy has the same bytes, so it is removed, too.
    rows = read_ledger(workflow.folder / "results/photos/photos.csv")
    assert [row.photo for row in rows] == ["b.jpg"]
    # The same image in another size is recognized by its fingerprint.
    write_jpeg(own / "d.jpg", resize(data.astronaut(), 300, 300))
    workflow.configure({"mosaic": {"targets": [str(own / "d.jpg")]}})
    workflow.run("results/tiles/faces.npz")
    rows = read_ledger(workflow.folder / "results/photos/photos.csv")
    assert [row.photo for row in rows] == ["b.jpg"]
    # It can't be a target either.
    output = workflow.run("mosaics", ok=False)
    assert "it was removed with `pigeonhole remove`; choose another image." in output
    assert not (workflow.folder / "results/mosaics").exists()
