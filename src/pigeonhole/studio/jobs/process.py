"""The process of one job: `python -m pigeonhole.studio.jobs.process PROJECT ID`.

It reports its progress as lines of JSON on standard output, writes its result into the
database of jobs, and ends when its standard input is closed, so that no job outlives
its server.
"""

import json
import logging
import os
import signal
import sys
import threading
import time
import traceback
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from pigeonhole.core.errors import PigeonholeError, reason_of
from pigeonhole.core.progress import Progress, listen_to_progress
from pigeonhole.core.runtime import configure, signals_as_interrupts
from pigeonhole.studio.jobs.queue import TERMINATE_SECONDS, draft_folder, job_store
from pigeonhole.studio.jobs.store import JobKind
from pigeonhole.studio.server.failures import sentence_of, without_secrets

REPORT_SECONDS = 0.1
"""Shortest time between two reports of the same work."""
MIN_RATE_SECONDS, MAX_RATE_SECONDS = 1.0, 10.0
"""The speed of some work is that of its last seconds, because caches make its start
faster."""
NICENESS: Mapping[JobKind, int] = {"cut": 5, "download": 5, "export": 10}
"""How far jobs yield to the preview, which answers the user."""
INTERRUPTED = 130


_server_ended = threading.Event()


class JobResult(NamedTuple):
    """Result of a job; see `Job`."""

    paths: list[str]
    facts: dict[str, Any]


class ProgressReporter:
    """Write the progress of the current work to a stream, with its speed."""

    def __init__(self, write: Callable[[str], object]) -> None:
        self._write = write
        self._work = ""
        # Time and number of steps of the last reports.
        self._reports: deque[tuple[float, int]] = deque()

    def __call__(self, progress: Progress) -> None:
        """Report progress, unless it was reported a moment ago."""
        now = time.monotonic()
        is_new = progress.description != self._work
        if self._reports and not is_new and now - self._reports[-1][0] < REPORT_SECONDS:
            return
        if is_new or progress.done == 0:
            self._work = progress.description
            self._reports.clear()
        self._reports.append((now, progress.done))
        rate, left = self._rate(), None
        if rate and progress.total is not None:
            left = round((progress.total - progress.done) / rate, 1)
        report = {
            "text": progress.description,
            "unit": progress.unit,
            "done": progress.done,
            "total": progress.total,
            "rate": rate and round(rate, 2),
            "seconds_left": left,
        }
        self._write(json.dumps(report) + "\n")

    def _rate(self) -> float | None:
        """Return the steps per second, if they are known already."""
        now, done = self._reports[-1]
        while now - self._reports[0][0] > MAX_RATE_SECONDS and len(self._reports) > 2:
            self._reports.popleft()
        start, before = self._reports[0]
        seconds = now - start
        return (done - before) / seconds if seconds >= MIN_RATE_SECONDS else None


def main(folder: Path, number: int) -> int:
    """Run a job and return the exit status."""
    threading.Thread(target=end_with_server, daemon=True).start()
    configure()
    store = job_store(folder)
    job = store.job(number)
    if job is None or job.state != "running":
        return 0
    # Paths of the settings are relative to the project, as they are for commands.
    os.chdir(folder)
    if hasattr(os, "nice"):
        os.nice(NICENESS[job.kind])
    logging.basicConfig(level="INFO", format="%(asctime)s %(levelname)s %(message)s")
    try:
        with (
            signals_as_interrupts(),
            listen_to_progress(ProgressReporter(_write_line)),
        ):
            run, arguments = RUNNERS[job.kind], store.arguments(number)
            result = run(folder, arguments, draft_folder(folder, number, os.getpid()))
            store.succeed(number, *result)
    except KeyboardInterrupt:
        return INTERRUPTED
    except Exception as error:  # noqa: BLE001
        if _server_ended.is_set():
            # The next server may have started the job again, and deleted its files.
            return INTERRUPTED
        store.fail(number, describe_error(error, job.title, folder))
        return 1
    return 0


def end_with_server() -> None:
    """Wait until standard input is closed, then end this process."""
    while os.read(sys.stdin.fileno(), 1024):
        pass
    _server_ended.set()
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(TERMINATE_SECONDS)
    os._exit(INTERRUPTED)


def _write_line(line: str) -> None:
    # If the server was killed, standard input is closed, too, which ends this process.
    with suppress(BrokenPipeError):
        sys.stdout.write(line)
        sys.stdout.flush()


def describe_error(error: Exception, title: str, folder: Path) -> str:
    """Describe an error in one sentence, without the paths of project and user."""
    if isinstance(error, PigeonholeError):
        text = sentence_of(error)
    elif isinstance(error, MemoryError):
        text = "the memory is used up: choose a smaller size, or close other programs."
    elif isinstance(error, OSError) and error.filename:
        text = f"{os.fsdecode(error.filename)} can't be used: {reason_of(error)}."
    else:
        logging.error("%s failed:\n%s", title, without_secrets(traceback.format_exc()))
        text = f"{title} failed because of an error in Pigeonhole, "
        text += f"{type(error).__name__}. The details are in studio/jobs.log."
    for path in {folder, folder.resolve()}:
        text = text.replace(f"{path}{os.sep}", "").replace(str(path), "the project")
    return text.replace(f"{Path.home()}{os.sep}", f"~{os.sep}")


def _cut(folder: Path, _: Mapping[str, Any], __: Path) -> JobResult:
    from pigeonhole.studio.photos.cutting import cut_project
    from pigeonhole.studio.projects.project import Project

    project = Project.open(folder)
    tiles = cut_project(project.photos_folder, project.history.document)
    facts = {
        "cut": tiles.cut,
        "tiles": len(tiles.tile_set.rows),
        "photos": len(tiles.photos),
        "skipped": len(tiles.skipped),
    }
    return JobResult([], facts)


def _download(folder: Path, arguments: Mapping[str, Any], _: Path) -> JobResult:
    from pigeonhole.studio.photos.download import download
    from pigeonhole.studio.projects.project import Project

    return JobResult([], dict(download(Project.open(folder), arguments)))


def _export(folder: Path, arguments: Mapping[str, Any], draft: Path) -> JobResult:
    from pigeonhole.studio.exports.export import run_export
    from pigeonhole.studio.projects.project import Project

    path = run_export(Project.open(folder), arguments, draft)
    files = path.rglob("*") if path.is_dir() else [path]
    size = sum(file.stat().st_size for file in files if file.is_file())
    return JobResult([path.relative_to(folder).as_posix()], {"bytes": size})


Runner = Callable[[Path, Mapping[str, Any], Path], JobResult]
"""Runs a job, given the project, the arguments and a folder for unfinished files."""
RUNNERS: Mapping[JobKind, Runner] = {
    "cut": _cut,
    "download": _download,
    "export": _export,
}

if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]).absolute(), int(sys.argv[2])))
