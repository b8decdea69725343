"""A small database of the files in a project's photo folder.

It spares reading thousands of files again. If it is lost, photos keep working; only
duplicates of earlier uploads are not recognized. A project from elsewhere can name
files outside of the folder; they are ignored.
"""

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from glob import escape
from pathlib import Path
from threading import Lock
from typing import NamedTuple

from pigeonhole.core.atomic import OutputError
from pigeonhole.photos.ledger import Rejection, SkippedRow
from pigeonhole.studio.photos.names import is_inside

_TABLES = """
CREATE TABLE IF NOT EXISTS photos (
    name TEXT PRIMARY KEY, sha256 TEXT NOT NULL, width INTEGER, height INTEGER);
CREATE INDEX IF NOT EXISTS photos_sha256 ON photos (sha256);
CREATE TABLE IF NOT EXISTS refused (
    number INTEGER PRIMARY KEY, name TEXT UNIQUE, reason TEXT, detail TEXT);
CREATE TABLE IF NOT EXISTS split_folders (name TEXT PRIMARY KEY, target TEXT);
CREATE TABLE IF NOT EXISTS left_out (name TEXT PRIMARY KEY);
"""


class KnownFile(NamedTuple):
    """A file that was uploaded or downloaded."""

    name: str
    """Path relative to the photo folder."""
    sha256: str
    width: int
    """Width and height in pixels after the EXIF rotation."""
    height: int


class UnusableIndex(OutputError):
    """The index can't be read or written."""

    template = "{path} can't be used: {reason}; free some space, or delete the file."


class FileIndex:
    """
    The database at `path`. Threads and processes may use it at the same time.

    ==================  ==============================================================
    ``photos``          uploaded and downloaded files
    ``refused``         uploads that weren't stored, with the reason, until cleared
    ``split_folders``   linked folders from which something is left out: these are real
                        folders of links, by name, with the linked folder
    ``left_out``        the names of what is left out of them
    ==================  ==============================================================
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = Lock()
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            self._create()
        except UnusableIndex:
            # It may be damaged; nothing in it is indispensable.
            path.unlink(missing_ok=True)
            self._create()

    def add(self, file: KnownFile) -> None:
        """Add a file, or replace what is known about it."""
        with self._open() as database:
            database.execute("REPLACE INTO photos VALUES (?, ?, ?, ?)", file)

    def files(self) -> dict[str, KnownFile]:
        """Return all files by name."""
        with self._open() as database:
            rows = database.execute("SELECT * FROM photos")
            return {row[0]: KnownFile(*row) for row in rows if is_inside(row[0])}

    def names(self) -> set[str]:
        """Return the names of all files."""
        with self._open() as database:
            rows = database.execute("SELECT name FROM photos")
            return {name for (name,) in rows if is_inside(name)}

    def with_content(self, sha256: str) -> KnownFile | None:
        """Return a file with this content, or None."""
        with self._open() as database:
            query = "SELECT * FROM photos WHERE sha256 = ? ORDER BY name"
            rows = database.execute(query, [sha256])
            return next((KnownFile(*row) for row in rows if is_inside(row[0])), None)

    def forget(self, names: Iterable[str]) -> None:
        """Delete the rows of files."""
        with self._open() as database:
            rows = [(name,) for name in names]
            database.executemany("DELETE FROM photos WHERE name = ?", rows)

    def refuse(self, row: SkippedRow) -> None:
        """Add an upload that isn't stored, or the new reason for it."""
        with self._open() as database:
            query = "REPLACE INTO refused (name, reason, detail) VALUES (?, ?, ?)"
            database.execute(query, (row.photo, row.reason.value, row.detail))

    def refused(self) -> list[SkippedRow]:
        """Return the uploads that weren't stored, oldest first."""
        query = "SELECT name, reason, detail FROM refused ORDER BY number"
        with self._open() as database:
            rows = database.execute(query)
            return [SkippedRow(name, Rejection(why), text) for name, why, text in rows]

    def clear_refused(self, name: str | None = None) -> None:
        """Delete the list of uploads that weren't stored, or one of them."""
        with self._open() as database:
            query = "DELETE FROM refused WHERE ?1 IS NULL OR name = ?1"
            database.execute(query, [name])

    def split_folders(self) -> dict[str, str]:
        """Return the linked folders that became folders of links, by name."""
        with self._open() as database:
            rows = database.execute("SELECT name, target FROM split_folders")
            return {name: target for name, target in rows if is_inside(name)}

    def split(self, name: str, target: str) -> None:
        """Add a linked folder that becomes a folder of links."""
        with self._open() as database:
            database.execute("REPLACE INTO split_folders VALUES (?, ?)", (name, target))

    def leave_out(self, name: str) -> None:
        """Add a name in such a folder that is left out."""
        with self._open() as database:
            database.execute("REPLACE INTO left_out VALUES (?)", [name])

    def left_out(self) -> set[str]:
        """Return the names that are left out of linked folders."""
        with self._open() as database:
            return {name for (name,) in database.execute("SELECT name FROM left_out")}

    def forget_folder(self, name: str) -> None:
        """Delete what is known about a linked folder and all below."""
        with self._open() as database:
            for table in ("split_folders", "left_out"):
                query = f"DELETE FROM {table} WHERE name = ? OR name GLOB ?"  # noqa: S608
                database.execute(query, (name, f"{escape(name)}/*"))

    def _create(self) -> None:
        with self._open() as database:
            database.executescript(_TABLES)

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        try:
            with (
                self._lock,
                closing(sqlite3.connect(self._path, timeout=60)) as database,
                database,
            ):
                # Photos are flushed to the disk, but waiting for this would double the
                # time of an upload.
                database.execute("PRAGMA synchronous = OFF")
                yield database
        except sqlite3.Error as error:
            raise UnusableIndex(self._path, error) from None
