"""Snakemake and its jobs killed, and two runs at once, in a small clone."""

import os
import signal
import subprocess
import sys
import time

import pytest
from clone import Clone, clean_environment

pytestmark = pytest.mark.workflow

WANTED = "results/tiles/faces.npz"


@pytest.fixture
def clone(tmp_path):
    return Clone(
        tmp_path / "pigeonhole", {"photos": {"source": "demo", "demo_count": 2}}
    )


def start(clone):
    command = [sys.executable, "-m", "snakemake", "--cores", "2", WANTED]
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


def test_a_killed_run_stops_nobody_and_a_living_one_does(clone):
    first = start(clone)
    wait_for(clone.folder / "logs/find_faces/0.log", first)
    # It lives, and gets no further.
    os.killpg(first.pid, signal.SIGSTOP)
    refused = clone.run(WANTED, ok=False)
    assert f"Another run (process {first.pid}) is at work on results/" in refused
    assert "Traceback" not in refused
    assert "--unlock" not in refused
    # What the other run doesn't make can be made beside it.
    clone.run("results/birthday/dict_seconds.csv")
    os.killpg(first.pid, signal.SIGKILL)
    first.wait()
    done = (clone.folder / "results/photos/photos.csv").stat().st_mtime_ns
    # As if the job had been at its tiles, too.
    draft = clone.folder / "results/tiles/.faces-abcd1234.npz"
    draft.parent.mkdir()
    draft.touch()
    clone.run(WANTED)
    assert (clone.folder / "results/photos/photos.csv").stat().st_mtime_ns == done
    assert not [name for name in clone.artefacts() if "/." in name]
