"""The whole workflow, in small copies of the project."""

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
from mistakes import MISTAKES
from PIL import Image
from skimage import data

from pigeonhole.imaging.codecs import write_jpeg
from pigeonhole.mosaic import fit_to_grid, read_target
from pigeonhole.tiles import TileSet

pytestmark = pytest.mark.workflow

# Outputs of single shards.
SHARD_OUTPUT = re.compile(r"/(shards|sweep|collisions)/")


@pytest.fixture(scope="module")
def clone(finished, tmp_path_factory):
    """A finished run. Tests that change it restore it."""
    return finished.copy(tmp_path_factory.mktemp("clone") / "pigeonhole")


@pytest.fixture(scope="module")
def folder_clone(tmp_path_factory):
    """A finished run on a folder of photos, without the birthday half."""
    base = tmp_path_factory.mktemp("folder")
    for number in range(4):
        image = np.roll(data.astronaut(), 40 * number, axis=1)
        write_jpeg(base / "photos" / "sub" / f"a {number}.jpg", image)
    settings = {"photos": {"source": "folder", "folder": str(base / "photos")}}
    made = Clone(base / "pigeonhole", settings)
    made.scatter(faces=3)
    made.run("mosaics")
    return made


def test_all_outputs_exist_and_are_not_empty(clone):
    artifacts = clone.artifacts()
    # The lists of the user are empty.
    assert {name for name, (size, _) in artifacts.items() if not size} == {
        "lists/removal_list",
        "lists/excluded_faces",
    }
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
        assert [name for name in artifacts if re.fullmatch(pattern, name)], pattern
    assert not [name for name in artifacts if "/." in name or name.startswith(".")]


def test_every_job_stays_within_its_memory(clone):
    job_usage = clone.job_usage()
    assert {
        "collect_photos",
        "find_faces",
        "cut_tiles",
        "make_mosaic",
        "search_collision",
    } <= {rule for rule, *_ in job_usage}
    assert [job for job in job_usage if not 20 < job[2] <= job[3]] == []


def test_jobs_that_share_the_cells_make_the_brute_force_choice(clone, tmp_path):
    copy = clone.copy(tmp_path / "exact")
    plain = {"mirror": False, "color_transfer": 0, "tile_width": None}
    copy.configure({"mosaic": {"match": "exact", **plain}})
    copy.scatter(faces=4, tiles=1, mosaic=3, sweep=1)
    assert "Matching shard 3-of-3" in copy.run("mosaics")
    results = copy.folder / "results"
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
    """The clone. Outputs that a test adds to the default ones are deleted again."""
    before = clone.artifacts().keys()
    yield clone
    for name in clone.artifacts().keys() - before:
        (clone.folder / "results" / name).unlink()
    clone.run()


def test_a_census_resumes_with_missing_shards(restored):
    results = restored.folder / "results"
    restored.run("census")
    with (results / "birthday/census.csv").open() as file:
        counted = sum(int(float(row["values"])) for row in csv.DictReader(file))
    assert counted == 2**10
    (results / "birthday/census/2.csv").unlink()
    (results / "birthday/census.csv").unlink()
    plan = restored.plan("--", "results/birthday/census.csv")
    assert plan == {"count_values": 1, "merge_counts": 1}


def test_collisions_of_other_hashes_are_optional(restored):
    restored.run(
        "collisions",
        "--config",
        "birthday={sha_collision_bits: [16], collision_bits: [16]}",
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
        "make_viewer": 1,
        "write_credits": 1,
    }


def test_a_trial_count_reruns_experiments_only(clone):
    plan = clone.plan("--config", "birthday={trials: 61}")
    assert plan
    assert not {"collect_photos", "find_faces", "cut_tiles", "make_mosaic"} & set(plan)


def test_settings_of_another_source_rerun_nothing(clone):
    assert clone.plan("--config", "photos={query: cat, count: 3}") == {}


def test_editing_the_library_reruns_the_jobs_that_use_it(clone):
    source = clone.folder / "src/pigeonhole/mosaic/compose.py"
    text = source.read_text()
    source.write_text(text + "\n# edited\n")
    assert clone.plan() == {"make_mosaic": 1, "make_viewer": 1}
    source.write_text(text)
    assert clone.plan() == {}


def test_an_excluded_face_is_dropped_and_restored(clone):
    results = clone.folder / "results"
    with (results / "faces/faces.csv").open() as file:
        face = next(row for row in csv.DictReader(file) if not row["rejection"])
    line = " ".join(face[key] for key in ("photo", "x", "y", "width", "height"))
    before = _untimed(clone.artifacts())
    (clone.folder / "faces-exclude.txt").write_text(f"# not a face\n{line}\n")
    clone.run()
    with (results / "faces/faces.csv").open() as file:
        reasons = {
            " ".join(row[k] for k in ("photo", "x", "y", "width", "height")): row[
                "rejection"
            ]
            for row in csv.DictReader(file)
        }
    assert reasons[line] == "excluded"
    assert line not in _boxes(results / "tiles/faces.csv")
    (clone.folder / "faces-exclude.txt").unlink()
    clone.run()
    assert _untimed(clone.artifacts()) == before


def _boxes(path):
    return path.read_text()


def _untimed(artifacts):
    return {name: value for name, value in artifacts.items() if not TIMED.search(name)}


def test_results_do_not_depend_on_cores_and_jobs(clone, tmp_path):
    other = Clone(tmp_path / "elsewhere" / "copy")
    other.scatter(faces=3, tiles=3, mosaic=3, sweep=3)
    output = other.run(cores=4)
    assert "Cutting shard 2-of-3 of tile set faces" in output
    mine, theirs = (
        {
            name: value
            for name, value in artifacts.items()
            if not SHARD_OUTPUT.search(name)
        }
        for artifacts in (clone.artifacts(), other.artifacts())
    )
    assert mine.keys() == theirs.keys()
    mine, theirs = _untimed(mine), _untimed(theirs)
    assert [name for name in mine if mine[name] != theirs[name]] == []


def test_one_more_photo_reruns_only_its_shard(folder_clone):
    photos = folder_clone.folder.parent / "photos"
    write_jpeg(photos / "new.jpg", data.astronaut()[:, ::-1])
    text = folder_clone.run("mosaics")
    assert len(re.findall(r"^Job \d+: Detecting faces", text, re.MULTILINE)) == 1
    assert "Nothing to be done" in folder_clone.run("mosaics")
    (photos / "new.jpg").unlink()
    folder_clone.run("mosaics")
    ledger = (folder_clone.folder / "results/photos/photos.csv").read_text()
    assert "new.jpg" not in ledger


def test_unreadable_photos_are_listed_and_skipped(folder_clone):
    photos = folder_clone.folder.parent / "photos"
    (photos / "empty.jpg").touch()
    (photos / "text.png").write_text("no image")
    folder_clone.run("mosaics")
    skipped = (folder_clone.folder / "results/photos/skipped.csv").read_text()
    assert "empty.jpg,unreadable,the file is empty" in skipped
    assert "text.png," in skipped
    for name in ("empty.jpg", "text.png"):
        (photos / name).unlink()


def test_a_set_of_photos_without_faces_gets_one_sentence(tmp_path):
    write_jpeg(tmp_path / "photos" / "grass.jpg", data.grass())
    settings = {"photos": {"source": "folder", "folder": str(tmp_path / "photos")}}
    made = Clone(tmp_path / "pigeonhole", settings)
    text = made.run("mosaics", ok=False)
    assert "there are no tiles, because no face was kept" in text
    assert "Traceback" not in text
    assert not (made.folder / "results/tiles").exists() or not list(
        (made.folder / "results/tiles").iterdir()
    )


def test_a_target_that_is_not_an_image_stops_before_any_job(tmp_path):
    made = Clone(tmp_path / "pigeonhole", {"mosaic": {"targets": ["Makefile"]}})
    text = made.run("mosaics", ok=False)
    assert "Makefile can't be used: it isn't an image" in text
    assert not (made.folder / "results").exists()


# An empty mapping on top of config.yaml changes nothing.
@pytest.mark.parametrize(
    ("config", "words"), [pair for pair in MISTAKES if {} not in pair[0].values()][::5]
)
def test_a_bad_setting_stops_before_any_job(tmp_path, config, words):
    made = Clone(tmp_path / "pigeonhole")
    (made.folder / "bad.yaml").write_text(yaml.safe_dump(config))
    text = made.run("--configfile", "bad.yaml", ok=False)
    assert all(word in text.splitlines()[-1] for word in words)
    assert "Traceback" not in text
    assert "WorkflowError" not in text
    assert not (made.folder / "results").exists()


def test_a_mistake_in_config_yaml_is_reported_with_its_line(tmp_path):
    made = Clone(tmp_path / "pigeonhole")
    path = made.folder / "config.yaml"
    for content, message in [
        ("seed: 1\nmosaic: {width: 240}\nmosaic: {overlay: 1}\n", "line 3, column 1"),
        ("photos:\n\tsource: demo\n", "line 2, column 1: this is a tab"),
    ]:
        path.write_text(content)
        text = made.run("--dry-run", ok=False)
        assert f"config.yaml, {message}" in text.splitlines()[-1]
        assert "Traceback" not in text
    path.write_text("# All settings have defaults.\n")
    assert "make_mosaic" in made.run("--dry-run", "--quiet", "rules")


def test_large_images_prints_and_films_are_drawn_from_the_photos(clone):
    before = clone.artifacts()
    settings = {
        "tile_width": 24,
        "large": {"formats": ["jpg", "dzi"]},
        "print": {"size": "5x7 cm", "format": "png"},
        "film": {"format": "gif", "long_side": 96, "seconds": 1, "fps": 8},
    }
    path = clone.folder / "large.yaml"
    path.write_text(yaml.safe_dump({"mosaic": settings}))
    clone.run("large", "prints", "films", "--configfile", path.name)
    folder = clone.folder / "results/mosaics/astronaut"
    # 20 x 15 tiles of 24 x 32 pixels.
    wide, tall = 480, 480
    for image in ("mosaic.png", "large/mosaic.jpg"):
        with Image.open(folder / image) as drawn:
            assert drawn.size == (wide, tall)
    assert f'Width="{wide}"' in (folder / "large/mosaic.dzi").read_text()
    with Image.open(folder / "print/mosaic.png") as sheet:
        assert sheet.size == (591, 827)
        assert sheet.info["dpi"] == pytest.approx((300, 300), abs=0.02)
    for film in ("falling", "zooming"):
        with Image.open(folder / f"films/{film}.gif") as moving:
            assert moving.n_frames > 3
    again = clone.run("large", "prints", "films", "--configfile", path.name)
    assert "Nothing to be done" in again
    # Another format reruns only the print.
    settings["print"]["format"] = "jpg"
    path.write_text(yaml.safe_dump({"mosaic": settings}))
    again = clone.run("large", "prints", "films", "--configfile", path.name, "-n")
    assert re.search(r"^make_print +1$", again, re.MULTILINE)
    assert "draw_" not in again
    assert "make_films" not in again
    path.unlink()
    for made in ("large", "print", "films"):
        shutil.rmtree(folder / made)
    # The width of the tiles is also that of mosaic.png.
    clone.run()
    assert _untimed(clone.artifacts()) == _untimed(before)


def test_the_live_rule_measures_without_a_window(clone):
    text = clone.run(
        "live",
        "--config",
        "live={source: synthetic, sink: none, max_frames: 5, frame_size: 160x120}",
    )
    assert '"frames": 5' in text


def test_ctrl_c_in_a_terminal_ends_the_live_mosaic_without_an_error(clone):
    keyboard, terminal = pty.openpty()
    options = (
        "live={source: synthetic, sink: page, open_browser: false, frame_size: 160x120}"
    )
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
        # Closing the terminal ends all processes, even if this test fails.
        with os.fdopen(keyboard, "r+b", buffering=0) as screen:
            output = b""
            # The page has started when it prints its address.
            while b"http://" not in output:
                output += screen.read(1000)
            screen.write(b"\x03")
            with suppress(OSError):  # Linux reports EIO when all writers are closed.
                while more := screen.read(1000):
                    output += more
    assert process.returncode == 0, output.decode()
    assert b"1 of 1 steps (100%) done" in output


REPORT = """async () => {
    const found = [];
    for (const [path, result] of Object.entries(results)) {
        const image = new Image();
        image.src = result.data_uri;
        if (result.mime_type.startsWith("image/")) await image.decode();
        found.push({path, caption: result.caption, mime: result.mime_type,
            width: image.naturalWidth});
    }
    return {categories: Object.keys(categories).sort(), found};
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
        # The first page has links to the categories.
        tab.locator("a", has_text="3 Live").last.click()
        tab.get_by_text("Time of a frame").wait_for()
        report = tab.evaluate(REPORT)
    path.unlink()
    shutil.rmtree(clone.folder / "results/__report", ignore_errors=True)
    assert wrong == []
    assert [category[2:] for category in report["categories"]] == [
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
        # Jinja silently omits undefined values of captions.
        assert len(item["caption"]) > 100, path
        assert not re.search(r"\s[,.;]|{{", item["caption"]), path
