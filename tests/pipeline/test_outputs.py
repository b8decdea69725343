"""The plain command makes every file that is missing, failed or out of date."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from clone import Clone, clean_environment

pytestmark = pytest.mark.workflow

DAG = Path(__file__).parents[1] / "dag.py"
TARGETS = ("all", "mosaics", "large", "prints", "films", "birthday", "census")
EVERYTHING = {
    "mosaic": {
        "match": "exact",
        "large": {"formats": ["jpg", "dzi"]},
        "print": {"size": "5x7 cm"},
    }
}
# Kills the scripts in FAIL when they start, as the kernel does if a job
# needs too much memory.
KILLER = """
import os, signal, sys
name = sys.orig_argv[-1].split(".")[-2] if sys.orig_argv[-1].endswith(".py") else ""
if name in os.environ.get("FAIL", "").split(","):
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture(scope="module")
def jobs(tmp_path_factory):
    """All jobs of all targets, with every kind of output and every step in shards."""
    clone = Clone(tmp_path_factory.mktemp("graph") / "pigeonhole", EVERYTHING)
    process = subprocess.run(
        [sys.executable, DAG, *TARGETS],
        cwd=clone.folder,
        env=clean_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert process.returncode == 0, process.stderr
    return json.loads(process.stdout)


def test_targets_name_every_output(jobs):
    """Snakemake overlooks a missing file from which only existing files are made."""
    rules = {job["rule"] for job in jobs}
    assert {"match_shard", "cut_tile_shard", "draw_deep_zoom", "count_values"} <= rules
    named = {file for job in jobs if not job["script"] for file in job["inputs"]}
    made = {
        file
        for job in jobs
        for file, flags in job["outputs"].items()
        if "temp" not in flags
    }
    assert len(made) > 100
    assert made - named == set()


def test_a_rule_has_the_parameters_of_its_temporary_inputs(jobs):
    """A job that uses a temporary file must run again when its maker does."""
    makers = {file: job for job in jobs for file in job["outputs"]}
    uses = 0
    for job in jobs:
        for maker in filter(None, map(makers.get, job["inputs"])):
            if any("temp" in flags for flags in maker["outputs"].values()):
                assert set(maker["params"]) <= set(job["params"])
                uses += 1
    assert uses


def test_all_outputs_stay_until_their_successors_are_complete(jobs):
    flags = [flags for job in jobs for flags in job["outputs"].values()]
    assert all("update" in names for names in flags)


@pytest.fixture
def killer(tmp_path):
    (tmp_path / "killer").mkdir()
    (tmp_path / "killer" / "sitecustomize.py").write_text(KILLER)
    return str(tmp_path / "killer")


# Rules of different depths of the graph, none of which depends on another one.
@pytest.mark.parametrize(
    ("rules", "change"),
    [
        (
            ["find_faces", "find_first_collisions", "search_collision"],
            {"faces": {"min_side": 41}, "birthday": {"sweep_trials": 61}},
        ),
        (
            ["make_mosaic", "review_faces", "summarize_sweep", "test_hashes"],
            {"mosaic": {"color_transfer": 0.3}},
        ),
        (["make_viewer"], {"mosaic": {"viewer_pixels": 64}}),
    ],
)
def test_a_killed_job_loses_nothing_and_runs_again(
    finished, tmp_path, killer, rules, change
):
    clone = finished.copy(tmp_path / "pigeonhole")
    before = clone.artifacts()
    clone.configure(change)
    forced = ["--forcerun", *rules, "--keep-going", "--"]
    scripts = ",".join(rules).replace("make_viewer", "viewer")
    fail = {"FAIL": scripts, "PYTHONPATH": killer}
    clone.run(*forced, "all", ok=False, **fail)
    after = clone.artifacts()
    assert {name: after.get(name) for name in before} == before
    plan = clone.plan()
    assert set(rules) <= plan.keys()


def test_a_failing_setting_leaves_the_last_good_results(finished, tmp_path):
    clone = finished.copy(tmp_path / "pigeonhole")
    before = clone.artifacts()
    # Found before the first job.
    clone.configure({"mosaic": {"repetition": {"max_uses": 1}}})
    text = clone.run(ok=False)
    assert "photos are missing: each photo at most once needs" in text
    assert "Traceback" not in text
    assert "jobid" not in text
    # Found by the job, because the cells of a quadtree depend on the target.
    clone.configure({"mosaic": {"layout": "quadtree", "levels": 2}})
    text = clone.run(ok=False)
    assert "ERROR " in text
    assert "Traceback" not in text
    after = clone.artifacts()
    assert {name: after.get(name) for name in before} == before
    assert "make_mosaic" in clone.plan()


def test_deleted_and_damaged_photos_are_collected_again(finished, tmp_path):
    clone = finished.copy(tmp_path / "pigeonhole")
    before = clone.artifacts()
    results = clone.folder / "results"
    (results / "photos/demo-001.jpg").unlink()
    clone.run("results/photos/photos.csv")
    assert clone.artifacts() == before
    (results / "photos/photos.csv").write_text('photo,source\n"demo')
    (results / "mosaics/astronaut/advice.svg").unlink()
    plan = clone.plan()
    assert {"collect_photos", "make_mosaic"} <= plan.keys()


def test_deleted_images_of_a_viewer_are_made_again(finished, tmp_path):
    clone = finished.copy(tmp_path / "pigeonhole")
    next((clone.folder / "results").glob("mosaics/*/viewer/tiles/*.png")).unlink()
    assert clone.plan() == {"make_viewer": 1}


def test_a_report_needs_results(tmp_path):
    text = Clone(tmp_path / "pigeonhole").run("--report", "report.html", ok=False)
    assert "There are no results yet: run `snakemake --cores 4` first." in text
    assert "Traceback" not in text


@pytest.mark.parametrize(
    ("path", "setting"),
    [
        ("results/mosaics/nobody/mosaic.png", "mosaic.targets"),
        ("results/tiles/nothing.npz", "tiles"),
    ],
)
def test_unknown_names_in_paths_are_explained(finished, path, setting):
    text = finished.run("-n", path, ok=False)
    assert f"{setting} is '" in text.splitlines()[-1]
    assert "Traceback" not in text
