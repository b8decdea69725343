"""The checkpoint of the photos, in a workflow of its own."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest
from test_photos_openverse import service as openverse  # noqa: F401
from test_photos_pexels import KEY, service  # noqa: F401

from pigeonhole.core.tables import read_rows
from pigeonhole.imaging.codecs import write_jpeg

pytestmark = pytest.mark.workflow

SNAKEFILE = """
include: "workflow/rules/common.smk"
include: "workflow/rules/photos.smk"

rule all:
    default_target: True
    input:
        "<results>/photos/photos.csv",
        collect("<results>/chunks/{chunk}.txt", chunk=range(settings.faces.chunks)),

rule chunk:
    input:
        photos=chunk_photos,
    output:
        "<results>/chunks/{chunk}.txt",
    shell:
        "echo {input.photos:q} > {output:q}"
"""


@pytest.fixture
def workflow(tmp_path, root):
    """Run the photos' part of the workflow in a folder of its own."""
    (tmp_path / "src").symlink_to(root / "src")
    (tmp_path / "workflow").symlink_to(root / "workflow")
    (tmp_path / "Snakefile").write_text(SNAKEFILE)

    def run(settings, *arguments, key=None):
        (tmp_path / "config.json").write_text(json.dumps(settings))
        environment = {**os.environ, "PYTHONPATH": str(root / "src")}
        environment.pop("PEXELS_API_KEY", None)
        if key:
            environment["PEXELS_API_KEY"] = key
        command = [sys.executable, "-m", "snakemake", *arguments, "--cores", "2"]
        command += ["--configfile", "config.json"]
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


def jobs(ran):
    assert ran.returncode == 0, ran.stdout
    return ran.stdout.count("rule chunk:")


def test_auto_without_a_key_is_the_demo(workflow, tmp_path):
    photos = {"demo_count": 3}
    settings = {"photos": photos, "faces": {"chunks": 2}}
    ran = workflow(settings, "-p")
    assert "photos.source is auto, taking demo" in ran.stdout
    assert jobs(ran) == 2
    assert names(tmp_path) == ["demo-000.jpg", "demo-001.jpg", "demo-002.jpg"]
    photos["query"] = "cat"
    assert "Nothing to be done" in workflow(settings).stdout
    lost = tmp_path / "results" / "photos" / "demo-001.jpg"
    lost.unlink()
    told = workflow(settings)
    assert told.returncode != 0
    assert "demo-001.jpg is gone: run `snakemake --cores 2 --forcerun" in told.stdout
    assert jobs(workflow(settings, "--forcerun", "photos")) == 0
    assert lost.exists()


def test_a_new_photo_reruns_its_chunk_alone(workflow, tmp_path):
    for name in ("a.jpg", "b c.jpg", "ü{.jpg", "{chunk}.jpg", "sub/d.jpg"):
        path = tmp_path / "own" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        write_jpeg(path, np.zeros((20, 30, 3), np.uint8))
    (tmp_path / "own" / "broken.png").write_bytes(b"no")
    settings = {
        "photos": {"source": "folder", "folder": "./own", "alike": None},
        "faces": {"chunks": 4},
    }
    assert jobs(workflow(settings)) == 4
    assert names(tmp_path) == ["a.jpg", "b c.jpg", "sub/d.jpg", "ü{.jpg"]
    skipped = read_rows(tmp_path / "results" / "photos" / "skipped.csv")
    assert [row["photo"] for row in skipped] == ["broken.png", "{chunk}.jpg"]
    write_jpeg(tmp_path / "own" / "new.jpg", np.zeros((20, 30, 3), np.uint8))
    assert jobs(workflow(settings)) == 1


def test_pexels_and_its_key(workflow, tmp_path, service):  # noqa: F811
    photos = {"count": 5, "query": "{x} & y", "alike": None}
    settings = {"photos": photos, "faces": {"chunks": 1}}
    ran = workflow(settings, "--printshellcmds", key=KEY)
    assert "taking pexels" in ran.stdout
    assert jobs(ran) == 1
    assert len(names(tmp_path)) == 5
    settings["photos"] = {"count": 6, "source": "pexels", "alike": None}
    keyless = workflow(settings)
    assert keyless.returncode != 0
    assert "PEXELS_API_KEY is empty" in keyless.stdout
    service.downloads.clear()
    assert jobs(workflow(settings, key=KEY)) == 1
    assert [number for number, _ in service.downloads] == [5]
    assert KEY not in ran.stdout
    for path in tmp_path.rglob("*"):
        assert not path.is_file() or KEY.encode() not in path.read_bytes()


def test_openverse_needs_no_key(workflow, tmp_path, openverse):  # noqa: F811
    photos = {"source": "openverse", "count": 5, "alike": None}
    settings = {"photos": photos, "faces": {"chunks": 1}}
    assert jobs(workflow(settings)) == 1
    rows = read_rows(tmp_path / "results" / "photos" / "photos.csv")
    assert len(rows) == 5
    assert {row["licence"].split()[0] for row in rows} == {"CC", "CC0"}
    # How many at once decides no result.
    settings["photos"]["parallel"] = 2
    assert "Nothing to be done" in workflow(settings).stdout
