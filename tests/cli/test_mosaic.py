"""The command `pigeonhole mosaic`."""

import csv
import json
import re
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from pigeonhole.core.digest import sha256_of
from pigeonhole.imaging.codecs import read_rgb, write_jpeg, write_png
from pigeonhole.imaging.fingerprint import fingerprint
from pigeonhole.imaging.resize import resize
from pigeonhole.mosaic import fit_to_grid, from_folder, make_mosaic, read_target
from pigeonhole.settings import (
    FOLDER_MOSAIC,
    FOLDER_TILES,
    SAMPLES,
    FaceSettings,
    PhotoSettings,
)
from pigeonhole.tiles import TileSet, prepare

SIZE = ("--size", "6x4", "--width", "36")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The working directory: a target, 30 photos, a damaged one, and an own cache."""
    monkeypatch.setenv("PIGEONHOLE_CACHE", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    random = np.random.default_rng(1)
    write_png(tmp_path / "target.png", random.integers(0, 256, (24, 36, 3), np.uint8))
    # Photos of similar colors would be near-duplicates.
    levels = np.array([20, 90, 160, 230], np.uint8)
    colors = random.permutation(np.stack(np.meshgrid(*[levels] * 3), -1).reshape(-1, 3))
    for number, color in enumerate(colors[:30]):
        photo = np.full((20, 30, 3), color, np.uint8)
        write_jpeg(tmp_path / "photos" / f"{number:02}.jpg", photo)
    (tmp_path / "photos" / "broken.jpg").write_bytes(b"no image")
    return tmp_path


@pytest.fixture
def run(call):
    """Run `pigeonhole mosaic` and return status, stdout and stderr."""
    return lambda *arguments: call("mosaic", *arguments)


def test_the_mosaic_equals_that_of_the_library(folder, run):
    status, out, _ = run(
        *("target.png", "--tiles", "photos", *SIZE, "-o", "m.png", "--tile-width", 6),
        *("--save-tiles", "t.npz"),
    )
    assert status == 0
    assert out.startswith("m.png: 36x24 pixels, 36 cells, ")
    assert out.endswith(" of 30 tiles\n")
    tile_set = TileSet.load(folder / "t.npz")
    target = fit_to_grid(read_rgb(folder / "target.png"), tile_set.size, 36)
    expected = make_mosaic(target, tile_set, FOLDER_MOSAIC)
    np.testing.assert_array_equal(read_rgb(folder / "m.png"), expected.image())
    again = run("target.png", "--tiles", "t.npz", "--width", 36, "-o", "n.png")
    assert again[0] == 0
    assert (folder / "n.png").stat().st_size
    np.testing.assert_array_equal(read_rgb(folder / "n.png"), expected.image())


def test_tiles_are_cached_until_a_photo_or_an_option_changes(folder, run, monkeypatch):
    arguments = ("target.png", "--tiles", "photos", *SIZE, "-o", "m.png")
    assert run(*arguments)[0] == 0
    cuts = []
    cut = prepare.build_tile_set
    monkeypatch.setattr(prepare, "build_tile_set", lambda *a: cuts.append(a) or cut(*a))
    assert run(*arguments)[0] == 0
    assert not cuts
    write_jpeg(folder / "photos" / "00.jpg", np.zeros((22, 30, 3), np.uint8))
    assert run(*arguments)[0] == 0
    assert run(*arguments, "--no-color")[0] == 0
    assert len(cuts) == 2
    assert run(*arguments, "--no-cache")[0] == 0
    assert len(cuts) == 3
    suffixes = sorted(path.suffix for path in (folder / "cache").rglob("*.*"))
    assert suffixes == sorted([*[".npz", ".csv", ".index", ".skipped"] * 3, ".sqlite"])


def test_crops_by_hand_are_in_a_file(folder, run):
    arguments = ("target.png", "--tiles", "photos", *SIZE, "-o", "m.png")
    crops = folder / "crops.yaml"
    crops.write_text("00.jpg: [2, 4, 6, 4]\nnone.jpg: [0, 0, 1, 1]\n")
    saved = (*arguments, "--crops", "crops.yaml", "--save-tiles", "t.npz")
    assert run(*saved)[0] == 0
    rows = TileSet.load(folder / "t.npz").rows
    assert [row.crop for row in rows if row.photo == "00.jpg"] == [(2, 4, 6, 4)]
    # The file is never replaced.
    (folder / "crops.png").write_bytes(crops.read_bytes())
    same = (*arguments[:-1], "crops.png", "--crops", "crops.png", "--force")
    status, _, error = run(*same)
    assert status != 0
    assert "the crops" in error
    for text, reason in (
        ("00.jpg: [2, 4, 600, 4]", r"--crops is '00.jpg: [2, 4, 600, 4]': the photo"),
        ("00.jpg: [2, 4]", "--crops is 'crops.yaml': 00.jpg is [2, 4]: must be a box"),
        ("[", "--crops is 'crops.yaml': line 1"),
    ):
        crops.write_text(text)
        status, _, error = run(*arguments, "--force", "--crops", "crops.yaml")
        assert status != 0
        assert reason in error


def test_options_of_faces_need_tiles_of_faces(folder, run):
    arguments = ("target.png", "--tiles", "photos", *SIZE, "-o", "m.png")
    status, _, error = run(*arguments, "--face-margin", "0.2")
    assert status != 0
    assert "--face-margin has no effect without --cut faces" in error
    status, _, error = run(*arguments, "--cut", "faces", "--face-exclude", "no.txt")
    assert status != 0
    assert "--face-exclude is 'no.txt': there is no such file" in error


def test_the_cache_keeps_the_newest_tile_sets(folder, run, monkeypatch):
    monkeypatch.setattr(prepare, "MAX_CACHED_TILE_SETS", 2)
    for width in (5, 6, 7):
        size = ("--size", f"{width}x4", "--width", "35")
        assert run("target.png", "--tiles", "photos", *size, "-o", "m.png")[0] == 0
    assert len(list((folder / "cache").rglob("*.npz"))) == 2
    assert len(list((folder / "cache").rglob("*.index"))) == 2


def test_details_are_written_next_to_the_mosaic(folder, run):
    status, _, _ = run(
        *("target.png", "--tiles", "photos", *SIZE, "-o", "out/m.jpg", "--details"),
        *("--max-uses", 3, "--layout", "brick", "--lowpass-weight", 0.2),
    )
    assert status == 0
    with (folder / "out" / "m.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 39
    quality = json.loads((folder / "out" / "m.json").read_text())
    assert quality["most_used_tile"]["count"] <= 3
    assert (quality["layout"], quality["cells"]) == ("brick", 39)
    assert "Photos" in (folder / "out" / "m.md").read_text()
    assert read_rgb(folder / "out" / "m.jpg").shape == (120, 180, 3)


def test_transparent_parts_of_the_target_stay_transparent(folder, run):
    target = np.full((24, 36, 4), 200, np.uint8)
    target[:, :18, 3] = 0
    write_png(folder / "target.png", target)
    assert run("target.png", "--tiles", "photos", *SIZE, "-o", "m.png")[0] == 0
    with Image.open(folder / "m.png") as image:
        alpha = np.asarray(image)[..., 3]
    assert not alpha[:, :90].any()
    assert alpha[:, 90:].all()


def test_a_photo_can_be_banned(folder, run):
    arguments = ("target.png", "--tiles", "photos", *SIZE, "-o", "m.png", "--details")
    assert run(*arguments)[0] == 0
    most = json.loads((folder / "m.json").read_text())["most_used_tile"]["photo"]
    assert run(*arguments, "--ban", most)[0] == 0
    assert most not in (folder / "m.csv").read_text()


def test_photos_without_faces_are_an_error_if_faces_are_cut(folder, run):
    status, _, err = run(
        *("target.png", "--tiles", "photos", "--cut", "faces", *SIZE, "-o", "m.png")
    )
    assert status == 1
    assert "no face was kept: choose another folder than photos, or" in err
    assert err.endswith("cut whole photos (--cut photos).\n")


def test_removed_photos_are_not_used(folder, run):
    photo = folder / "photos" / "03.jpg"
    line = f"03.jpg {sha256_of(photo.read_bytes())} {fingerprint(read_rgb(photo))}\n"
    options = ("--tiles", "photos", *SIZE, "-o", "m.png", "--details")
    assert run("target.png", *options, "--match", "mean")[0] == 0
    (folder / "removed.txt").write_text(line)
    # Renaming the photo and caching its tiles makes no difference.
    photo.rename(folder / "photos" / "99.jpg")
    status, out, _ = run("target.png", *options, "--match", "mean")
    assert (status, out.split()[-2]) == (0, "29")
    status, _, err = run("photos/99.jpg", *options)
    assert status == 2
    assert "target is 'photos/99.jpg': it was " in err


@pytest.mark.parametrize(
    ("changes", "status", "message"),
    [
        ({"target": "none.png"}, 2, "target is 'none.png': there is no such file"),
        ({"-o": "m.gif"}, 2, "--output is 'm.gif': the name must end in .png, .jpg,"),
        ({"--tiles": "none"}, 2, "--tiles is 'none': there is no such folder; pass a"),
        ({"--tiles": "target.png"}, 2, "--tiles is 'target.png': it isn't a folder"),
        ({"--tiles": "none.npz"}, 1, "none.npz can't be used as a tile set: there is"),
        ({"--tiles": "empty"}, 1, "empty has no image in JPEG"),
        ({"--tiles": "bad"}, 1, "bad has no usable photo, for"),
        ({"--overlay": "2"}, 2, "--overlay is '2': must be at most 1."),
        ({"--max-uses": "0"}, 2, "--max-uses is '0': must be at least 1."),
        ({"--max-uses": "1"}, 1, "6 photos are missing: each photo at most once needs"),
        ({"--layout": "quadtree"}, 2, "--levels is 3: a tile of 6x4 can't be halved"),
        ({"--width": "0"}, 2, "--width is '0': must be at least 1."),
        ({"--edits": "none.json"}, 2, "--edits is 'none.json': there is no such file"),
        ({"--mask": "none.png"}, 2, "--mask is 'none.png': it can't be used: no such"),
        ({"--output": ""}, 2, "--output: the path is empty"),
        ({"--tiles": ""}, 2, "--tiles: the path is empty"),
        ({"target": "photos"}, 2, "target is 'photos': it isn't a file"),
        ({"--dpi": "100"}, 2, "--dpi has no effect without --paper: add it, or omit"),
        ({"--cells": "9"}, 2, "--cells has no effect without --layout quadtree"),
        (
            {"--match": "exact", "--lowpass-weight": "2"},
            2,
            "--lowpass-weight has no effect without --match perceptual",
        ),
        ({"--save-tiles": "t"}, 2, "--save-tiles is 't': the name must end in .npz."),
        (
            {"--tiles": "none.npz", "--save-tiles": "s.npz"},
            2,
            "--save-tiles is 's.npz': none.npz is a saved tile set already",
        ),
        (
            {"--width": "60000"},
            2,
            "--width is 60000: this target would get 60,000x40,000 pixels, and 200 mil",
        ),
        (
            {"target": "thin.png", "--width": "1200"},
            2,
            "--width is 1200: this target would get 1,200x2,400,000 pixels",
        ),
        ({"--width": "9000000000"}, 2, "--width is '9000000000': must be at most 100"),
        (
            {"--size": "9999x9999"},
            2,
            "--size is '9999x9999': must be at most 1000x1000",
        ),
        (
            {"--width": "600", "--tile-width": "10000"},
            1,
            "the image would have 1,000,000x666,700 pixels, which are 667 billion; the",
        ),
        (
            {"--paper": "10x10 m", "--dpi": "2400"},
            2,
            "--paper is '10x10 m': must be a size from 1 cm to 10 m in mm, cm or in",
        ),
        (
            {"--paper": "1000x1000 cm", "--dpi": "2400"},
            1,
            "the image would have 944,882x944,882 pixels, which are 893 billion; the",
        ),
    ],
)
def test_errors_are_one_line(folder, run, changes, status, message):
    (folder / "empty").mkdir()
    write_png(folder / "thin.png", np.zeros((2000, 1, 3), np.uint8))
    (folder / "bad").mkdir()
    (folder / "bad" / "a.jpg").write_bytes(b"no image")
    options = {"--tiles": "photos", "-o": "m.png", **dict([SIZE[:2], SIZE[2:]])}
    target = changes.pop("target", "target.png")
    options |= changes
    arguments = [text for option in options.items() for text in option]
    result, out, err = run(target, *arguments)
    assert err.splitlines()[-1].startswith(f"pigeonhole: {message}")
    assert (result, out) == (status, "")
    assert "Traceback" not in err
    assert not (folder / "m.png").exists()


def test_messages_name_options_and_not_settings(folder, run):
    (folder / "edits.json").write_text(
        '{"pin": [{"row": 9, "column": 0, "tile": "x"}]}'
    )
    command = ("target.png", "--tiles", "photos", *SIZE, "-o", "m.png")
    for options, start in (
        (("--edits", "edits.json"), "pin in --edits is 'row 9, column 0': this mosaic"),
        (("--max-pixels", 10), "photos has no usable photo, for example because of 0"),
        (
            ("--layout", "quadtree", "--levels", 2, "--cells", 9999),
            "--cells is 9999: this quadtree has from 36 cells of 6x4 to 144 cells",
        ),
    ):
        status, _, err = run(*command, *options)
        assert status
        message = err.splitlines()[-1]
        assert message.startswith(f"pigeonhole: {start}")
        assert not re.search(r"mosaic\.|photos\.|tiles\.", message)


def test_photos_with_more_pixels_than_usual_can_be_used(folder, run):
    command = ("target.png", "--tiles", "photos", *SIZE, "-o", "m.png")
    write_jpeg(folder / "photos" / "large.jpg", np.zeros((40, 60, 3), np.uint8))
    for limit, tiles in (("2000", "30"), ("3000", "31")):
        status, out, _ = run(*command, "--max-pixels", limit)
        assert (status, out.split()[-2]) == (0, tiles)


def test_near_duplicates_are_left_out(folder, run, caplog):
    caplog.set_level("INFO")
    command = ("target.png", "--tiles", "photos", *SIZE, "-o", "m.png")
    for name in SAMPLES:
        photo = resize(read_target(name, 10**7), 120, 80)
        write_jpeg(folder / "photos" / f"{name}.jpg", photo)
        write_jpeg(folder / "photos" / "copies" / f"{name}.jpg", resize(photo, 60, 40))
    for options, count in (((), 35), (("--max-hash-distance", "none"), 40)):
        status, out, _ = run(*command, "--variants", 1, *options)
        assert (status, out.split()[-2]) == (0, str(count))
    message = "Left out 5 near-duplicates of other photos, for example copies/"
    assert message in caplog.text


def test_damaged_caches_are_not_used(folder, run):
    command = ("target.png", "--tiles", "photos", *SIZE, "-o", "m.png", "--details")
    assert run(*command)[0] == 0
    first = (folder / "m.csv").read_bytes()
    for suffix in ("npz", "csv", "index", "skipped"):
        [path] = (folder / "cache" / "tiles").glob(f"*.{suffix}")
        path.write_bytes(b"damaged")
        assert run(*command)[0] == 0
        assert (folder / "m.csv").read_bytes() == first


def imported_modules(folder, *arguments):
    """Run the command in another process and return the modules it imports."""
    code = (
        "import sys; from pigeonhole.cli.main import main\n"
        "main(sys.argv[1:])\n"
        "print('modules', *sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, "mosaic", *map(str, arguments)],
        check=True,
        capture_output=True,
        text=True,
        cwd=folder,
    )
    return set(done.stdout.splitlines()[-1].split())


def test_a_mosaic_imports_only_what_it_needs(folder):
    arguments = ("target.png", "--tiles", "photos", *SIZE, "-o", "m.png")
    # Cut the tiles first.
    imported_modules(folder, *arguments)
    unneeded = {"pandas", "scipy.linalg", "matplotlib", "skimage", "snakemake"}
    assert not imported_modules(folder, *arguments) & unneeded


def test_defaults_are_those_of_the_settings(folder, run, monkeypatch):
    class Stop(Exception):
        """Ends the command before it makes a mosaic."""

    calls = []

    def record(*args, **kwargs):
        calls.append((args, kwargs))
        raise Stop

    monkeypatch.setattr(from_folder, "mosaic_from_folder", record)
    with pytest.raises(Stop):
        run("target.png", "--tiles", "photos", "-o", "m.png")
    [(args, kwargs)] = calls
    assert args[2:] == (FOLDER_MOSAIC, FOLDER_TILES, PhotoSettings(), FaceSettings())
    assert kwargs == {"cache": folder / "cache/tiles"}


def test_large_images_are_rendered_from_the_photos(folder, run):
    small = ("target.png", "--tiles", "photos", *SIZE)
    assert run(*small, "-o", "small.png", "--tile-width", 6)[0] == 0
    status, out, _ = run(*small, "-o", "large.png", "--tile-width", "30")
    assert status == 0
    assert out.startswith("large.png: 180x120 pixels, 36 cells, ")
    # Each photo has a single color.
    large = read_rgb(folder / "large.png").astype(int)
    upscaled = read_rgb(folder / "small.png").repeat(5, axis=0).repeat(5, axis=1)
    assert np.abs(large - upscaled).max() <= 1
    assert run(*small, "-o", "none.png", "--tile-width", "none")[1].startswith(
        "none.png: 36x24 pixels"
    )
    for name, size in (("full.tif", "180x120"), ("zoom.dzi", "180x120")):
        pixels = ("--tile-width", "full") if name == "full.tif" else ()
        assert run(*small, "-o", name, *pixels)[1].startswith(f"{name}: {size}")
        assert (folder / name).stat().st_size > 0
    assert (folder / "zoom_files").is_dir()


def test_a_print_has_the_size_of_the_paper(folder, run, caplog):
    caplog.set_level("INFO")
    status, out, _ = run(
        "target.png", "--tiles", "photos", *SIZE, "-o", "p.jpg", "--paper", "3x3 cm"
    )
    assert status == 0
    assert out.startswith("p.jpg: 354x354 pixels")
    assert "33% of the target is cropped" in caplog.text
    with Image.open(folder / "p.jpg") as image:
        assert image.size == (354, 354)
        assert image.info["dpi"] == (300, 300)


def test_large_images_need_the_folder_of_photos(folder, run):
    run(
        "target.png", "--tiles", "photos", *SIZE, "-o", "m.png", "--save-tiles", "t.npz"
    )
    status, _, err = run("target.png", "--tiles", "t.npz", "-o", "m.tif")
    assert status == 2
    assert "--tiles is 't.npz': large images and prints are rendered from" in err
