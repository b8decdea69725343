"""Killed runs and concurrent runs in a small clone of the project."""

import os
import signal
import subprocess
import sys
import time

import pytest
from clone import Clone, clean_environment

pytestmark = pytest.mark.workflow

TILES = "results/tiles/faces.npz"


@pytest.fixture
def clone(tmp_path):
    return Clone(
        tmp_path / "pigeonhole", {"photos": {"source": "demo", "demo_count": 2}}
    )


def start(clone):
    command = [sys.executable, "-m", "snakemake", "--cores", "2", TILES]
    return subprocess.Popen(
        command,
        cwd=clone.folder,
        env=clean_environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def wait_for(path, process):
    while not path.exists():
        assert process.poll() is None
        time.sleep(0.02)


def test_an_active_run_blocks_a_conflicting_one_and_a_killed_run_does_not(clone):
    first = start(clone)
    wait_for(clone.folder / "logs/find_faces/1-of-2.log", first)
    # A stopped process is alive but makes no progress.
    os.killpg(first.pid, signal.SIGSTOP)
    refused = clone.run(TILES, ok=False)
    assert f"Another run (process {first.pid}) is using results/" in refused
    assert "Traceback" not in refused
    assert "--unlock" not in refused
    # Outputs that the other run doesn't write can be made at the same time.
    clone.run("results/birthday/dict_seconds.csv")
    os.killpg(first.pid, signal.SIGKILL)
    first.wait()
    photos_time = (clone.folder / "results/photos/photos.csv").stat().st_mtime_ns
    # Simulate that the killed job had started to write its tiles.
    temporary = clone.folder / "results/tiles/.faces-abcd1234.npz"
    temporary.parent.mkdir()
    temporary.touch()
    clone.run(TILES)
    photos = clone.folder / "results/photos/photos.csv"
    assert photos.stat().st_mtime_ns == photos_time
    assert not [name for name in clone.artifacts() if "/." in name]
