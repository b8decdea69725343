"""A cache of many small values in one file, which stays below a size.

It is a SQLite database, so that processes can use it at the same time, and a killed one
leaves no damage. Whatever goes wrong, values are missing and nothing else.
"""

import json
import logging
import sqlite3
import time
import zlib
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import Self

from pigeonhole.core.digest import sha256_of

log = logging.getLogger(__name__)

MAX_VALUE_CACHE_BYTES = 512_000_000
"""Default size above which the least recently used values are deleted."""
WRITE_INTERVAL = 2.0
"""Seconds between writes, the most work that a killed process can lose."""
USE_INTERVAL = 3600.0
"""Seconds after which another use of a value is written, too."""
TABLE = (
    "CREATE TABLE IF NOT EXISTS cached"
    " (key TEXT PRIMARY KEY, used REAL NOT NULL, value BLOB NOT NULL)"
)
BUSY_SECONDS = 20.0
"""How long to wait for another process that writes."""


def value_key(*facts: object) -> str:
    """Return a key of a value that depends on facts, which JSON can represent."""
    return sha256_of(json.dumps(facts).encode())[:40]


class ValueCache:
    """
    Values by key; threads can use it at the same time.

    Parameters
    ----------
    path : Path or None
        The file, which is created if needed. None keeps the values only until the cache
        is closed, in a temporary file.
    max_bytes : int
    """

    def __init__(
        self, path: Path | None, max_bytes: int = MAX_VALUE_CACHE_BYTES
    ) -> None:
        self._path, self._max_bytes = path, max_bytes
        self._lock = Lock()
        self._new: dict[str, bytes] = {}
        self._used: set[str] = set()
        self._written = time.monotonic()
        self._database: sqlite3.Connection | None = None
        try:
            self._database = self._open()
        except (OSError, sqlite3.Error) as error:
            self._give_up(error)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def get(self, key: str) -> bytes | None:
        """Return the value of a key, or None if it isn't in the cache."""
        with self._lock:
            if (new := self._new.get(key)) is not None:
                return new
            if self._database is None:
                return None
            query = "SELECT value FROM cached WHERE key = ?"
            try:
                row = self._database.execute(query, (key,)).fetchone()
            except sqlite3.Error as error:
                self._give_up(error)
                return None
            if row is None or not isinstance(row[0], bytes):
                return None
            value = row[0][4:]
            if row[0][:4] != _checksum(value):
                return None
            self._used.add(key)
            return value

    def put(self, key: str, value: bytes) -> None:
        """Add a value, or replace it."""
        with self._lock:
            if self._database is None:
                return
            self._new[key] = value
            if time.monotonic() - self._written > WRITE_INTERVAL:
                self._write()

    def close(self) -> None:
        """Write what is new, and delete what is too much."""
        with self._lock:
            self._write()
            if self._database is not None:
                try:
                    self._delete_oldest(self._database)
                    self._database.close()
                except sqlite3.Error as error:
                    self._give_up(error)
            self._database = None

    def _open(self) -> sqlite3.Connection:
        if self._path is None:
            return self._connect("")
        self._path.parent.mkdir(parents=True, exist_ok=True)
        try:
            return self._connect(self._path)
        except sqlite3.OperationalError:
            raise
        except sqlite3.DatabaseError:
            # A damaged file, or one that isn't a database.
            self._path.unlink()
            return self._connect(self._path)

    def _connect(self, path: Path | str) -> sqlite3.Connection:
        database = sqlite3.connect(
            path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
        )
        try:
            database.execute(TABLE)
        except sqlite3.Error:
            database.close()
            raise
        return database

    def _write(self) -> None:
        self._written = time.monotonic()
        if self._database is None or not (self._new or self._used):
            return
        now = time.time()
        new = [(key, now, _checksum(v) + v) for key, v in self._new.items()]
        used = [(now, key, now - USE_INTERVAL) for key in self._used]
        self._new, self._used = {}, set()
        try:
            self._database.execute("BEGIN IMMEDIATE")
            self._database.executemany("REPLACE INTO cached VALUES (?, ?, ?)", new)
            query = "UPDATE cached SET used = ? WHERE key = ? AND used < ?"
            self._database.executemany(query, used)
            self._database.execute("COMMIT")
        except sqlite3.Error as error:
            self._give_up(error)

    def _delete_oldest(self, database: sqlite3.Connection) -> None:
        (page_bytes,) = database.execute("PRAGMA page_size").fetchone()
        (pages,) = database.execute("PRAGMA page_count").fetchone()
        (free,) = database.execute("PRAGMA freelist_count").fetchone()
        surplus = (pages - free) * page_bytes - self._max_bytes
        if surplus <= 0:
            return
        query = "SELECT key, length(value) FROM cached ORDER BY used, key"
        oldest = []
        for key, length in database.execute(query):
            if surplus <= 0:
                break
            oldest.append((key,))
            surplus -= length
        database.execute("BEGIN IMMEDIATE")
        database.executemany("DELETE FROM cached WHERE key = ?", oldest)
        database.execute("COMMIT")

    def _give_up(self, error: Exception) -> None:
        """Continue without the file."""
        log.debug("The cache %s can't be used: %s", self._path, error)
        if self._database is not None:
            self._database.close()
        self._database = None
        damaged = isinstance(error, sqlite3.DatabaseError)
        if damaged and not isinstance(error, sqlite3.OperationalError) and self._path:
            self._path.unlink(missing_ok=True)


def _checksum(value: bytes) -> bytes:
    return zlib.crc32(value).to_bytes(4, "big")
