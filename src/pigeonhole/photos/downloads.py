"""Downloaded photos and search results, kept in the user's cache folder.

All projects share this cache, and no run deletes from it. The Snakefile imports this
module, so it imports no image codec and no HTTP client.
"""

import json
import logging
import re
import time
from collections.abc import Collection, Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from shutil import disk_usage
from threading import Lock
from typing import Any

from pigeonhole.core.atomic import DiskFull, write_bytes, write_text
from pigeonhole.core.cache import cache_dir, log_cache_errors
from pigeonhole.core.digest import sha256_of
from pigeonhole.core.untrusted_json import parse_json
from pigeonhole.photos.ledger import PhotoRow, parse_photo_row

log = logging.getLogger(__name__)

REMOVED_KEY = "pigeonhole_removed"
"""Key of the entry of a removed photo in cached search results; its value is the name
of the photo."""
UNLIMITED = 10**9
"""Number of photos that a search with no further results satisfies."""
MIN_FREE_BYTES = 100_000_000
"""Free space that the cache leaves on its disk, which may be that of the results."""
TEMPORARY_AGE = 24 * 60 * 60.0
"""Seconds after which a temporary file is the remains of a killed process."""


class DownloadCache:
    """
    The files, ledger rows and search results of all downloads.

    ============================  ====================================================
    ``photos/ab/abc….jpg``        a downloaded file by its SHA-256, which is verified
                                  when it is read
    ``index/….json``              the ledger row of a download by photo and URL (which
                                  contains the size)
    ``searches/….json``           a page of search results by URL
    ``searches/complete/….json``  how many photos the cached pages of a search give
    ============================  ====================================================

    Each file is written atomically, so processes may share the folder. Errors of the
    disk, and damaged files, cost only time. Without a folder, nothing is cached.
    """

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._lock = Lock()
        self._failed = False

    def read(self, offer: PhotoRow) -> bytes | None:
        """Return the file that was downloaded for a photo and URL, or None."""
        if self._folder is None:
            return None
        row = _read_row(self._entry_path(offer))
        if row is None or (row.photo, row.image_url) != (offer.photo, offer.image_url):
            return None
        return self._read_file(row.sha256)

    def store(self, row: PhotoRow, content: bytes) -> bool:
        """Store a file whose digest is in the row; return whether it is stored."""
        if self._folder is None:
            return False
        if (
            _read_row(self._entry_path(row)) == row
            and self._read_file(row.sha256) == content
        ):
            return True
        # The row comes first: a file without one couldn't be found to be deleted.
        text = json.dumps(asdict(row), ensure_ascii=False)
        return self._write(self._entry_path(row), text.encode()) and self._write(
            self._file_path(row.sha256), content
        )

    def rows(self) -> list[PhotoRow]:
        """Return the ledger rows of all downloads, sorted by photo name."""
        rows = (_read_row(path) for path in self._entries())
        return sorted(filter(None, rows), key=lambda row: (row.photo, row.image_url))

    def delete_files(self, sha256s: Collection[str]) -> set[str]:
        """
        Delete files by content, and their rows; return the names of the photos.

        Raises
        ------
        OSError
            A file can't be deleted.
        """
        names = set()
        for path in self._entries():
            row = _read_row(path)
            # A damaged row may be that of any photo.
            if row is None or row.sha256 in sha256s:
                names |= {row.photo} if row else set()
                path.unlink(missing_ok=True)
        for sha256 in sha256s:
            if self._folder and is_digest(sha256):
                self._file_path(sha256).unlink(missing_ok=True)
        return names

    def delete(self, sha256s: Collection[str], photos: Collection[str] = ()) -> None:
        """
        Delete photos in all sizes, and their entries in search results.

        Parameters
        ----------
        sha256s : collection of str
            Digests of files of the photos.
        photos : collection of str
            Further names of photos, such as ``pexels-12.jpg``.

        Raises
        ------
        OSError
            A file can't be deleted.
        """
        names = {*photos, *self.delete_files(sha256s)}
        # The same photo in another size is another file.
        self.delete_files({row.sha256 for row in self.rows() if row.photo in names})
        for path in self._files("searches/*.json"):
            record = _read_json(path)
            page = record.get("page")
            if not isinstance(page, dict):
                path.unlink(missing_ok=True)
            elif _blank_entries(page, str(record.get("source")), names):
                write_text(path, _dump_page(record))

    def read_search(self, url: str, removed: Collection[str]) -> Any:
        """
        Return the cached page of search results of a URL, or None.

        A page is outdated if it lacks a photo that isn't in `removed`, the names on the
        removal list: its removal was undone, or is that of another project.
        """
        if self._folder is None:
            return None
        record = _read_json(self._search_path(url))
        page = record.get("page")
        if record.get("url") != url or not isinstance(page, dict):
            return None
        blank = (entry.get(REMOVED_KEY) for entry in _entries_of(page))
        return page if all(name in removed for name in blank if name) else None

    def store_search(self, source: str, url: str, page: Any) -> None:
        """Store a page of search results of a source."""
        if self._folder is not None:
            record = {"source": source, "url": url, "page": page}
            self._write(self._search_path(url), _dump_page(record).encode())

    def mark_complete(
        self, source: str, options: Mapping[str, Any], count: int = UNLIMITED
    ) -> None:
        """Record that the cached search results are sufficient for `count` photos."""
        if self._folder is not None:
            count = max(count, self._complete_count(source, options))
            path = self._complete_path(source, options)
            self._write(path, json.dumps({"count": count}).encode())

    def is_complete(self, source: str, options: Mapping[str, Any]) -> bool:
        """Return whether the wanted photos were collected before, by any project."""
        wanted: int = options["wanted"]
        return self._complete_count(source, options) >= wanted

    def remove_temporaries(self) -> None:
        """Delete files that killed processes left incomplete."""
        with log_cache_errors():
            for path in self._files("**/.*"):
                if time.time() - path.stat().st_mtime > TEMPORARY_AGE:
                    path.unlink(missing_ok=True)

    def _complete_count(self, source: str, options: Mapping[str, Any]) -> int:
        if self._folder is None:
            return 0
        count = _read_json(self._complete_path(source, options)).get("count")
        return count if isinstance(count, int) else 0

    def _read_file(self, sha256: str) -> bytes | None:
        try:
            content = self._file_path(sha256).read_bytes()
        except OSError:
            return None
        return content if sha256_of(content) == sha256 else None

    def _write(self, path: Path, content: bytes) -> bool:
        """Write a file, and return whether it is written; a failure is logged once."""
        if self._failed or self._folder is None:
            return False
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            if disk_usage(self._folder).free < MIN_FREE_BYTES + len(content):
                raise DiskFull(path, "its disk is nearly full")
            write_bytes(path, content)
        except (OSError, DiskFull) as error:
            with self._lock:
                if not self._failed:
                    log.warning("The cache can't be written: %s", error)
                self._failed = True
            return False
        return True

    def _files(self, pattern: str) -> Iterator[Path]:
        if self._folder is not None and self._folder.is_dir():
            yield from sorted(self._folder.glob(pattern))

    def _entries(self) -> Iterator[Path]:
        return self._files("index/*.json")

    def _file_path(self, sha256: str) -> Path:
        return self._path("photos", sha256[:2], f"{sha256}.jpg")

    def _entry_path(self, row: PhotoRow) -> Path:
        return self._path("index", _name(row.photo, row.image_url))

    def _search_path(self, url: str) -> Path:
        return self._path("searches", _name(url))

    def _complete_path(self, source: str, options: Mapping[str, Any]) -> Path:
        search = [source, *(options[key] for key in ("query", "size", "filters"))]
        name = _name(json.dumps(search, sort_keys=True))
        # Next to the pages, so that both are deleted together.
        return self._path("searches", "complete", name)

    def _path(self, *parts: str) -> Path:
        return (self._folder or Path()).joinpath(*parts)


def download_cache() -> DownloadCache:
    """Return the download cache of the user."""
    return DownloadCache(cache_dir("downloads"))


def delete_downloads(sha256s: Collection[str], photos: Collection[str] = ()) -> None:
    """Delete photos from the user's cache; see `DownloadCache.delete`."""
    download_cache().delete(sha256s, photos)


def is_digest(text: str) -> bool:
    """Return whether a text is a SHA-256 in hexadecimal."""
    return bool(re.fullmatch("[0-9a-f]{64}", text))


def _name(*parts: str) -> str:
    return f"{sha256_of(chr(10).join(parts).encode(errors='replace'))[:32]}.json"


def _read_json(path: Path) -> dict[str, Any]:
    """Return the object in a JSON file; an unreadable file has none."""
    try:
        value = parse_json(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}


def _read_row(path: Path) -> PhotoRow | None:
    """Return the ledger row in a file of the index, or None if it is damaged."""
    try:
        row = parse_photo_row({k: str(v) for k, v in _read_json(path).items()})
    except (ValueError, KeyError):
        return None
    return row if is_digest(row.sha256) else None


def _dump_page(record: Mapping[str, Any]) -> str:
    return json.dumps(record, indent=1, ensure_ascii=False)


def _entries_of(page: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the entries in all lists of a page."""
    for value in page.values():
        if isinstance(value, list):
            yield from (entry for entry in value if isinstance(entry, dict))


def _blank_entries(
    page: Mapping[str, Any], source: str, names: Collection[str]
) -> bool:
    """Reduce the entries of photos to their id; return whether there were any."""
    found = False
    for entry in _entries_of(page):
        identifier = entry.get("id")
        name = f"{source}-{identifier}.jpg"
        if name in names and REMOVED_KEY not in entry:
            entry.clear()
            entry.update({"id": identifier, REMOVED_KEY: name})
            found = True
    return found
