"""Protect a run from other runs in the same folder, and from wrong file times.

Two runs must not write files that the other one reads or writes. Snakemake's own locks
are files that outlive a killed run and block the next one until the user removes them.
These are locks of the operating system, which releases them however a process ends.
"""

import json
import logging
import os
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any, NamedTuple, Self

from pigeonhole.core.errors import PigeonholeError
from pigeonhole.core.file_lock import lock_file

log = logging.getLogger(__name__)

ALL_FILES = "*"
"""An entry of the files that a run writes which means all files."""

_open_files: list[Any] = []
"""Files that stay open, and so stay locked, until the process ends."""


class RunConflict(PigeonholeError):
    """Another run uses the same files."""

    def __init__(self, process: int, path: str) -> None:
        super().__init__(
            f"Another run (process {process}) is using {path}: "
            "wait until it ends or stop it, then run the command again."
        )


class FutureTimestamp(PigeonholeError):
    """A file outside the project has a modification time in the future."""

    def __init__(self, path: Path, ahead: float) -> None:
        super().__init__(
            f"{path} was modified {ahead:.0f} s in the future: "
            "set the clock, or run `touch` on the file."
        )


def reset_future_timestamps(files: Iterable[str]) -> None:
    """
    Set modification times in the future to the current time.

    Such files were written while the clock was wrong. Outputs made from them now would
    be older than their inputs, which Snakemake refuses. Raise `FutureTimestamp` instead
    of changing files outside the working directory.
    """
    now = time.time()
    for path in map(Path, files):
        ahead = path.stat().st_mtime - now if path.exists() else 0
        if ahead <= 0:
            continue
        if path.is_symlink():
            path = path.resolve()
        if path.is_absolute() or ".." in path.parts:
            raise FutureTimestamp(path, ahead)
        os.utime(path, (now, now))


@contextmanager
def lock_all_results(project: Path) -> Iterator[None]:
    """
    Lock all results of a project against runs, for commands that change results.

    `project` is the folder in which Snakemake runs. Raise `RunConflict` if a run is
    active.
    """
    before = len(_open_files)
    folder = project / ".snakemake" / "runs"
    if folder.parent.is_dir():
        acquire_run_lock(folder, [], [ALL_FILES])
    try:
        yield
    finally:
        while len(_open_files) > before:
            file = _open_files.pop()
            file.close()
            Path(file.name).unlink(missing_ok=True)


def acquire_run_lock(folder: Path, reads: Iterable[str], writes: Iterable[str]) -> None:
    """
    Lock the files of this run against other runs until this process ends.

    Runs record the files that they use in `folder`. Raise `RunConflict` if another
    active run writes one of these files, or reads one that this run writes.
    """
    own = _Record(os.getpid(), [*reads], [*writes])
    folder.mkdir(parents=True, exist_ok=True)
    # Only one process at a time compares the records and adds its own.
    with (folder / "lock").open("ab") as mutex:
        try:
            lock_file(mutex, wait=True)
        except OSError as error:
            message = "Files can't be locked in %s (%s): start only one run at a time."
            log.warning(message, folder, error)
            return
        for path in sorted(folder.glob("*.run")):
            other = _read_active(path)
            if other and (conflicts := own.conflicts(other)):
                raise RunConflict(other.process, min(conflicts))
        file = NamedTemporaryFile(dir=folder, suffix=".run", delete=False)  # noqa: SIM115
        lock_file(file, wait=False)
        file.write(json.dumps(own).encode())
        file.flush()
        _open_files.append(file)


class _Record(NamedTuple):
    """Files that a run uses."""

    process: int
    reads: list[str]
    writes: list[str]

    def conflicts(self, other: Self) -> set[str]:
        """Return the files that one run writes and the other one reads or writes."""
        own, others = set(self.writes), set(other.writes)
        if ALL_FILES in own | others:
            return {"the results"}
        return (own & others) | own.intersection(other.reads) | others & set(self.reads)


def _read_active(path: Path) -> _Record | None:
    """Return the record of an active run, or remove the one of a run that ended."""
    with path.open("r+b") as file:
        try:
            lock_file(file, wait=False)
        except OSError:
            return _Record(*json.load(file))
    path.unlink()
    return None
