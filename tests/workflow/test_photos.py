"""Tests for the checkpoint `collect_photos`, in a workflow of its own."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest
from photo_services import KEY

from pigeonhole.core.tables import read_rows
from pigeonhole.imaging.codecs import write_jpeg

pytestmark = pytest.mark.workflow

SNAKEFILE = """
include: "workflow/rules/common.smk"
include: "workflow/rules/lists.smk"
include: "workflow/rules/photos.smk"

rule all:
    default_target: True
    input:
        "<results>/photos/photos.csv",
        gather.faces("<results>/shards/{scatteritem}.txt"),

rule shard:
    input:
        photos=shard_photos,
    output:
        "<results>/shards/{scatteritem}.txt",
    shell:
        "echo {input.photos:q} > {output:q}"
"""


@pytest.fixture
def workflow(tmp_path, root):
    """A function that runs the rule `collect_photos` in a folder of its own."""
    (tmp_path / "src").symlink_to(root / "src")
    (tmp_path / "workflow").symlink_to(root / "workflow")
    (tmp_path / "config.yaml").symlink_to(root / "config.yaml")
    (tmp_path / "Snakefile").write_text(SNAKEFILE)

    def run(settings, *arguments, key=None, shards=1):
        (tmp_path / "config.json").write_text(json.dumps(settings))
        environment = {**os.environ, "PYTHONPATH": str(root / "src")}
        environment.pop("PEXELS_API_KEY", None)
        if key:
            environment["PEXELS_API_KEY"] = key
        command = [sys.executable, "-m", "snakemake", *arguments, "--cores", "2"]
        command += ["--rerun-incomplete"]
        command += ["--configfile", "config.json", "--set-scatter", f"faces={shards}"]
        return subprocess.run(
            command,
            cwd=tmp_path,
            env=environment,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
        )

    return run


def names(tmp_path):
    rows = read_rows(tmp_path / "results" / "photos" / "photos.csv")
    return [row["photo"] for row in rows]


def count_jobs(process):
    """Return the number of shards that were processed."""
    assert process.returncode == 0, process.stdout
    return process.stdout.count("rule shard:")


def test_auto_uses_the_demo_without_a_key(workflow, tmp_path):
    photos = {"demo_count": 3}
    settings = {"photos": photos}
    process = workflow(settings, "-p", shards=2)
    assert "photos.source is auto, using demo" in process.stdout
    assert count_jobs(process) == 2
    assert names(tmp_path) == ["demo-000.jpg", "demo-001.jpg", "demo-002.jpg"]
    photos["query"] = "cat"
    assert "Nothing to be done" in workflow(settings, shards=2).stdout
    lost = tmp_path / "results" / "photos" / "demo-001.jpg"
    content = lost.read_bytes()
    lost.unlink()
    process = workflow(settings, shards=2)
    assert process.returncode == 0
    assert "demo-001.jpg is missing" in process.stdout
    assert lost.read_bytes() == content


def test_a_new_photo_reruns_only_its_shard(workflow, tmp_path):
    files = ("a.jpg", "b c.jpg", "ü{.jpg", "{chunk}.jpg", "sub/d.jpg")
    for name in files:
        path = tmp_path / "own" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        write_jpeg(path, np.zeros((20, 30, 3), np.uint8))
    (tmp_path / "own" / "broken.png").write_bytes(b"no")
    photos = {"source": "folder", "folder": "./own", "max_hash_distance": None}
    settings = {"photos": photos}
    assert count_jobs(workflow(settings, shards=4)) == 4
    assert names(tmp_path) == sorted(files)
    skipped = read_rows(tmp_path / "results" / "photos" / "skipped.csv")
    assert [row["photo"] for row in skipped] == ["broken.png"]
    write_jpeg(tmp_path / "own" / "new.jpg", np.zeros((20, 30, 3), np.uint8))
    assert count_jobs(workflow(settings, shards=4)) == 1
    # Credits are in the ledger, and rerun no shard.
    (tmp_path / "own" / "credits.csv").write_text("photo,license\nnew.jpg,CC0\n")
    assert count_jobs(workflow(settings, shards=4)) == 0
    rows = read_rows(tmp_path / "results" / "photos" / "photos.csv")
    licenses = {row["photo"]: row["license"] for row in rows}
    assert licenses == {**dict.fromkeys(files, ""), "new.jpg": "CC0"}


def test_pexels_needs_a_key_which_is_in_no_output(workflow, tmp_path, pexels_server):
    photos = {"count": 5, "query": "{x} & y", "max_hash_distance": None}
    settings = {"photos": photos}
    process = workflow(settings, "--printshellcmds", key=KEY)
    assert "using pexels" in process.stdout
    assert count_jobs(process) == 1
    assert len(names(tmp_path)) == 5
    settings["photos"] = {"count": 6, "source": "pexels", "max_hash_distance": None}
    keyless = workflow(settings)
    assert keyless.returncode != 0
    assert "PEXELS_API_KEY is empty" in keyless.stdout
    pexels_server.downloads.clear()
    # The server has the same photos for all queries, at the same URLs.
    assert count_jobs(workflow(settings, key=KEY)) == 1
    assert [number for number, _ in pexels_server.downloads] == [5]
    assert KEY not in process.stdout
    for path in tmp_path.rglob("*"):
        assert not path.is_file() or KEY.encode() not in path.read_bytes()


def test_without_the_key_auto_keeps_the_downloads(
    workflow, tmp_path, pexels_server, monkeypatch
):
    monkeypatch.setenv("PIGEONHOLE_CACHE", str(tmp_path / "cache"))
    photos = {"count": 5, "demo_count": 2, "max_hash_distance": None}
    settings = {"photos": photos}
    assert count_jobs(workflow(settings, key=KEY)) == 1
    folder = tmp_path / "results" / "photos"
    first = {path.name: path.read_bytes() for path in folder.iterdir()}
    (folder / "pexels-mine.jpg").write_bytes(b"mine")
    assert "Nothing to be done" in workflow(settings).stdout
    # Other settings need the key, so the demo is used.
    photos["query"] = "cat"
    process = workflow(settings)
    assert process.stdout.count("PEXELS_API_KEY is empty, so the demo photos") == 1
    assert count_jobs(process) == 1
    assert names(tmp_path) == ["demo-000.jpg", "demo-001.jpg"]
    del photos["query"]
    requests = len(pexels_server.searches), len(pexels_server.downloads)
    process = workflow(settings)
    assert "photos.source is auto, using pexels" in process.stdout
    assert count_jobs(process) == 1
    assert "PEXELS_API_KEY" not in process.stdout
    after = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert after == first | {"pexels-mine.jpg": b"mine"}
    assert (len(pexels_server.searches), len(pexels_server.downloads)) == requests


def test_openverse_needs_no_key(workflow, tmp_path, openverse_server):
    photos = {"source": "openverse", "count": 5, "max_hash_distance": None}
    settings = {"photos": photos}
    assert count_jobs(workflow(settings)) == 1
    rows = read_rows(tmp_path / "results" / "photos" / "photos.csv")
    assert len(rows) == 5
    assert {row["license"].split()[0] for row in rows} == {"CC", "CC0"}
    # The number of parallel downloads changes no result.
    downloads = ("--set-resources", "collect_photos:downloads=2")
    assert "Nothing to be done" in workflow(settings, *downloads).stdout
