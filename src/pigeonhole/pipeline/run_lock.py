"""What a run sees to before its first job: other runs, and files from the future.

Runs in one folder don't write what another reads or writes. Snakemake's own locks are
files, which outlive a run that was killed and stop the next one until a person removes
them. These are locks of the operating system, which frees them however a process ends.
"""

import json
import logging
import os
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import BinaryIO, NamedTuple, Self

from pigeonhole.core.errors import PigeonholeError

if sys.platform == "win32":
    import msvcrt

    _WAIT, _TRY = msvcrt.LK_LOCK, msvcrt.LK_NBLCK

    # Locked bytes can't be read there: lock one that no record reaches.
    def _lock(file: BinaryIO, how: int) -> None:
        file.seek(1 << 30)
        msvcrt.locking(file.fileno(), how, 1)
        file.seek(0)

else:
    import fcntl

    _WAIT, _TRY = fcntl.LOCK_EX, fcntl.LOCK_EX | fcntl.LOCK_NB
    _lock = fcntl.flock

log = logging.getLogger("pigeonhole")

_kept: list[object] = []
"""Closing a file frees its lock: ours stay open as long as the process lives."""


class Occupied(PigeonholeError):
    """Another run works on the same files."""

    def __init__(self, process: int, path: str) -> None:
        super().__init__(
            f"Another run (process {process}) is at work on {path}: "
            "wait until it ends or stop it, then give the command again."
        )


class FromTheFuture(PigeonholeError):
    """A file that isn't ours is newer than the present."""

    def __init__(self, path: Path, ahead: float) -> None:
        super().__init__(
            f"{path} says that it was changed {ahead:.0f} s from now: "
            "set the clock, or `touch` the file."
        )


def bring_to_present(files: Iterable[str]) -> None:
    """
    Let files that were made while the clock was ahead be of now.

    Else what is made of them would be older than they are, which Snakemake refuses.

    Parameters
    ----------
    files : iterable of str
        Paths; those below the working directory are changed, if need be.

    Raises
    ------
    FromTheFuture
        One elsewhere is newer than the present.
    """
    now = time.time()
    for path in map(Path, files):
        ahead = path.stat().st_mtime - now if path.exists() else 0
        if ahead <= 0:
            continue
        if path.is_absolute() or ".." in path.parts:
            raise FromTheFuture(path, ahead)
        os.utime(path, (now, now))


def take_turn(folder: Path, reads: Iterable[str], writes: Iterable[str]) -> None:
    """
    Tell other runs which files this process works on, until it ends.

    Parameters
    ----------
    folder : Path
        Where runs that could meet leave word of each other.
    reads, writes : iterable of str
        The files that this run reads, and those that it makes.

    Raises
    ------
    Occupied
        A living run writes one of them, or reads one that would be written.
    """
    ours = _Word(os.getpid(), [*reads], [*writes])
    folder.mkdir(parents=True, exist_ok=True)
    # One at a time looks around and leaves word.
    with (folder / "door").open("ab") as door:
        try:
            _lock(door, _WAIT)
        except OSError as error:
            log.warning(
                "No locks in %s: let one run work at a time (%s).", folder, error
            )
            return
        for path in sorted(folder.glob("*.run")):
            other = _living(path)
            if other and (meet := ours.meet(other)):
                raise Occupied(other.process, min(meet))
        _leave(folder, ours)


class _Word(NamedTuple):
    """What a run leaves for others to read."""

    process: int
    reads: list[str]
    writes: list[str]

    def meet(self, other: Self) -> set[str]:
        """Return the files that one of the two writes and the other one uses."""
        mine, theirs = set(self.writes), set(other.writes)
        return (
            mine & theirs
            | mine.intersection(other.reads)
            | theirs.intersection(self.reads)
        )


def _living(path: Path) -> _Word | None:
    """Read the word of another run; that of a dead one is removed."""
    with path.open("r+b") as file:
        try:
            _lock(file, _TRY)
        except OSError:
            return _Word(*json.load(file))
    path.unlink()
    return None


def _leave(folder: Path, word: _Word) -> None:
    file = NamedTemporaryFile(dir=folder, suffix=".run", delete=False)  # noqa: SIM115
    _lock(file, _TRY)
    file.write(json.dumps(word).encode())
    file.flush()
    _kept.append(file)
