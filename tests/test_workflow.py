"""The whole chain through Snakemake, in small copies of the project."""

import csv
import os
import pty
import re
import shutil
import subprocess
import sys
from contextlib import suppress

import numpy as np
import pytest
import reference
import yaml
from browser import chromium
from clone import TIMED, Clone, clean_environment
from PIL import Image
from skimage import data
from test_settings import BAD

from pigeonhole.imaging.codecs import write_jpeg
from pigeonhole.mosaic import fit_to_grid, read_target
from pigeonhole.tiles import TileSet

pytestmark = pytest.mark.workflow

MANY_JOBS = {
    "faces": {"chunks": 3},
    "tiles": {
        "faces": {"cut_jobs": 2},
        "live": {"size": "16x12", "colour": False, "cut_jobs": 3},
    },
    "mosaic": {"match_jobs": 3},
    "birthday": {"sweep_jobs": 3, "search_jobs": 3},
}
# What single jobs leave for others.
SHARE = re.compile(r"/(chunks|known|bands|sweep|collisions)/")


@pytest.fixture(scope="module")
def clone(finished, tmp_path_factory):
    """A finished run; tests that change it put it back."""
    return finished.copy(tmp_path_factory.mktemp("clone") / "pigeonhole")


@pytest.fixture(scope="module")
def folder_clone(tmp_path_factory):
    """A finished run on a folder of photos, without the birthday half."""
    base = tmp_path_factory.mktemp("folder")
    for number in range(4):
        picture = np.roll(data.astronaut(), 40 * number, axis=1)
        write_jpeg(base / "photos" / "sub" / f"a {number}.jpg", picture)
    settings = {
        "photos": {"source": "folder", "folder": str(base / "photos")},
        "faces": {"chunks": 3},
    }
    made = Clone(base / "pigeonhole", settings)
    made.run("mosaics")
    return made


def test_everything_is_there_and_not_empty(clone):
    artefacts = clone.artefacts()
    assert [name for name, (size, _) in artefacts.items() if not size] == []
    for pattern in (
        r"photos/photos\.csv",
        r"photos/demo-000\.jpg",
        r"faces/faces\.csv",
        r"faces/review\.html",
        r"tiles/(faces|live)\.(npz|csv|index)",
        r"mosaics/astronaut/(mosaic\.png|placement\.csv)",
        r"mosaics/astronaut/viewer/(index\.html|tiles/12x16-0\.png)",
        r"birthday/claims\.csv",
        r"birthday/sweep\.csv",
        r"plots/sweep_seconds\.(svg|png)",
        r"CREDITS\.md",
    ):
        assert [name for name in artefacts if re.fullmatch(pattern, name)], pattern
    assert not [name for name in artefacts if "/." in name or name.startswith(".")]


def test_every_job_stays_within_its_memory(clone):
    used = clone.used()
    assert {"photos", "find_faces", "cut_tiles", "make_mosaic", "search"} <= {
        rule for rule, *_ in used
    }
    assert [job for job in used if not 20 < job[2] <= job[3]] == []


def test_every_cell_equals_the_brute_force_choice(clone):
    results = clone.folder / "results"
    tile_set = TileSet.load(results / "tiles/faces.npz")
    frame = fit_to_grid(read_target("astronaut", 10**8), tile_set.size, 240)
    expected = reference.place(frame, tile_set.tiles)
    with (results / "mosaics/astronaut/placement.csv").open() as file:
        placed = [int(row["tile"]) for row in csv.DictReader(file)]
    assert placed == expected.ravel().tolist()
    mosaic = np.asarray(Image.open(results / "mosaics/astronaut/mosaic.png"))
    np.testing.assert_array_equal(mosaic[:16, :12], tile_set.tiles[expected[0, 0]])


def test_a_second_run_has_nothing_to_do(clone):
    assert "Nothing to be done" in clone.run()


@pytest.fixture
def restored(clone):
    """The clone; what a test asks for beside the default is taken away again."""
    before = clone.artefacts().keys()
    yield clone
    for name in clone.artefacts().keys() - before:
        (clone.folder / "results" / name).unlink()
    clone.run()


def test_a_census_is_made_when_asked_and_goes_on_with_what_lacks(restored):
    results = restored.folder / "results"
    restored.run("census")
    with (results / "birthday/census.csv").open() as file:
        counted = sum(int(float(row["values"])) for row in csv.DictReader(file))
    assert counted == 2**10
    (results / "birthday/census/2.csv").unlink()
    (results / "birthday/census.csv").unlink()
    plan = restored.plan("--", "results/birthday/census.csv")
    assert plan == {"census_part": 1, "census_table": 1}


def test_pairs_of_other_hashes_are_found_when_asked(restored):
    restored.run(
        "collisions", "--config", "birthday={sha_collisions: [16], collisions: [16]}"
    )
    with (restored.folder / "results/birthday/collisions.csv").open() as file:
        rows = [(row["algorithm"], row["bits"]) for row in csv.DictReader(file)]
    assert rows == [("md5", "16"), ("sha1", "16"), ("sha256", "16")]


def test_a_tile_size_reruns_tiles_and_mosaics_only(clone):
    plan = clone.plan("--config", "tiles={faces: {size: 15x20}}")
    assert plan == {
        "cut_tiles": 1,
        "index_tiles": 1,
        "make_mosaic": 1,
        "viewer": 1,
        "credits": 1,
    }


def test_a_trial_count_reruns_experiments_only(clone):
    plan = clone.plan("--config", "birthday={trials: 61}")
    assert plan
    assert not {"photos", "find_faces", "cut_tiles", "make_mosaic"} & set(plan)


def test_settings_of_another_source_rerun_nothing(clone):
    assert clone.plan("--config", "photos={query: cat, count: 3}") == {}


def test_editing_the_library_reruns_what_it_made(clone):
    source = clone.folder / "src/pigeonhole/mosaic/compose.py"
    text = source.read_text()
    source.write_text(text + "\n# edited\n")
    assert clone.plan() == {"make_mosaic": 1, "viewer": 1}
    source.write_text(text)
    assert clone.plan() == {}


def test_an_excluded_box_goes_and_comes_back(clone):
    results = clone.folder / "results"
    with (results / "faces/faces.csv").open() as file:
        face = next(row for row in csv.DictReader(file) if row["kept"] == "1")
    line = " ".join(face[key] for key in ("photo", "x", "y", "width", "height"))
    before = _untimed(clone.artefacts())
    (clone.folder / "faces-exclude.txt").write_text(f"# not a face\n{line}\n")
    clone.run()
    with (results / "faces/faces.csv").open() as file:
        reasons = {
            " ".join(row[k] for k in ("photo", "x", "y", "width", "height")): row[
                "reason"
            ]
            for row in csv.DictReader(file)
        }
    assert reasons[line] == "excluded by a person"
    assert line not in _boxes(results / "tiles/faces.csv")
    (clone.folder / "faces-exclude.txt").unlink()
    clone.run()
    assert _untimed(clone.artefacts()) == before


def _boxes(path):
    return path.read_text()


def _untimed(artefacts):
    return {name: value for name, value in artefacts.items() if not TIMED.search(name)}


def test_cores_and_jobs_change_no_byte(clone, tmp_path):
    other = Clone(tmp_path / "elsewhere" / "copy", MANY_JOBS)
    told = other.run(cores=4)
    for job in ("Matching band 2", "Cutting part 1 of tile set faces"):
        assert job in told
    mine, theirs = (
        {name: value for name, value in found.items() if not SHARE.search(name)}
        for found in (clone.artefacts(), other.artefacts())
    )
    assert mine.keys() == theirs.keys()
    mine, theirs = _untimed(mine), _untimed(theirs)
    assert [name for name in mine if mine[name] != theirs[name]] == []


def test_one_more_photo_reruns_its_chunk_only(folder_clone):
    photos = folder_clone.folder.parent / "photos"
    write_jpeg(photos / "new.jpg", data.astronaut()[:, ::-1])
    text = folder_clone.run("mosaics")
    assert len(re.findall(r"^Job \d+: Looking for faces", text, re.MULTILINE)) == 1
    assert "Nothing to be done" in folder_clone.run("mosaics")
    (photos / "new.jpg").unlink()
    folder_clone.run("mosaics")
    ledger = (folder_clone.folder / "results/photos/photos.csv").read_text()
    assert "new.jpg" not in ledger


def test_bad_photos_are_told_and_passed_over(folder_clone):
    photos = folder_clone.folder.parent / "photos"
    (photos / "empty.jpg").touch()
    (photos / "text.png").write_text("no picture")
    folder_clone.run("mosaics")
    skipped = (folder_clone.folder / "results/photos/skipped.csv").read_text()
    assert "empty.jpg,the file is empty" in skipped
    assert "text.png," in skipped
    for name in ("empty.jpg", "text.png"):
        (photos / name).unlink()


def test_no_face_at_all_is_one_sentence(tmp_path):
    write_jpeg(tmp_path / "photos" / "grass.jpg", data.grass())
    settings = {"photos": {"source": "folder", "folder": str(tmp_path / "photos")}}
    made = Clone(tmp_path / "pigeonhole", settings)
    text = made.run("mosaics", ok=False)
    assert "no face was kept, so there is no tile to cut" in text
    assert "Traceback" not in text
    assert not (made.folder / "results/tiles").exists() or not list(
        (made.folder / "results/tiles").iterdir()
    )


def test_a_target_that_is_no_picture_stops_before_any_job(tmp_path):
    made = Clone(tmp_path / "pigeonhole", {"mosaic": {"targets": ["Makefile"]}})
    text = made.run("mosaics", ok=False)
    assert "Makefile can't be used: it isn't a picture" in text
    assert not (made.folder / "results").exists()


# An empty mapping on top of config.yaml changes nothing.
@pytest.mark.parametrize(
    ("config", "words"), [bad for bad in BAD if {} not in bad[0].values()][::5]
)
def test_a_bad_setting_stops_before_any_job(tmp_path, config, words):
    made = Clone(tmp_path / "pigeonhole")
    (made.folder / "bad.yaml").write_text(yaml.safe_dump(config))
    text = made.run("--configfile", "bad.yaml", ok=False)
    assert all(word in text.splitlines()[-1] for word in words)
    assert "Traceback" not in text
    assert "WorkflowError" not in text
    assert not (made.folder / "results").exists()


def test_large_pictures_prints_and_films_are_drawn_from_the_photos(clone):
    before = clone.artefacts()
    settings = {
        "tile_pixels": 24,
        "large": {"forms": ["jpg", "dzi"]},
        "print": {"size": "5x7 cm", "form": "png"},
        "film": {"form": "gif", "side": 96, "seconds": 1, "rate": 8},
    }
    path = clone.folder / "large.yaml"
    path.write_text(yaml.safe_dump({"mosaic": settings}))
    clone.run("large", "prints", "films", "--configfile", path.name)
    folder = clone.folder / "results/mosaics/astronaut"
    with Image.open(folder / "mosaic.png") as small:
        wide, tall = small.size
    with Image.open(folder / "large/mosaic.jpg") as large:
        assert large.size == (2 * wide, 2 * tall)
    assert f'Width="{2 * wide}"' in (folder / "large/mosaic.dzi").read_text()
    with Image.open(folder / "print/mosaic.png") as sheet:
        assert sheet.size == (591, 827)
        assert sheet.info["dpi"] == pytest.approx((300, 300), abs=0.02)
    for film in ("falling", "zooming"):
        with Image.open(folder / f"films/{film}.gif") as moving:
            assert moving.n_frames > 3
    again = clone.run("large", "prints", "films", "--configfile", path.name)
    assert "Nothing to be done" in again
    # Another form makes the print anew, and nothing else.
    settings["print"]["form"] = "jpg"
    path.write_text(yaml.safe_dump({"mosaic": settings}))
    again = clone.run("large", "prints", "films", "--configfile", path.name, "-n")
    assert re.search(r"^make_print +1$", again, re.MULTILINE)
    assert "draw_" not in again
    assert "make_films" not in again
    path.unlink()
    for made in ("large", "print", "films"):
        shutil.rmtree(folder / made)
    assert clone.artefacts() == before


def test_the_live_rule_measures_without_a_window(clone):
    text = clone.run(
        "live",
        "--config",
        "live={source: synthetic, sink: none, frames: 5, frame: 160x120}",
    )
    assert '"frames": 5' in text


def test_ctrl_c_at_a_terminal_ends_the_live_mosaic_and_is_no_failure(clone):
    keyboard, terminal = pty.openpty()
    options = "live={source: synthetic, sink: page, open: false, frame: 160x120}"
    command = ["setsid", "--ctty", "--wait", sys.executable, "-m", "snakemake"]
    with subprocess.Popen(
        [*command, "--cores", "2", "live", "--config", options],
        cwd=clone.folder,
        env=clean_environment(),
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
    ) as process:
        os.close(terminal)
        # A terminal that closes ends all of it, whatever fails here.
        with os.fdopen(keyboard, "r+b", buffering=0) as screen:
            told = b""
            # The page's address is a sign that it runs.
            while b"http://" not in told:
                told += screen.read(1000)
            screen.write(b"\x03")
            with suppress(OSError):  # How Linux tells that nobody writes any more.
                while more := screen.read(1000):
                    told += more
    assert process.returncode == 0, told.decode()
    assert b"1 of 1 steps (100%) done" in told


REPORT = """async () => {
    const found = [];
    for (const [path, result] of Object.entries(results)) {
        const image = new Image();
        image.src = result.data_uri;
        if (result.mime_type.startsWith("image/")) await image.decode();
        found.push({path, caption: result.caption, mime: result.mime_type,
            width: image.naturalWidth});
    }
    return {rooms: Object.keys(categories).sort(), found};
}"""


def test_the_report_shows_every_figure(clone):
    clone.run("--report", "results/report.html")
    path = clone.folder / "results/report.html"
    wrong = []
    with chromium() as browser:
        tab = browser.new_page()
        tab.on("pageerror", lambda error: wrong.append(str(error)))
        tab.goto(path.as_uri())
        tab.get_by_text("1 Mosaics").first.wait_for()
        # The links of the first page lead into the rooms.
        tab.locator("a", has_text="3 Live").last.click()
        tab.get_by_text("time of a frame").wait_for()
        report = tab.evaluate(REPORT)
    path.unlink()
    shutil.rmtree(clone.folder / "results/__report", ignore_errors=True)
    assert wrong == []
    assert [room[2:] for room in report["rooms"]] == [
        "Mosaics",
        "Faces",
        "Live",
        "Birthday paradox",
        "Credits",
    ]
    results = clone.folder / "results"
    patterns = ("plots/*.svg", "mosaics/*/*.svg", "mosaics/*/mosaic.png")
    figures = {
        file.relative_to(clone.folder).as_posix()
        for pattern in patterns
        for file in results.glob(pattern)
    }
    shown = {item["path"]: item for item in report["found"]}
    assert {path for path, item in shown.items() if item["width"]} == figures
    assert shown.keys() - figures == {
        "results/faces/review.html",
        "results/birthday/claims.csv",
        "results/birthday/collisions.csv",
        "results/credits.html",
    }
    for path, item in shown.items():
        # A value that a caption lacks is left out in silence.
        assert len(item["caption"]) > 100, path
        assert not re.search(r"\s[,.;]|{{", item["caption"]), path
