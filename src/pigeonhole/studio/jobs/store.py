"""Jobs of a project, in an SQLite database that survives killed processes."""

import json
import sqlite3
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from shutil import disk_usage
from typing import Any, Literal

from pigeonhole.core.atomic import DiskFull
from pigeonhole.core.errors import PigeonholeError

JobKind = Literal["cut", "download", "export"]
JobState = Literal["waiting", "running", "done", "failed", "canceled"]
LaneName = Literal["photos", "export"]

LANES: Mapping[JobKind, LaneName] = {
    "cut": "photos",
    "download": "photos",
    "export": "export",
}
"""The lane of each kind of job; lanes run at the same time, one job each."""
MAX_STARTS = 5
"""How often a job is started if its server is killed, which may be the job's fault."""
MIN_FREE = 2**17
"""Bytes that the database and its log need on the disk."""
LOCK_SECONDS = 10.0
"""How long to wait for another process that is writing to the database."""
SCHEMA_VERSION = 1
SCHEMA = """
CREATE TABLE jobs (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    lane TEXT NOT NULL,
    title TEXT NOT NULL,
    arguments TEXT NOT NULL,
    state TEXT NOT NULL DEFAULT 'waiting',
    starts INTEGER NOT NULL DEFAULT 0,
    result TEXT NOT NULL DEFAULT '[]',
    facts TEXT NOT NULL DEFAULT '{}',
    error TEXT,
    created REAL NOT NULL,
    finished REAL
)
"""


class UnreadableJobs(PigeonholeError):
    """The database of jobs is damaged, or of a newer version."""

    def __init__(self, path: Path, reason: object) -> None:
        super().__init__(
            f"{path} can't be used: {reason}. Delete it to continue without its jobs; "
            "the mosaic and finished exports are elsewhere."
        )


@dataclass(frozen=True, slots=True)
class Job:
    """
    A job and its progress.

    Attributes
    ----------
    id : int
    kind : {"cut", "download", "export"}
    lane : {"photos", "export"}
    title : str
        What the job makes, for users.
    state : {"waiting", "running", "done", "failed", "canceled"}
    created, finished : float or None
        Seconds since 1970.
    result : list of str
        Files and folders that the job wrote, relative to the project.
    facts : dict
        Further results, such as numbers of tiles.
    error : str or None
        One sentence, if the job failed.
    text : str
        What the job is doing, such as "Reading photos".
    done, total : int or None
        Steps of it, counted in `unit`; None if unknown.
    rate : float or None
        Steps per second.
    seconds_left : float or None
    """

    id: int
    kind: JobKind
    lane: LaneName
    title: str
    state: JobState
    created: float
    finished: float | None
    result: list[str]
    facts: dict[str, Any]
    error: str | None
    text: str = ""
    done: int | None = None
    total: int | None = None
    unit: str = ""
    rate: float | None = None
    seconds_left: float | None = None

    @property
    def is_finished(self) -> bool:
        """Return whether the job will never run again."""
        return self.state not in ("waiting", "running")


class JobStore:
    """
    The database of jobs. Threads and processes may share it.

    Each operation has its own connection and one short transaction. A job is finished
    only once: if it is canceled when it is done, the first change wins.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        with self._connect() as connection:
            # Readers don't wait for writers.
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("BEGIN IMMEDIATE")
            (version,) = connection.execute("PRAGMA user_version").fetchone()
            if version == 0:
                connection.execute(SCHEMA)
                connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
            connection.execute("COMMIT")
        if version > SCHEMA_VERSION:
            raise UnreadableJobs(path, "a newer version of Pigeonhole wrote it")

    def add(self, kind: JobKind, title: str, arguments: Mapping[str, Any]) -> int:
        """Add a waiting job and return its id."""
        statement = "INSERT INTO jobs (kind, lane, title, arguments, created) "
        statement += "VALUES (?, ?, ?, ?, ?)"
        values = kind, LANES[kind], title, json.dumps(arguments), time.time()
        with self._connect() as connection:
            number = connection.execute(statement, values).lastrowid
        assert number is not None
        return number

    def jobs(self) -> list[Job]:
        """Return all jobs, the oldest first."""
        with self._connect() as connection:
            rows = connection.execute("SELECT * FROM jobs ORDER BY id").fetchall()
            return [_job(row) for row in rows]

    def job(self, number: int) -> Job | None:
        """Return a job, or None if it was removed."""
        with self._connect() as connection:
            statement = "SELECT * FROM jobs WHERE id = ?"
            row = connection.execute(statement, [number]).fetchone()
            return _job(row) if row else None

    def arguments(self, number: int) -> dict[str, Any]:
        """Return the arguments of a job."""
        with self._connect() as connection:
            statement = "SELECT arguments FROM jobs WHERE id = ?"
            (text,) = connection.execute(statement, [number]).fetchone()
            return dict(json.loads(text))

    def start_next(self, lane: LaneName) -> Job | None:
        """Mark the oldest waiting job of a lane as running, and return it."""
        with self._connect() as connection:
            connection.execute("BEGIN IMMEDIATE")
            (number,) = connection.execute(
                "SELECT min(id) FROM jobs WHERE state = 'waiting' AND lane = ?", [lane]
            ).fetchone()
            connection.execute(
                "UPDATE jobs SET state = 'running', starts = starts + 1 WHERE id = ?",
                [number],
            )
            connection.execute("COMMIT")
        return None if number is None else self.job(number)

    def succeed(self, number: int, result: list[str], facts: dict[str, Any]) -> None:
        """Mark a job as done."""
        self._finish(number, "done", result=result, facts=facts)

    def fail(self, number: int, error: str) -> None:
        """Mark a job as failed."""
        self._finish(number, "failed", error=error)

    def cancel(self, number: int) -> None:
        """Mark a job as canceled."""
        self._finish(number, "canceled")

    def _finish(
        self,
        number: int,
        state: JobState,
        result: list[str] | None = None,
        facts: dict[str, Any] | None = None,
        error: str | None = None,
    ) -> None:
        """Change the state of a job, unless it is finished."""
        values = json.dumps(result or []), json.dumps(facts or {}), error
        with self._connect() as connection:
            connection.execute(
                "UPDATE jobs SET state = ?, finished = ?, result = ?, facts = ?, "
                "error = ? WHERE id = ? AND finished IS NULL",
                [state, time.time(), *values, number],
            )

    def postpone(self, number: int) -> None:
        """Mark a running job as waiting, because its server is closed."""
        with self._connect() as connection:
            connection.execute(
                "UPDATE jobs SET state = 'waiting', starts = starts - 1 "
                "WHERE id = ? AND state = 'running'",
                [number],
            )

    def restart(self) -> None:
        """Mark running jobs as waiting, because the server that ran them was killed."""
        error = f"The job was interrupted {MAX_STARTS} times: start it yourself."
        with self._connect() as connection:
            connection.execute(
                "UPDATE jobs SET state = 'failed', error = ?, finished = ? "
                "WHERE state = 'running' AND starts >= ?",
                [error, time.time(), MAX_STARTS],
            )
            connection.execute(
                "UPDATE jobs SET state = 'waiting' WHERE state = 'running'"
            )

    def remove(self, number: int) -> None:
        """Remove a finished job."""
        statement = "DELETE FROM jobs WHERE id = ? AND finished IS NOT NULL"
        with self._connect() as connection:
            connection.execute(statement, [number])

    @contextmanager
    def _connect(self) -> Iterator[sqlite3.Connection]:
        """Yield a connection that commits each statement outside a transaction."""
        try:
            with closing(
                sqlite3.connect(self._path, timeout=LOCK_SECONDS, isolation_level=None)
            ) as connection:
                connection.row_factory = sqlite3.Row
                yield connection
        except sqlite3.Error as error:
            # Without space for its log, SQLite reports an I/O error.
            is_full = disk_usage(self._path.parent).free < MIN_FREE
            if is_full or getattr(error, "sqlite_errorcode", 0) == sqlite3.SQLITE_FULL:
                raise DiskFull(self._path, "no space is left on its disk") from None
            raise UnreadableJobs(self._path, error) from None
        except (ValueError, TypeError):
            raise UnreadableJobs(self._path, "it is damaged") from None


def _job(row: sqlite3.Row) -> Job:
    """Return a job, or raise ValueError or TypeError if its row is damaged."""
    result, facts = json.loads(row["result"]), json.loads(row["facts"])
    is_valid = isinstance(result, list) and isinstance(facts, dict)
    is_valid = is_valid and all(isinstance(path, str) for path in result)
    if row["kind"] not in LANES or not is_valid:
        raise ValueError(row["id"])
    return Job(
        id=row["id"],
        kind=row["kind"],
        lane=row["lane"],
        title=row["title"],
        state=row["state"],
        created=row["created"],
        finished=row["finished"],
        result=result,
        facts=facts,
        error=row["error"],
    )
