"""Tests for removing photos and faces from all results."""

import csv
import json
import os
import shutil
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import replace
from zipfile import ZipFile

import numpy as np
import pytest
from clone import Clone
from skimage import data

from pigeonhole.cli.main import main
from pigeonhole.core.atomic import write_text
from pigeonhole.core.cache import cache_dir
from pigeonhole.core.digest import sha256_of
from pigeonhole.core.geometry import Box
from pigeonhole.core.tables import write_table
from pigeonhole.curation.erasure import PAGES
from pigeonhole.curation.removal import (
    StillThere,
    UnknownPhoto,
    join_face_words,
    remove,
)
from pigeonhole.faces import FaceRejection, FaceRow, read_faces, write_faces
from pigeonhole.imaging.codecs import encode_jpeg, read_rgb, write_jpeg, write_png
from pigeonhole.imaging.fingerprint import fingerprint
from pigeonhole.imaging.resize import resize
from pigeonhole.photos.cache import measure
from pigeonhole.photos.downloads import download_cache
from pigeonhole.photos.ledger import (
    PhotoRow,
    read_ledger,
    write_duplicates,
    write_ledger,
)
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


class Project:
    """A folder with results: photos, faces, tiles, and mosaics that show them."""

    def __init__(self, folder, images, source="demo"):
        self.folder, self.results = folder, folder / "results"
        self.list = folder / "removed.txt"
        self.settings = TileSetSettings(variants=3)
        self.photos = self.results / "photos"
        own = folder / "own" if source == "folder" else self.photos
        self.rows, self.faces = [], []
        for number, (name, image) in enumerate(images.items()):
            write_png(own / name, image)
            row = PhotoRow(name, source, image_url=str(own / name))
            content = (own / name).read_bytes()
            self.rows.append(measure(row, content, name, 10**7))
            boxes = [Box(20 + 100 * n, 50 + 9 * number, 80, 80) for n in range(2)]
            self.faces += [
                FaceRow(name, *box, 5.0, fingerprint=fingerprint(box.crop(image)))
                for box in boxes
            ]
        write_ledger(self.photos / "photos.csv", self.rows)
        write_duplicates(self.photos / "duplicates.csv", [])
        write_faces(self.results / "faces/faces.csv", self.faces)
        self.tiles = self.cut()
        self.tiles.save(self.results / "tiles/faces.npz")
        for page in PAGES:
            (self.results / page).parent.mkdir(exist_ok=True)
            (self.results / page).write_text(f"<img alt={row.photo}>")
        for name in images:
            self.mosaic(f"of {name.encode().hex()}", name)

    def cut(self, removed=None):
        return cut_tiles(
            self.settings, 0.15, self.rows, self.faces, self.photos, removed
        )

    def mosaic(self, name, *photos):
        """Write a mosaic of the tiles of some photos."""
        folder = self.results / "mosaics" / name
        rows = [row for row in self.tiles.rows if row.photo in photos]
        for part, row in zip(("", "print"), rows, strict=False):
            path = folder / part / "placement.csv"
            write_table(path, [{"photo": row.photo, "tile_id": row.id}])
        # Like the real one, it names the photos of all tiles.
        viewer = {"photos": [{"name": row.photo} for row in self.rows]}
        write_text(folder / "viewer/index.html", json.dumps(viewer))
        return folder

    @property
    def mosaics(self):
        return {path.name for path in (self.results / "mosaics").iterdir()}

    def remove(self, *names):
        return remove(names, self.results, self.list)

    @property
    def removed(self):
        return RemovalList.read(self.list).in_photos(self.rows, self.faces)


def image_of(seed):
    """Return an image with random colors at all scales."""
    rng = np.random.default_rng(seed)
    layers = [
        resize(rng.integers(0, 256, (3 * scale, 4 * scale, 3), np.uint8), 400, 300)
        for scale in (1, 2, 4, 100)
    ]
    return np.uint8(np.mean(layers, axis=0))


ODD_NAMES = ["#me.jpg", " lead.jpg", "a\nb\x85c\u2028.jpg", '"q",{x}.jpg', "-é.jpg"]


@pytest.fixture
def project(tmp_path):
    """Photos with odd names."""
    names = [*ODD_NAMES, "b.jpg"]
    return Project(tmp_path, {name: image_of(n) for n, name in enumerate(names)})


def test_photos_with_odd_names_are_removed_for_good(project):
    report = project.remove(*ODD_NAMES[:4])
    assert (report.erased.photos, report.erased.faces) == (4, 8)
    assert (report.erased.tiles, report.damaged) == (24, [])
    kept = {"-é.jpg", "b.jpg"}
    assert project.mosaics == {f"of {name.encode().hex()}" for name in kept}
    assert {path.name for path in project.photos.glob("*.jpg")} == kept
    remaining = TileSet.load(project.results / "tiles/faces.npz")
    assert {row.photo for row in remaining.rows} == kept
    assert project.removed.photos == set(ODD_NAMES[:4])
    assert "No file in" in str(report)
    # Again: nothing, and the list stays the same.
    content = project.list.read_bytes()
    report = project.remove(*ODD_NAMES[:4])
    assert not report.erased
    assert str(report).startswith("There is nothing left to remove. No file in")
    assert project.list.read_bytes() == content


@pytest.mark.parametrize("name", ODD_NAMES)
def test_faces_of_photos_with_odd_names_are_removed_at_any_size(project, name):
    face = next(face for face in project.faces if face.photo == name)
    report = project.remove(face.line)
    assert (report.erased.photos, report.erased.faces) == (0, 1)
    assert report.erased.tiles >= 3
    assert (project.photos / name).exists()
    assert not (project.results / "mosaics" / f"of {name.encode().hex()}").exists()
    assert len(project.mosaics) == 5
    image = read_rgb(project.photos / name)
    for factor in (0.5, 2):
        large = resize(image, int(400 * factor), int(300 * factor))
        row = measure(PhotoRow("x", "folder"), encode_jpeg(large, 80), "x", 10**7)
        box = Box(*(int(side * factor) for side in face.box))
        removed = RemovalList.read(project.list).in_photos([row])
        assert removed.shows("x", box)
    # The next run cuts the remaining tiles again.
    again = project.cut(project.removed)
    remaining = TileSet.load(project.results / "tiles/faces.npz")
    np.testing.assert_array_equal(again.tiles, remaining.tiles)


def test_a_damaged_list_does_not_prevent_a_removal(project, monkeypatch, capsys):
    monkeypatch.chdir(project.folder)
    project.list.write_bytes(b"half a li\n\xff\n")
    assert main(["remove", "b.jpg"]) == 1
    out, err = capsys.readouterr()
    assert out.startswith("Removed 1 photo, 2 faces, 6 tiles")
    assert err.startswith("pigeonhole: removed.txt line 1 is 'half a li': it must be")
    assert project.list.read_bytes().startswith(b"half a li\n\xff\n{")
    assert not (project.photos / "b.jpg").exists()


def test_lines_of_earlier_versions_are_completed(project):
    """They didn't hold in another size, and matched any photo of the name."""
    project.list.write_text("# mine\nb.jpg 20 95 80 80\nelse.jpg 1 2 3 4\n")
    project.remove("#me.jpg")
    first, kept, completed, new = project.list.read_text().splitlines()
    assert (first, kept) == ("# mine", "else.jpg 1 2 3 4")
    assert json.loads(completed)["box"] == [0.05, 0.316667, 0.2, 0.266667]
    assert json.loads(new)["photo"] == "#me.jpg"
    faces = read_faces(project.results / "faces/faces.csv")
    assert [face.x for face in faces if face.photo == "b.jpg"] == [120]


def test_another_photo_of_the_same_name_stays(project):
    project.remove("b.jpg")
    again = Project(project.folder, {"b.jpg": image_of(99)})
    report = again.remove("b.jpg 20 50 80 80")
    assert (report.erased.photos, report.erased.faces) == (0, 1)
    assert (again.photos / "b.jpg").exists()


def test_faces_that_duplicate_a_face_of_a_removed_photo_do_not_name_it(project):
    first, *_, last = project.faces
    duplicate = replace(
        last, rejection=FaceRejection.DUPLICATE, duplicate_of=first.line
    )
    table = project.results / "faces/faces.csv"
    write_faces(table, [*project.faces[:-1], duplicate])
    project.remove(first.photo)
    assert last in read_faces(table)


def test_similar_names_are_suggested(project):
    with pytest.raises(UnknownPhoto, match=r"similar names are 'b\.jpg'"):
        project.remove("B.jpg")
    with pytest.raises(UnknownPhoto, match=r"'b\.jpg 120 95 80 80'"):
        project.remove("b.jpg 200 195 80 80")
    assert not project.list.exists()


def test_mosaics_that_may_show_a_removed_photo_are_deleted(project):
    """Without a placement, or with the photo as the target, nobody knows."""
    (project.mosaic("unknown", "-é.jpg") / "placement.csv").write_text("x\n1\n")
    project.mosaic("damaged", "-é.jpg").joinpath("placement.csv").write_bytes(b"\xff")
    project.mosaic("b", "-é.jpg")
    (project.results / "mosaics/empty/viewer").mkdir(parents=True)
    project.mosaic("other", "-é.jpg")
    deleted = set(project.remove("b.jpg").erased.mosaics)
    assert {"unknown", "damaged", "b", "empty"} <= deleted
    assert "other" in project.mosaics


@pytest.mark.parametrize("path", ["viewer/target.webp", "mosaic.png"])
def test_mosaics_whose_target_is_a_copy_of_a_removed_photo_are_deleted(project, path):
    """They may be of earlier settings, which don't name the target any more."""
    image = read_rgb(project.photos / "b.jpg")
    for name, target in (("copy", resize(image, 300, 225)), ("other", data.coffee())):
        write_png(project.mosaic(name, "-é.jpg") / path, target)
    assert "copy" in project.remove("b.jpg").erased.mosaics
    assert "other" in project.mosaics


def test_the_next_run_collects_photos_even_without_the_list(project):
    project.remove("b.jpg")
    assert (project.photos / "photos.csv").stat().st_mtime == 0


def test_files_of_the_user_next_to_a_mosaic_stay(project):
    notes = project.mosaic("b", "b.jpg") / "notes.txt"
    write_text(notes, "mine")
    write_text(notes.parent / "large/mosaic_files/0/0_0.jpg", "tile")
    report = project.remove("b.jpg")
    assert [path for path in notes.parent.rglob("*") if path.is_file()] == [notes]
    assert f"Your own files next to the mosaics stay: {notes}." in str(report)


def test_viewers_which_name_all_photos_are_deleted(project):
    mosaic = project.mosaic("other", "-é.jpg")
    assert (mosaic / "viewer").exists()
    project.remove("b.jpg")
    assert (mosaic / "placement.csv").exists()
    assert not (mosaic / "viewer").exists()


def test_copies_of_a_removed_photo_are_found_among_the_results(project):
    """They may be edits of the user, whatever their names are."""
    image = read_rgb(project.photos / "b.jpg")
    copies = [
        project.photos / name
        for name in ("demo-999.jpg", "demo-1.kept.jpg", "mine/me.png")
    ]
    for number, path in enumerate(copies):
        write_jpeg(path, resize(image, 200 + 40 * number, 150 + 30 * number))
    with ZipFile(project.photos / "backup.zip", "w") as archive:
        archive.writestr("photos/b.jpg", b"x")
    with ZipFile(project.photos / "1-of-2.zip", "w") as archive:
        archive.writestr("b.jpg", b"x")
    write_jpeg(project.photos / "demo-5.jpg", data.coffee())
    copies.append(project.photos / "backup.zip")
    before = {path: path.read_bytes() for path in copies}
    with pytest.raises(StillThere) as error:
        project.remove("b.jpg")
    assert ", ".join(map(str, sorted(copies))) in str(error.value)
    assert {path: path.read_bytes() for path in copies} == before
    assert not (project.photos / "b.jpg").exists()
    assert not (project.photos / "1-of-2.zip").exists()
    for path in copies:
        path.unlink()
    assert not project.remove("b.jpg").erased
    assert (project.photos / "demo-5.jpg").exists()


def test_files_of_the_user_with_names_of_ours_stay(project):
    """Only a file with the bytes that a source wrote is deleted by its name."""
    write_png(project.photos / "b.jpg", image_of(77))
    np.savez(project.results / "tiles/mine.npz", heights=np.arange(3))
    own = [project.photos / "b.jpg", project.results / "tiles/mine.npz"]
    before = [path.read_bytes() for path in own]
    assert project.remove("b.jpg").erased.photos == 1
    assert [path.read_bytes() for path in own] == before
    # What can't be decoded may show the photo.
    project.photos.joinpath("#me.jpg").write_bytes(b"half")
    with pytest.raises(StillThere, match="#me"):
        project.remove("#me.jpg")


def test_what_killed_runs_left_of_a_removed_photo_is_deleted(project):
    content = (project.photos / "b.jpg").read_bytes()
    drafts = [
        project.photos / ".b-a1_b2c3d.jpg",
        project.results / "tiles/.faces-a1_b2c3d.index",
        project.results / "faces/.review-a1_b2c3d.html",
    ]
    for path in drafts:
        path.write_bytes(content[:5000])
    project.remove("b.jpg")
    assert not any(path.exists() for path in drafts)


WRITES = {"os.remove", "os.rename", "os.rmdir", "shutil.rmtree"}


@pytest.mark.parametrize("number", [3, 6, 12, 22, 30])
def test_a_killed_removal_is_finished_by_the_next_one(project, number):
    """The process ends before its n-th change of a file."""
    count = 0

    def end(event, _):
        nonlocal count
        count += event in WRITES
        if count == number:
            os._exit(9)

    pid = os.fork()
    if not pid:
        sys.addaudithook(end)
        project.remove("b.jpg")
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 9
    project.remove("b.jpg")
    assert not project.remove("b.jpg").erased
    assert len(RemovalList.read(project.list).entries) == 1
    assert not (project.photos / "b.jpg").exists()
    names = {row.photo for row in read_ledger(project.photos / "photos.csv")}
    assert names == {*ODD_NAMES}
    # A tile set whose two files differ is built again.
    for path in (project.results / "tiles").glob("*.npz"):
        assert {row.photo for row in TileSet.load(path).rows} == names


def test_photos_named_like_words_of_other_files_are_removed(tmp_path):
    images = {name: image_of(n) for n, name in enumerate(("1", "photo", "b.jpg"))}
    project = Project(tmp_path, images, source="folder")
    write_text(project.results / "birthday/table.csv", "photo,n\n1,1\n")
    assert project.remove("1", "photo").erased.photos == 2
    assert [row.photo for row in read_ledger(project.photos / "photos.csv")] == [
        "b.jpg"
    ]


@pytest.mark.parametrize("path", ["lists/gone.txt", "sub dir/é.jsonl"])
def test_the_list_is_the_one_of_the_workflow(project, monkeypatch, tmp_path, path):
    """Entries in any other list would let the photo come back."""
    config = json.dumps({"photos": {"removal_list": path, "source": "demo"}})
    (project.folder / "config.yaml").write_text(config)
    monkeypatch.chdir(project.folder)
    assert main(["remove", "b.jpg"]) == 0
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    assert main(["remove", "#me.jpg", "--results", str(project.results)]) == 0
    removed = RemovalList.read(project.folder / path)
    assert removed.photos == {"b.jpg", "#me.jpg"}
    assert not list(elsewhere.iterdir())
    assert not project.list.exists()
    # An option has precedence, even over settings that can't be read.
    (project.folder / "config.yaml").write_text("photos: [")
    options = ["--removal-list", "my.txt", "--results", str(project.results)]
    assert main(["remove", *options, "--", "-é.jpg"]) == 0
    assert RemovalList.read(elsewhere / "my.txt").photos == {"-é.jpg"}


def test_photos_of_a_folder_stay_where_they_are(tmp_path):
    images = {"a.jpg": data.astronaut(), "b.jpg": data.coffee()}
    project = Project(tmp_path, images, source="folder")
    before = {path: path.read_bytes() for path in (tmp_path / "own").iterdir()}
    assert project.remove("a.jpg").erased.photos == 1
    assert {path: path.read_bytes() for path in (tmp_path / "own").iterdir()} == before
    ledger = read_ledger(project.photos / "photos.csv")
    assert [row.photo for row in ledger] == ["b.jpg"]


def test_cached_downloads_and_tiles_are_deleted(project):
    image = read_rgb(project.photos / "b.jpg")
    cache = download_cache()
    contents = [encode_jpeg(resize(image, side, side), 90) for side in (200, 600)]
    for number, content in enumerate(contents):
        row = PhotoRow("pexels-1.jpg", "pexels", image_url=f"https://e.org/{number}")
        assert cache.store(measure(row, content, "x", 10**7), content)
    other = PhotoRow("pexels-2.jpg", "pexels", image_url="https://e.org/2")
    content = encode_jpeg(data.coffee(), 90)
    cache.store(measure(other, content, "x", 10**7), content)
    project.tiles.save(cache_dir("tiles") / "kept.npz")
    project.remove("b.jpg")
    assert [row.photo for row in cache.rows()] == ["pexels-2.jpg"]
    assert not cache_dir("tiles").exists()
    # Another project downloads it again, and makes a mosaic.
    row = PhotoRow("pexels-1.jpg", "pexels", image_url="https://e.org/0")
    assert cache.store(measure(row, contents[0], "x", 10**7), contents[0])
    project.tiles.save(cache_dir("tiles") / "again.npz")
    project.remove("b.jpg")
    assert not cache_dir("tiles").exists()
    assert len(cache.rows()) == 1


def test_a_running_workflow_and_a_removal_do_not_collide(project, monkeypatch, capsys):
    monkeypatch.chdir(project.folder)
    with lock_all_results_in_another_process(project.folder):
        assert main(["remove", "b.jpg"]) == 1
        assert "Another run" in capsys.readouterr().err
        assert (project.photos / "b.jpg").exists()
    assert main(["remove", "b.jpg"]) == 0


@contextmanager
def lock_all_results_in_another_process(folder):
    (folder / ".snakemake").mkdir()
    code = (
        "import sys; from pathlib import Path\n"
        "from pigeonhole.pipeline.run_lock import acquire_run_lock\n"
        "acquire_run_lock(Path('.snakemake/runs'), [], ['results/photos/photos.csv'])\n"
        "print(flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=folder,
    ) as child:
        child.stdout.readline()
        yield
        child.stdin.close()


def test_names_with_a_dash_need_two_dashes(project, monkeypatch, capsys):
    monkeypatch.chdir(project.folder)
    assert main(["remove", "-é.jpg"]) == 2
    assert "write -- before" in capsys.readouterr().err
    assert main(["remove", "--", "-é.jpg"]) == 0
    assert not (project.photos / "-é.jpg").exists()


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
    removed = RemovalList.read(removal_list).in_photos([photo])
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
    # The table of skipped photos gives the reason. Only the list names the photo, too.
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
        if path.is_file() and path.parent.name != "lists":
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
    listed = RemovalList.read(clone.folder / "removed.txt")
    removed = listed.in_photos(read_ledger(results / "photos/photos.csv"))
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
    # A small part is another photo.
    write_jpeg(own / "b.jpg", data.astronaut()[:350, 80:400])
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
