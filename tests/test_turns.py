"""Two runs never write what the other uses, and a dead one stops nobody."""

import os
import signal
import subprocess
import sys
import time

import pytest

from pigeonhole.pipeline.run_lock import (
    FromTheFuture,
    Occupied,
    bring_to_present,
    take_turn,
)

WORKING = """
import sys, time
from pathlib import Path
from pigeonhole.pipeline.run_lock import take_turn

take_turn(Path(sys.argv[1]), ["tiles"], ["mosaic"])
print("working", flush=True)
time.sleep(600)
"""


@pytest.fixture
def other(tmp_path):
    """Another process at work: it reads tiles and writes a mosaic."""
    command = [sys.executable, "-c", WORKING, tmp_path]
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
def test_runs_that_would_meet_are_refused(other, tmp_path, reads, writes):
    words = rf"^Another run \(process {other.pid}\) is at work on (mosaic|tiles): wait"
    with pytest.raises(Occupied, match=words):
        take_turn(tmp_path, reads, writes)


@pytest.mark.parametrize(("reads", "writes"), [(["tiles"], ["plot"]), ([], [])])
def test_runs_that_do_not_meet_work_side_by_side(other, tmp_path, reads, writes):
    take_turn(tmp_path, reads, writes)
    assert other.poll() is None


def test_a_killed_run_leaves_the_way_free(other, tmp_path):
    os.kill(other.pid, signal.SIGKILL)
    other.wait()
    take_turn(tmp_path, ["mosaic"], ["tiles"])
    # Its word is gone; ours is there, beside the door.
    assert len(list(tmp_path.glob("*.run"))) == 1


def test_a_half_written_word_of_a_dead_run_stops_nobody(tmp_path):
    (tmp_path / "half.run").write_text('[12, ["til')
    take_turn(tmp_path, ["tiles"], ["mosaic"])
    assert not (tmp_path / "half.run").exists()


def test_files_made_while_the_clock_was_ahead_are_of_now(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    old, new = tmp_path / "old", tmp_path / "new"
    for path, moment in ((old, 1000), (new, time.time() + 86_400)):
        path.touch()
        os.utime(path, (moment, moment))
    bring_to_present(["old", "new", "missing"])
    assert old.stat().st_mtime == 1000
    assert abs(new.stat().st_mtime - time.time()) < 60


def test_a_photo_from_the_future_is_left_alone_and_told(tmp_path):
    photo = tmp_path / "a.jpg"
    photo.touch()
    tomorrow = time.time() + 86_400
    os.utime(photo, (tomorrow, tomorrow))
    words = r"a\.jpg says that it was changed 86\d\d\d s from now: set the clock"
    with pytest.raises(FromTheFuture, match=words):
        bring_to_present([str(photo)])
    assert photo.stat().st_mtime == pytest.approx(tomorrow)
