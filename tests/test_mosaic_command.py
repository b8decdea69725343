"""`pigeonhole mosaic`: one mosaic without the workflow."""

import csv
import json
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from pigeonhole.cli.main import main
from pigeonhole.core.digest import sha256_of
from pigeonhole.imaging.codecs import read_rgb, write_jpeg, write_png
from pigeonhole.imaging.fingerprint import looks_of
from pigeonhole.mosaic import fit_to_grid, make_mosaic
from pigeonhole.settings import LookSettings, TileSetSettings
from pigeonhole.tiles import TileSet, prepare

SIZE = ("--size", "6x4", "--width", "36")


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A target and 30 photos, and a cache of its own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    random = np.random.default_rng(1)
    write_png(tmp_path / "target.png", random.integers(0, 256, (24, 36, 3), np.uint8))
    for number in range(30):
        photo = np.full((20, 30, 3), random.integers(0, 256, 3), np.uint8)
        write_jpeg(tmp_path / "photos" / f"{number:02}.jpg", photo)
    (tmp_path / "photos" / "broken.jpg").write_bytes(b"no picture")
    return tmp_path


@pytest.fixture
def call(capfd):
    def called(*arguments):
        try:
            status = main(["mosaic", *map(str, arguments)])
        except SystemExit as stop:
            status = stop.code
        return status, *capfd.readouterr()

    return called


def test_a_folder_and_a_target_give_what_the_rules_give(place, call):
    status, out, _ = call(
        "target.png", "--tiles", "photos", *SIZE, "-o", "m.png", "--save-tiles", "t.npz"
    )
    assert status == 0
    assert out.startswith("m.png: 36x24 pixels, 36 cells, ")
    assert out.endswith(" of 30 tiles\n")
    tile_set = TileSet.load(place / "t.npz")
    target = fit_to_grid(read_rgb(place / "target.png"), tile_set.size, 36)
    expected = make_mosaic(target, tile_set, LookSettings(match="mixed"))
    np.testing.assert_array_equal(read_rgb(place / "m.png"), expected.picture())
    again = call("target.png", "--tiles", "t.npz", "--width", 36, "-o", "n.png")
    assert again[0] == 0
    assert (place / "n.png").stat().st_size
    np.testing.assert_array_equal(read_rgb(place / "n.png"), expected.picture())


def test_tiles_are_cut_once_and_anew_when_a_photo_changes(place, call, monkeypatch):
    arguments = ("target.png", "--tiles", "photos", *SIZE, "-o", "m.png")
    assert call(*arguments)[0] == 0
    cuts = []
    cut = prepare._cut
    monkeypatch.setattr(prepare, "_cut", lambda *a: cuts.append(a) or cut(*a))
    assert call(*arguments)[0] == 0
    assert not cuts
    write_jpeg(place / "photos" / "00.jpg", np.zeros((22, 30, 3), np.uint8))
    assert call(*arguments)[0] == 0
    assert call(*arguments, "--grey")[0] == 0
    assert len(cuts) == 2
    assert call(*arguments, "--no-cache")[0] == 0
    assert len(cuts) == 3
    kept = sorted(path.suffix for path in (place / "cache").rglob("*.*"))
    assert kept == sorted([".npz", ".csv", ".index"] * 3)


def test_only_the_newest_tile_sets_are_kept(place, call, monkeypatch):
    monkeypatch.setattr(prepare, "KEPT", 2)
    for width in (5, 6, 7):
        size = ("--size", f"{width}x4", "--width", "35")
        assert call("target.png", "--tiles", "photos", *size, "-o", "m.png")[0] == 0
    assert len(list((place / "cache").rglob("*.npz"))) == 2
    assert len(list((place / "cache").rglob("*.index"))) == 2


def test_details_lie_beside(place, call):
    status, _, _ = call(
        *("target.png", "--tiles", "photos", *SIZE, "-o", "out/m.jpg", "--details"),
        *("--at-most", 3, "--layout", "brick", "--match", "mixed", "--far", 0.2),
    )
    assert status == 0
    with (place / "out" / "m.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 39
    found = json.loads((place / "out" / "m.json").read_text())
    assert found["most_used_tile"]["count"] <= 3
    assert (found["layout"], found["cells"]) == ("brick", 39)
    assert "Photos" in (place / "out" / "m.md").read_text()
    assert read_rgb(place / "out" / "m.jpg").shape == (24, 36, 3)


def test_a_transparent_target_leaves_cells_transparent(place, call):
    target = np.full((24, 36, 4), 200, np.uint8)
    target[:, :18, 3] = 0
    write_png(place / "target.png", target)
    assert call("target.png", "--tiles", "photos", *SIZE, "-o", "m.png")[0] == 0
    with Image.open(place / "m.png") as picture:
        alpha = np.asarray(picture)[..., 3]
    assert not alpha[:, :18].any()
    assert alpha[:, 18:].all()


def test_a_tile_is_banned_by_its_photo(place, call):
    arguments = ("target.png", "--tiles", "photos", *SIZE, "-o", "m.png", "--details")
    assert call(*arguments)[0] == 0
    most = json.loads((place / "m.json").read_text())["most_used_tile"]["photo"]
    assert call(*arguments, "--ban", most)[0] == 0
    assert most not in (place / "m.csv").read_text()


def test_faces_are_cut_where_there_are_some(place, call):
    status, _, err = call(
        *("target.png", "--tiles", "photos", "--cut", "faces", *SIZE, "-o", "m.png")
    )
    assert status == 1
    assert "no face was kept" in err


def test_who_was_taken_out_is_in_no_mosaic(place, call):
    photo = place / "photos" / "03.jpg"
    line = f"03.jpg {sha256_of(photo.read_bytes())} {looks_of(read_rgb(photo))}\n"
    usual = ("--tiles", "photos", *SIZE, "-o", "m.png", "--details")
    assert call("target.png", *usual, "--match", "mean")[0] == 0
    (place / "forgotten.txt").write_text(line)
    # Under another name, too, and though its tiles are in the cache.
    photo.rename(place / "photos" / "99.jpg")
    status, out, _ = call("target.png", *usual, "--match", "mean")
    assert (status, out.split()[-2]) == (0, "29")
    status, _, err = call("photos/99.jpg", *usual)
    assert status == 1
    assert "target is 'photos/99.jpg': it was taken out" in err


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"target": "none.png"}, "target is 'none.png': there is no such file"),
        ({"-o": "m.gif"}, "--output is 'm.gif': let its name end in .png, .jpg, .tif"),
        ({"--tiles": "none"}, "--tiles is 'none': there is no such folder; name a"),
        ({"--tiles": "target.png"}, "--tiles is 'target.png': it's another file"),
        ({"--tiles": "none.npz"}, "none.npz can't be used as a tile set: there is no"),
        ({"--tiles": "empty"}, "empty holds no picture in JPEG"),
        ({"--tiles": "bad"}, "bad holds no picture in JPEG"),
        ({"--tint": "2"}, "--tint is '2': should be less than or equal to 1"),
        ({"--at-most": "0"}, "--at-most is '0': should be greater than 0"),
        ({"--at-most": "1"}, "6 tiles are missing: each tile at most once needs 36"),
        ({"--layout": "quadtree"}, "--levels is 3: a tile of 6x4 can't be halved"),
        ({"--layout": "brick", "--apart": "2"}, "--apart is 2: make it 0 with layout"),
        ({"--width": "0"}, "--width is 0: take a positive number"),
        ({"--edits": "none.json"}, "--edits is 'none.json': there is no such"),
        ({"--mask": "none.png"}, "none.png can't be used: no such file"),
        ({"--save-tiles": "t"}, "--save-tiles is 't': let its name end in .npz"),
    ],
)
def test_what_cannot_be_gets_one_sentence(place, call, changes, sentence):
    (place / "empty").mkdir()
    (place / "bad").mkdir()
    (place / "bad" / "a.jpg").write_bytes(b"no picture")
    given = {"--tiles": "photos", "-o": "m.png", **dict([SIZE[:2], SIZE[2:]])}
    target = changes.pop("target", "target.png")
    given |= changes
    status, out, err = call(target, *(word for pair in given.items() for word in pair))
    assert (status, out) == (1, "")
    assert err.splitlines()[-1].startswith(f"pigeonhole: {sentence}")
    assert "Traceback" not in err
    assert not (place / "m.png").exists()


def imported(place, *arguments):
    """Modules that a run of the command imports, in a process of its own."""
    code = (
        "import sys; from pigeonhole.cli import main\n"
        "try: main(sys.argv[1:])\n"
        "except SystemExit: pass\n"
        "print('modules', *sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, "mosaic", *map(str, arguments)],
        check=True,
        capture_output=True,
        text=True,
        cwd=place,
    )
    return set(done.stdout.splitlines()[-1].split())


def test_help_and_a_mosaic_import_only_what_they_need(place):
    assert not imported(place, "--help") & {"numpy", "cv2", "numba", "PIL", "scipy"}
    arguments = ("target.png", "--tiles", "photos", *SIZE, "-o", "m.png")
    imported(place, *arguments)
    needless = {"pandas", "scipy.linalg", "matplotlib", "skimage", "snakemake"}
    assert not imported(place, *arguments) & needless


def test_usual_values_are_those_of_the_settings(place, call, monkeypatch):
    from pigeonhole.cli import mosaic as program

    seen = []
    monkeypatch.setattr(program, "one_mosaic", seen.append)
    assert call("target.png", "--tiles", "photos", "-o", "m.png")[0] == 0
    assert seen[0].looks == LookSettings(match="mixed")
    assert seen[0].cut == TileSetSettings(cut="photos")


def test_tiles_are_drawn_from_the_photos_at_any_size(place, call):
    small = ("target.png", "--tiles", "photos", *SIZE)
    assert call(*small, "-o", "small.png")[0] == 0
    status, out, _ = call(*small, "-o", "large.png", "--tile-pixels", "30")
    assert status == 0
    assert out.startswith("large.png: 180x120 pixels, 36 cells, ")
    # The photos are of one colour each.
    large = read_rgb(place / "large.png").astype(int)
    blown = read_rgb(place / "small.png").repeat(5, axis=0).repeat(5, axis=1)
    assert np.abs(large - blown).max() <= 1
    for name, size in (("full.tif", "180x120"), ("zoom.dzi", "36x24")):
        pixels = ("--tile-pixels", "full") if name == "full.tif" else ()
        assert call(*small, "-o", name, *pixels)[1].startswith(f"{name}: {size}")
        assert (place / name).stat().st_size > 0
    assert (place / "zoom_files").is_dir()


def test_a_print_has_the_papers_pixels(place, call, caplog):
    caplog.set_level("INFO")
    status, out, _ = call(
        "target.png", "--tiles", "photos", *SIZE, "-o", "p.jpg", "--paper", "3x3 cm"
    )
    assert status == 0
    assert out.startswith("p.jpg: 354x354 pixels")
    assert "33% of the target is cut off" in caplog.text
    with Image.open(place / "p.jpg") as image:
        assert image.size == (354, 354)
        assert image.info["dpi"] == (300, 300)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--paper", "3x3"), "--paper is '3x3': write a size"),
        (("--paper", "3x3 cm", "--dpi", "9"), "--dpi is '9'"),
        (("--tile-pixels", "0"), "from 1 to 10,000, or full"),
    ],
)
def test_a_bad_size_gets_a_sentence(place, call, arguments, words):
    status, _, err = call(
        "target.png", "--tiles", "photos", *SIZE, "-o", "m.png", *arguments
    )
    assert status in (1, 2)
    assert words in err
    assert not (place / "m.png").exists()


def test_a_tile_set_alone_has_no_photos_to_draw_from(place, call):
    call(
        "target.png", "--tiles", "photos", *SIZE, "-o", "m.png", "--save-tiles", "t.npz"
    )
    status, _, err = call("target.png", "--tiles", "t.npz", "-o", "m.tif")
    assert status == 1
    assert "name the folder of photos" in err
