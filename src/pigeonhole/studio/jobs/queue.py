"""Run the jobs of a project: each in a process of its own, one at a time in each lane.

Their state is in a database, so that nothing is lost if the server is killed: its jobs
end with it and start again with the next one.
"""

import json
import logging
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from shutil import rmtree
from typing import Any

from pigeonhole.core.atomic import TEMPORARY_SUFFIX
from pigeonhole.core.errors import PigeonholeError, reason_of
from pigeonhole.studio.jobs.store import LANES, Job, JobKind, JobStore, LaneName

log = logging.getLogger(__name__)

TITLES: Mapping[JobKind, str] = {
    "cut": "Cutting tiles",
    "download": "Downloading photos",
    "export": "Export",
}
SCRATCH = "studio/exports"
"""Folder of a project in which jobs have folders with their input, `scratch`."""
MAX_LOG_BYTES = 1_000_000
"""Size of studio/jobs.log from which it begins again."""
RETRY_SECONDS = 5.0
"""Time between attempts to read the database of jobs."""
TERMINATE_SECONDS = 3.0
"""How long a canceled job may clean up before it is killed."""


class JobQueue:
    """
    The jobs of a project, which start again after a restart.

    Parameters
    ----------
    folder : Path
        Folder of the project.
    changed : callable
        Called from threads of the queue with each job that changed: for each new state,
        and at most ten times a second for progress.
    """

    def __init__(self, folder: Path, changed: Callable[[Job], None]) -> None:
        self._folder, self._changed = folder, changed
        self._store = job_store(folder)
        self._store.restart()
        self._delete_leftovers()
        lanes: list[LaneName] = list(dict.fromkeys(LANES.values()))
        choice = self._store, folder, changed
        self._lanes = {name: _Lane(name, *choice) for name in lanes}
        for lane in self._lanes.values():
            lane.start()

    def _delete_leftovers(self) -> None:
        """Delete what killed processes left."""
        _delete_drafts(self._folder, "*")
        used = set()
        for job in self._store.jobs():
            if not job.is_finished:
                used.add(_scratch_folder(self._folder, self._store, job.id))
        for folder in (self._folder / SCRATCH).glob("*"):
            if folder not in used:
                rmtree(folder, ignore_errors=True)

    def add(
        self, kind: JobKind, arguments: Mapping[str, Any], title: str | None = None
    ) -> int:
        """
        Add a job and return its id.

        Cutting reads the photos when it starts. So if such a job is waiting already,
        its id is returned, and finished ones are removed.
        """
        if kind == "cut":
            for job in self._store.jobs():
                if job.kind == kind and job.state == "waiting":
                    return job.id
                if job.kind == kind:
                    self._store.remove(job.id)
        number = self._store.add(kind, title or TITLES[kind], arguments)
        self._report(number)
        self._lanes[LANES[kind]].wake()
        return number

    def cancel(self, number: int) -> None:
        """Cancel a waiting or running job; what it has written so far is deleted."""
        # In this order, a waiting job can't start in between.
        self._store.cancel(number)
        for lane in self._lanes.values():
            lane.stop_job(number)
        _delete_temporary(self._folder, self._store, number)
        self._report(number)

    def remove(self, number: int) -> None:
        """Remove a finished job from the list; the files it wrote stay."""
        job = self._store.job(number)
        if job and job.is_finished:
            self._store.remove(number)
            self._changed(job)

    def jobs(self) -> list[Job]:
        """Return all jobs, the oldest first, with the progress of running ones."""
        running = [lane.job for lane in self._lanes.values()]
        progress = {job.id: job for job in running if job}
        return [
            progress.get(job.id, job) if job.state == "running" else job
            for job in self._store.jobs()
        ]

    def close(self) -> None:
        """Stop the queue; running jobs start again when it is opened the next time."""
        for lane in self._lanes.values():
            lane.close()
        for lane in self._lanes.values():
            lane.join()

    def _report(self, number: int) -> None:
        if job := self._store.job(number):
            self._changed(job)


class _Lane(threading.Thread):
    """A thread that runs the jobs of one lane."""

    def __init__(
        self,
        name: LaneName,
        store: JobStore,
        folder: Path,
        changed: Callable[[Job], None],
    ) -> None:
        super().__init__(name=f"jobs of {name}", daemon=True)
        self._lane, self._store = name, store
        self._folder, self._changed = folder, changed
        self._wake = threading.Event()
        self._lock = threading.Lock()
        self._closed = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None
        self.job: Job | None = None

    def wake(self) -> None:
        """Look for a job to start."""
        self._wake.set()

    def close(self) -> None:
        """End the running job, and start no other."""
        with self._lock:
            self._closed.set()
            job = self.job
        self._wake.set()
        if job:
            self.stop_job(job.id)

    def stop_job(self, number: int) -> None:
        """End the process of a job if it is running; return when it has ended."""
        with self._lock:
            is_running = self.job is not None and self.job.id == number
            process = self._process if is_running else None
        if process is None:
            return
        process.terminate()
        try:
            process.wait(TERMINATE_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def run(self) -> None:
        """Run jobs until the lane is closed."""
        while not self._closed.is_set():
            self._wake.clear()
            try:
                if not self._run_next():
                    self._wake.wait()
            except PigeonholeError as error:
                # The disk may be full; the job waits.
                log.error("%s", error)
                self._wake.wait(RETRY_SECONDS)

    def _run_next(self) -> bool:
        """Run the next job until it ends; return whether there was one."""
        with self._lock:
            if self._closed.is_set() or not (job := self._store.start_next(self._lane)):
                return False
            try:
                process = _start(self._folder, job)
            except OSError as error:
                self._store.fail(job.id, f"The job can't start: {reason_of(error)}.")
                return True
            self.job, self._process = job, process
        self._changed(job)
        status = self._follow(process)
        with self._lock:
            self.job = self._process = None
        if self._closed.is_set():
            self._store.postpone(job.id)
        else:
            # Has no effect if the job reported its end, or is canceled.
            self._store.fail(job.id, _describe_status(status))
        _delete_temporary(self._folder, self._store, job.id)
        if finished := self._store.job(job.id):
            self._changed(finished)
        return True

    def _follow(self, process: subprocess.Popen[bytes]) -> int:
        """Report the progress of a job until its process ends; return its status."""
        assert process.stdout
        assert process.stdin
        assert self.job
        with process.stdout, process.stdin:
            for line in process.stdout:
                with suppress(ValueError):
                    self.job = replace(self.job, **json.loads(line))
                    self._changed(self.job)
        return process.wait()


def _start(folder: Path, job: Job) -> subprocess.Popen[bytes]:
    """Start the process of a job, which ends when its standard input is closed."""
    module = "pigeonhole.studio.jobs.process"
    path = folder / "studio" / "jobs.log"
    is_long = path.exists() and path.stat().st_size > MAX_LOG_BYTES
    with path.open("wb" if is_long else "ab") as log_file:
        return subprocess.Popen(
            # -P: modules in the current folder aren't imported.
            [sys.executable, "-P", "-m", module, os.fspath(folder), str(job.id)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log_file,
            # Ctrl-C in the terminal ends the server, which then ends its jobs.
            start_new_session=True,
        )


def _describe_status(status: int) -> str:
    if status < 0:
        reason = f"the system ended it with {signal.Signals(-status).name}"
        if -status == signal.SIGKILL:
            reason += ", probably because the memory was used up"
    else:
        reason = f"its process ended with status {status}"
    return f"The job didn't finish: {reason}. The details are in studio/jobs.log."


def job_store(folder: Path) -> JobStore:
    """Return the database of the jobs of a project."""
    return JobStore(folder / "studio" / "jobs.sqlite")


def draft_folder(folder: Path, number: int, process: int) -> Path:
    """Return the folder in which the process of a job writes unfinished files."""
    return folder / "exports" / f".job-{number}-{process}{TEMPORARY_SUFFIX}"


def _delete_drafts(folder: Path, pattern: str) -> None:
    for draft in (folder / "exports").glob(f".job-{pattern}{TEMPORARY_SUFFIX}"):
        rmtree(draft, ignore_errors=True)


def _delete_temporary(folder: Path, store: JobStore, number: int) -> None:
    """Delete the unfinished files of a job, and the input of a finished one."""
    _delete_drafts(folder, f"{number}-*")
    job = store.job(number)
    scratch = _scratch_folder(folder, store, number) if job else None
    if job and job.is_finished and scratch:
        rmtree(scratch, ignore_errors=True)


def _scratch_folder(folder: Path, store: JobStore, number: int) -> Path | None:
    """Return the folder with the input of a job, if it has one."""
    name = str(store.arguments(number).get("scratch", ""))
    # The jobs of a project from elsewhere could name any folder.
    return folder / name if re.fullmatch(rf"{SCRATCH}/[0-9a-f]{{32}}", name) else None
