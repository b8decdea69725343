"""Progress and messages of the process of a job."""

import json
from pathlib import Path

from pigeonhole.core.errors import SettingsError
from pigeonhole.core.progress import Progress
from pigeonhole.studio.jobs import process as job_process
from pigeonhole.studio.jobs.process import ProgressReporter, describe_error


def reports(monkeypatch, *steps):
    """Return what is reported of steps, each with the second in which it happens."""
    lines = []
    reporter = ProgressReporter(lines.append)
    for second, step in steps:
        monkeypatch.setattr(job_process.time, "monotonic", lambda now=second: now)
        reporter(step)
    return [json.loads(line) for line in lines]


def test_progress_has_its_speed_and_the_time_left(monkeypatch):
    photos = "Reading photos", "photo"
    found = reports(
        monkeypatch,
        (10.0, Progress(*photos, 0, 100)),
        (10.5, Progress(*photos, 10, 100)),
        (12.0, Progress(*photos, 40, 100)),
        (13.0, Progress("Rendering", "row", 0, None)),
        (15.0, Progress("Rendering", "row", 7, None)),
    )
    assert [report["done"] for report in found] == [0, 10, 40, 0, 7]
    assert found[2]["rate"] == 20
    assert found[2]["seconds_left"] == 3
    assert (found[1]["rate"], found[1]["seconds_left"]) == (None, None)
    assert (found[4]["rate"], found[4]["seconds_left"]) == (3.5, None)
    assert found[0]["text"] == "Reading photos"
    assert found[0]["unit"] == "photo"


def test_a_fast_start_from_a_cache_is_soon_forgotten(monkeypatch):
    photos = "Reading photos", "photo"
    steps = [(0.0, Progress(*photos, 0, 1000))]
    steps += [(float(n), Progress(*photos, 900 + n, 1000)) for n in range(1, 21)]
    found = reports(monkeypatch, *steps)
    assert found[5]["rate"] == 181
    assert (found[-1]["rate"], found[-1]["seconds_left"]) == (1, 80)


def test_progress_is_reported_ten_times_a_second_and_for_new_work(monkeypatch):
    steps = [(n / 1000, Progress("Rendering", "row", n, 999)) for n in range(1000)]
    steps.append((0.9991, Progress("Writing", "file", 0, 1)))
    found = reports(monkeypatch, *steps)
    assert len(found) == 11
    assert (found[0]["done"], found[-1]["text"]) == (0, "Writing")


def test_messages_have_no_path_of_the_project():
    folder = Path("/home/ann/projects/wedding")
    error = SettingsError("mosaic.mask", f"{folder}/mask.png", "there is no such file.")
    text = describe_error(error, "Print", folder)
    assert text == "mosaic.mask is 'mask.png': there is no such file."
    error = PermissionError(13, "Permission denied", str(folder / "exports"))
    text = describe_error(error, "Print", folder)
    assert text == "exports can't be used: permission denied."
    assert "memory" in describe_error(MemoryError(), "Print", folder)


def test_unexpected_errors_are_logged_without_secrets(monkeypatch, caplog):
    monkeypatch.setenv("PEXELS_API_KEY", "secret-123")
    try:
        raise RuntimeError("the key secret-123 is wrong")
    except RuntimeError as error:
        text = describe_error(error, "Print", Path("/p"))
    assert text.startswith("Print failed because of an error in Pigeonhole")
    assert "RuntimeError: the key [PEXELS_API_KEY] is wrong" in caplog.text
    assert "secret-123" not in text + caplog.text
