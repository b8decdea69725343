"""The database of jobs."""

import sqlite3
from threading import Thread

import pytest

from pigeonhole.core.atomic import DiskFull
from pigeonhole.studio.jobs.store import MAX_STARTS, JobStore, UnreadableJobs


@pytest.fixture
def store(tmp_path):
    return JobStore(tmp_path / "studio" / "jobs.sqlite")


def test_jobs_survive_and_start_in_order_of_their_lane(store, tmp_path):
    first = store.add("export", "PNG image", {"a": [1, None, "é"]})
    store.add("cut", "Cutting tiles", {})
    second = store.add("export", "Print", {})
    again = JobStore(tmp_path / "studio" / "jobs.sqlite")
    assert [job.title for job in again.jobs()] == [
        "PNG image",
        "Cutting tiles",
        "Print",
    ]
    assert again.arguments(first) == {"a": [1, None, "é"]}
    assert store.start_next("photos").kind == "cut"
    assert store.start_next("photos") is None
    assert store.start_next("export").id == first
    assert again.start_next("export").id == second
    assert [job.state for job in again.jobs()] == ["running"] * 3


def test_a_job_is_finished_only_once(store):
    number = store.add("export", "Print", {})
    store.start_next("export")
    store.succeed(number, ["exports/a.tif"], {"bytes": 3})
    store.cancel(number)
    store.fail(number, "Too late.")
    job = store.job(number)
    assert (job.state, job.result, job.error) == ("done", ["exports/a.tif"], None)
    assert job.facts == {"bytes": 3}
    assert job.created <= job.finished


def test_each_waiting_job_is_started_by_one_thread(store):
    numbers = [store.add("export", "Print", {}) for _ in range(12)]
    started = []

    def start():
        while job := store.start_next("export"):
            started.append(job.id)

    threads = [Thread(target=start) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(started) == numbers


def test_only_finished_jobs_are_removed(store):
    number = store.add("cut", "Cutting tiles", {})
    store.remove(number)
    assert store.job(number).state == "waiting"
    store.cancel(number)
    store.remove(number)
    assert store.job(number) is None
    # Ids are never used again.
    assert store.add("cut", "Cutting tiles", {}) == number + 1


def test_a_job_that_brings_the_server_down_is_given_up(store):
    number = store.add("export", "Print", {})
    for _ in range(MAX_STARTS):
        assert store.job(number).state == "waiting"
        store.start_next("export")
        store.restart()
    job = store.job(number)
    assert job.state == "failed"
    assert (
        job.error == f"The job was interrupted {MAX_STARTS} times: start it yourself."
    )


def test_closing_the_server_never_uses_up_starts(store):
    number = store.add("export", "Print", {})
    for _ in range(MAX_STARTS + 1):
        store.start_next("export")
        store.postpone(number)
    assert store.job(number).state == "waiting"


def test_a_damaged_or_newer_database_is_refused_in_one_sentence(tmp_path):
    path = tmp_path / "jobs.sqlite"
    path.write_bytes(b"no database" * 1000)
    with pytest.raises(
        UnreadableJobs, match=r"jobs\.sqlite can't be used: .*Delete it"
    ):
        JobStore(path)
    path.unlink()
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(UnreadableJobs, match="a newer version"):
        JobStore(path)


def test_errors_of_the_database_on_a_full_disk_say_so(tmp_path, monkeypatch):
    path = tmp_path / "jobs.sqlite"
    store = JobStore(path)
    monkeypatch.setattr("pigeonhole.studio.jobs.store.MIN_FREE", 2**62)
    path.write_bytes(b"not a database" * 100)
    with pytest.raises(DiskFull, match="no space is left"):
        store.jobs()
