"""Jobs in real processes: lanes, cancellation, kills, restarts and errors."""

import subprocess
import sys
import time
from contextlib import contextmanager

import psutil
import pytest
from studio_samples import TARGET, make_project

from pigeonhole.studio.exports.export import export_arguments
from pigeonhole.studio.exports.options import ExportOptions
from pigeonhole.studio.jobs.queue import JobQueue, job_store

pytestmark = pytest.mark.workflow

PATIENCE = 60
"""Seconds after which a test fails; a job starts within two."""
FILM = {"format": "film", "film": {"seconds": 60, "fps": 60, "long_side": 960}}
"""An export that takes longer than any test."""
SERVER = """
import sys, time
from pathlib import Path
from pigeonhole.studio.jobs.queue import JobQueue

queue = JobQueue(Path(sys.argv[1]), lambda job: print(job.done or 0, flush=True))
time.sleep(600)
"""


@pytest.fixture
def project(tmp_path):
    return make_project(tmp_path / "project")


def arguments(project, **options):
    return export_arguments(project, ExportOptions.read(options))


@contextmanager
def opened(project, changed=lambda job: None):
    queue = JobQueue(project.folder, changed)
    try:
        yield queue
    finally:
        queue.close()


def wait_for(condition):
    deadline = time.monotonic() + PATIENCE
    while not (result := condition()):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return result


def state(queue, number):
    return next(job.state for job in queue.jobs() if job.id == number)


def progress(queue, number):
    return next(job.done for job in queue.jobs() if job.id == number)


def files(folder):
    return sorted(path.name for path in folder.iterdir())


def test_lanes_run_at_the_same_time_and_a_canceled_job_leaves_nothing(project):
    changes = []
    exports = project.folder / "exports"
    with opened(project, changes.append) as queue:
        film = queue.add("export", arguments(project, **FILM), "Film")
        cut = queue.add("cut", {})
        waiting = queue.add("export", arguments(project, format="png"))
        wait_for(lambda: progress(queue, film))
        wait_for(lambda: state(queue, cut) == "done")
        assert state(queue, film) == "running"
        assert state(queue, waiting) == "waiting"
        # The next export starts at once, so it is canceled first.
        for number in (waiting, film):
            queue.cancel(number)
            assert state(queue, number) == "canceled"
        assert files(exports) == []
        assert files(project.private_folder / "exports") == []
        queue.remove(film)
        assert [job.id for job in queue.jobs()] == [cut, waiting]
    facts = next(job.facts for job in changes if job.id == cut and job.facts)
    assert facts == {"cut": "photos", "tiles": 6, "photos": 6, "skipped": 0}
    seen = [job.state for job in changes if job.id == film]
    assert list(dict.fromkeys(seen)) == ["waiting", "running", "canceled"]


def test_jobs_end_with_a_killed_server_and_start_again_with_the_next(project):
    store = job_store(project.folder)
    film = store.add("export", "Film", arguments(project, **FILM))
    # The server that prepared this export was killed before it added a job.
    arguments(project, format="png")
    command = [sys.executable, "-c", SERVER, str(project.folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as server:
        wait_for(lambda: int(server.stdout.readline()) > 0)
        (child,) = psutil.Process(server.pid).children()
        server.kill()
    child.wait(PATIENCE)
    assert store.job(film).state == "running"
    assert files(project.folder / "exports") == []
    with opened(project) as queue:
        wait_for(lambda: progress(queue, film))
    # Closing a server keeps its jobs for the next one, too.
    assert store.job(film).state == "waiting"
    assert files(project.folder / "exports") == []
    with opened(project) as queue:
        assert len(files(project.private_folder / "exports")) == 1
        queue.cancel(film)
        assert state(queue, film) == "canceled"
    assert files(project.private_folder / "exports") == []


def test_errors_are_sentences_and_their_details_are_logged(project):
    with opened(project) as queue:
        export = arguments(project, format="png")
        unexpected = queue.add("export", {})
        wait_for(lambda: state(queue, unexpected) == "failed")
        for photo in project.photos_folder.iterdir():
            photo.unlink()
        expected = queue.add("export", export)
        wait_for(lambda: state(queue, expected) == "failed")
        errors = {job.id: job.error for job in queue.jobs()}
    assert errors[unexpected].endswith("The details are in studio/jobs.log.")
    assert "KeyError" in (project.private_folder / "jobs.log").read_text()
    assert errors[expected].startswith("photos has no image in ")
    assert str(project.folder) not in "".join(errors.values())
    assert files(project.folder / "exports") == []


def test_a_job_that_the_system_kills_has_failed(project):
    with opened(project) as queue:
        film = queue.add("export", arguments(project, **FILM))
        wait_for(lambda: progress(queue, film))
        (child,) = psutil.Process().children()
        child.kill()
        wait_for(lambda: state(queue, film) == "failed")
        (job,) = queue.jobs()
        assert "SIGKILL, probably because the memory was used up" in job.error
        png = queue.add("export", arguments(project, format="png"), "PNG image")
        wait_for(lambda: state(queue, png) == "done")
        assert queue.jobs()[-1].result == [f"exports/{TARGET}.png"]
    assert files(project.folder / "exports") == [f"{TARGET}.png"]


def test_downloaded_photos_are_cut_next(project):
    search = {"source": "demo", "query": "", "count": 2, "licenses": []}
    with opened(project) as queue:
        download = queue.add("download", search)
        cut = queue.add("cut", {})
        wait_for(lambda: state(queue, cut) == "done")
        facts = {job.id: job.facts for job in queue.jobs()}
    assert facts[download]["photos"] == 2
    assert facts[cut]["photos"] == 8


def test_a_waiting_cut_is_enough(project, monkeypatch):
    # Modules in the current folder of the server aren't imported.
    (project.folder / "json.py").write_text("raise SystemExit(3)")
    monkeypatch.chdir(project.folder)
    with opened(project) as queue:
        first = queue.add("cut", {})
        wait_for(lambda: state(queue, first) == "running")
        second = queue.add("cut", {})
        assert queue.add("cut", {}) == second
        wait_for(lambda: state(queue, second) == "done")
        queue.cancel(queue.add("cut", {}))
        assert len(queue.jobs()) == 1
