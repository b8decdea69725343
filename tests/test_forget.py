"""Someone who asks to be taken out is taken out, and stays out."""

import csv

import pytest
from clone import Clone
from skimage import data

from pigeonhole.cli.main import main
from pigeonhole.core.errors import SettingsError
from pigeonhole.curation.removal import named
from pigeonhole.faces import read_faces
from pigeonhole.imaging.codecs import write_jpeg
from pigeonhole.imaging.resize import resize
from pigeonhole.photos.ledger import PhotoRow, read_ledger
from pigeonhole.photos.removal_list import Forgotten, add_forgotten
from pigeonhole.tiles import TileSet

DIGEST = "ab" * 32
LOOKS = "00ff00ff00ff00ff-102030"


def test_the_list_survives_the_disk(tmp_path):
    path = tmp_path / "forgotten.txt"
    assert Forgotten.read(path) == Forgotten()
    lines = [f"my photo 2.jpg {DIGEST}", "b 1.jpg 1 2 30 40", "b 1.jpg 5 6 7 8"]
    add_forgotten(path, lines[:2])
    add_forgotten(path, lines)
    read = Forgotten.read(path)
    assert (read.photos, read.sha256) == ({"my photo 2.jpg"}, {DIGEST})
    assert read.faces == {"b 1.jpg": [(1, 2, 30, 40), (5, 6, 7, 8)]}
    assert path.read_text().count("\n") == 4
    assert read.looks == frozenset()
    add_forgotten(path, [f"c.jpg {DIGEST} {LOOKS}"])
    assert Forgotten.read(path).looks == {LOOKS}
    assert read.shows("b 1.jpg", (3, 2, 30, 40))
    assert not read.shows("b 1.jpg", (100, 2, 30, 40))
    assert read.seen_in("b 1.jpg", (0, 0, 500, 500))
    assert not read.seen_in("c.jpg", (0, 0, 500, 500))
    path.write_text("b.jpg\n")
    with pytest.raises(SettingsError, match=r"line 1.*write photo sha256"):
        Forgotten.read(path)


def test_what_looks_like_a_forgotten_photo_is_out():
    gone = Forgotten(frozenset({"a.jpg"}), frozenset({DIGEST}), looks={LOOKS})
    near, dark, other = (
        f"{number:016x}-{colour}"
        for number, colour in (
            (0x00FF00FF00FF00FF ^ 0b1111, "182838"),
            (0x00FF00FF00FF00FF, "192838"),
            (0x00FF00FF00FF00FF ^ 0b11111, "102030"),
        )
    )
    rows = [
        PhotoRow(name, *[""] * 6, 1, 1, digest, looks)
        for name, digest, looks in (
            ("a.jpg", "", ""),
            ("b.jpg", DIGEST, ""),
            ("c.jpg", "", near),
            ("d.jpg", "", dark),
            ("e.jpg", "", other),
            ("f.jpg", "", ""),
        )
    ]
    assert gone.among(rows) == [True, True, True, False, False, False]
    assert Forgotten().among(rows) == [False] * 6
    assert gone.among([]) == []


def test_a_face_may_be_quoted_or_not():
    words = ["a.jpg", "b c.jpg 1 2 3 4", "d.jpg", "1", "2", "3", "4", "e.jpg"]
    assert named(words) == ["a.jpg", "b c.jpg 1 2 3 4", "d.jpg 1 2 3 4", "e.jpg"]


def test_who_is_unknown_is_said(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("no.jpg", "no.jpg 1 2 3 4", f"x {DIGEST}"):
        assert main(["forget", name]) == 1
        err = capsys.readouterr().err
        assert "is neither a photo nor a face that we know" in err
        assert err.count("\n") == 1
    assert not list(tmp_path.iterdir())


@pytest.fixture(scope="module")
def clone(finished, tmp_path_factory):
    return finished.copy(tmp_path_factory.mktemp("forget") / "pigeonhole")


def call(clone, monkeypatch, *names):
    monkeypatch.chdir(clone.folder)
    return main(["forget", *names])


@pytest.mark.workflow
def test_a_photo_goes_and_never_comes_back(clone, monkeypatch, capsys, tmp_path):
    results = clone.folder / "results"
    rows = read_ledger(results / "photos/photos.csv")
    out = rows[1]
    before = TileSet.load(results / "tiles/faces.npz")
    lost = sum(row.photo == out.photo for row in before.rows)
    assert lost > 0

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    before.save(tmp_path / "pigeonhole/tiles/kept.npz")
    assert call(clone, monkeypatch, out.photo) == 0
    assert not list(tmp_path.rglob("kept.*"))
    told = capsys.readouterr().out
    assert "Taken out: 1 photo, " in told
    assert "removed: astronaut" in told
    assert not (results / "photos" / out.photo).exists()
    assert not (results / "mosaics/astronaut").exists()
    assert_nowhere(results, out.photo, out.sha256)
    left = TileSet.load(results / "tiles/faces.npz")
    assert len(left.tiles) == len(before.tiles) - lost
    assert [row.tile for row in left.rows] == list(range(len(left.rows)))
    assert not (results / "tiles/faces.index").exists()

    plan = clone.plan()
    assert plan["make_mosaic"] == plan["credits"] == 1
    clone.run("mosaics", "credits", "--forcerun", "photos")
    assert (results / "mosaics/astronaut/mosaic.png").exists()
    assert not (results / "photos" / out.photo).exists()
    # The list of what was skipped says so; nothing else names it.
    skipped = (results / "photos/skipped.csv").read_text()
    assert f"{out.photo},taken out with `pigeonhole forget`" in skipped
    (results / "photos/skipped.csv").unlink()
    assert_nowhere(results, out.photo, out.sha256)
    clone.run("mosaics", "credits")
    # Again is no mistake: it finishes what was killed.
    assert call(clone, monkeypatch, out.photo) == 0
    assert "was taken out before" in capsys.readouterr().out


def assert_nowhere(results, *words):
    for path in results.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert not [word for word in words if word.encode() in content], path


@pytest.mark.workflow
def test_a_face_goes_and_its_photo_stays(clone, monkeypatch, capsys):
    results = clone.folder / "results"
    clone.run("mosaics", "credits")
    face = next(row for row in read_faces(results / "faces/faces.csv") if row.kept)
    words = [face.photo, *map(str, (face.x, face.y, face.width, face.height))]
    assert call(clone, monkeypatch, *words) == 0
    clone.run("mosaics", "credits")
    assert "Nothing to be done" in clone.run("mosaics", "credits")
    assert (results / "photos" / face.photo).exists()
    gone = Forgotten.read(clone.folder / "forgotten.txt")
    for row in read_faces(results / "faces/faces.csv"):
        assert not gone.shows(row.photo, (row.x, row.y, row.width, row.height))
    for row in TileSet.load(results / "tiles/live.npz").rows:
        assert not gone.seen_in(row.photo, (row.x, row.y, row.width, row.height))
    with (results / "mosaics/astronaut/placement.csv").open() as file:
        assert next(csv.DictReader(file))


@pytest.mark.workflow
def test_a_photo_of_ones_own_stays_in_its_folder(tmp_path, monkeypatch):
    own = tmp_path / "own"
    for name in ("a.jpg", "copy of a.jpg"):
        write_jpeg(own / name, data.astronaut())
    write_jpeg(own / "b.jpg", data.astronaut()[:, ::-1])
    # Kept once beside a.jpg: it mustn't take its place.
    write_jpeg(own / "c.jpg", resize(data.astronaut(), 400, 400))
    made = Clone(
        tmp_path / "pigeonhole", {"photos": {"source": "folder", "folder": str(own)}}
    )
    made.run("results/tiles/faces.npz")
    assert call(made, monkeypatch, "a.jpg") == 0
    made.run("results/tiles/faces.npz")
    assert (own / "a.jpg").exists()
    # The copy has the same bytes: it's the same photo.
    rows = read_ledger(made.folder / "results/photos/photos.csv")
    assert [row.photo for row in rows] == ["b.jpg"]
    # In another size it was never seen, and stays out all the same.
    write_jpeg(own / "d.jpg", resize(data.astronaut(), 300, 300))
    made.configure({"mosaic": {"targets": [str(own / "d.jpg")]}})
    made.run("results/tiles/faces.npz")
    rows = read_ledger(made.folder / "results/photos/photos.csv")
    assert [row.photo for row in rows] == ["b.jpg"]
    # Nor is it a target.
    told = made.run("mosaics", ok=False)
    assert "it was taken out with `pigeonhole forget`; choose another." in told
    assert "Making the mosaic" not in told
