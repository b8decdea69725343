"""Two runs never use each other's outputs, and a killed run leaves no stale lock."""

import os
import signal
import subprocess
import sys
import time

import pytest

from pigeonhole.pipeline.run_lock import (
    FutureTimestamp,
    RunConflict,
    acquire_run_lock,
    lock_all_results,
    reset_future_timestamps,
)

OTHER_RUN = """
import sys, time
from pathlib import Path
from pigeonhole.pipeline.run_lock import acquire_run_lock

acquire_run_lock(Path(sys.argv[1]), ["tiles"], ["mosaic"])
print("locked", flush=True)
time.sleep(600)
"""


@pytest.fixture
def other(tmp_path):
    """Another run, which reads tiles and writes a mosaic."""
    command = [sys.executable, "-c", OTHER_RUN, tmp_path]
    process = subprocess.Popen(command, stdout=subprocess.PIPE)
    process.stdout.readline()
    yield process
    process.kill()
    process.wait()
    process.stdout.close()


@pytest.mark.parametrize(
    ("reads", "writes"),
    [([], ["mosaic"]), (["mosaic"], []), ([], ["tiles"]), (["x", "mosaic"], ["y"])],
)
def test_conflicting_runs_are_refused(other, tmp_path, reads, writes):
    message = rf"^Another run \(process {other.pid}\) is using (mosaic|tiles): wait"
    with pytest.raises(RunConflict, match=message):
        acquire_run_lock(tmp_path, reads, writes)


@pytest.mark.parametrize(("reads", "writes"), [(["tiles"], ["plot"]), ([], [])])
def test_runs_without_conflict_run_at_the_same_time(other, tmp_path, reads, writes):
    acquire_run_lock(tmp_path, reads, writes)
    assert other.poll() is None


def test_commands_that_change_results_wait_for_runs(tmp_path):
    project = tmp_path / "project"
    runs = project / ".snakemake" / "runs"
    runs.mkdir(parents=True)
    process = subprocess.Popen(
        [sys.executable, "-c", OTHER_RUN, runs], stdout=subprocess.PIPE
    )
    process.stdout.readline()
    message = rf"process {process.pid}\) is using the results: wait"
    with pytest.raises(RunConflict, match=message), lock_all_results(project):
        pytest.fail("the run is active")
    process.kill()
    process.wait()
    process.stdout.close()
    with lock_all_results(project), pytest.raises(RunConflict, match="the results"):
        acquire_run_lock(runs, ["a"], ["b"])
    # Released, not only at the end of the process.
    assert list(runs.glob("*.run")) == []
    with lock_all_results(tmp_path / "no runs yet"):
        assert not (tmp_path / "no runs yet").exists()


def test_the_lock_of_a_killed_run_is_released(other, tmp_path):
    os.kill(other.pid, signal.SIGKILL)
    other.wait()
    acquire_run_lock(tmp_path, ["mosaic"], ["tiles"])
    # The record of the killed run was removed, and that of this run was added.
    assert len(list(tmp_path.glob("*.run"))) == 1


def test_an_incomplete_record_of_a_killed_run_is_removed(tmp_path):
    (tmp_path / "half.run").write_text('[12, ["til')
    acquire_run_lock(tmp_path, ["tiles"], ["mosaic"])
    assert not (tmp_path / "half.run").exists()


def test_future_timestamps_in_the_project_are_reset(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    old, new = tmp_path / "old", tmp_path / "new"
    for path, mtime in ((old, 1000), (new, time.time() + 86_400)):
        path.touch()
        os.utime(path, (mtime, mtime))
    reset_future_timestamps(["old", "new", "missing"])
    assert old.stat().st_mtime == 1000
    assert abs(new.stat().st_mtime - time.time()) < 60


@pytest.mark.parametrize("linked", [False, True])
def test_a_photo_with_a_future_timestamp_is_reported_and_unchanged(
    tmp_path, monkeypatch, linked
):
    photo = tmp_path / "a.jpg"
    photo.touch()
    tomorrow = time.time() + 86_400
    os.utime(photo, (tomorrow, tomorrow))
    message = r"a\.jpg was modified 86\d\d\d s in the future: set the clock"
    monkeypatch.chdir(tmp_path)
    (tmp_path / "link").symlink_to(photo)
    with pytest.raises(FutureTimestamp, match=message):
        reset_future_timestamps(["link" if linked else str(photo)])
    assert photo.stat().st_mtime == pytest.approx(tomorrow)
