"""Collect the photos of a source, and write their ledger."""

import logging
import re
from collections.abc import Callable, Container, Mapping, Sequence
from pathlib import Path
from typing import Any

from pigeonhole.core.cache import log_cache_errors
from pigeonhole.core.digest import sha256_of
from pigeonhole.core.errors import SourceError
from pigeonhole.imaging.codecs import FORMAT_NAMES
from pigeonhole.imaging.fingerprint import first_duplicates
from pigeonhole.photos.cache import PhotoCache
from pigeonhole.photos.downloads import DownloadCache
from pigeonhole.photos.ledger import (
    DuplicateRow,
    PhotoRow,
    Rejection,
    SkippedRow,
    write_duplicates,
    write_ledger,
    write_skipped,
)
from pigeonhole.photos.removal_list import RemovalList
from pigeonhole.photos.sources import demo, folder, openverse, pexels
from pigeonhole.photos.sources.protocol import CollectRequest, SourceResult

log = logging.getLogger(__name__)

SOURCES: Mapping[str, Callable[[CollectRequest], SourceResult]] = {
    "demo": demo.collect,
    "folder": folder.collect,
    "pexels": pexels.collect,
    "openverse": openverse.collect,
}
"""The sources, by the names that `photos.source` accepts."""
GENERATED = SOURCES.keys() - {"folder"}
"""The sources that write photos; those of a folder belong to the user."""
TEMPORARY_NAME = re.compile(
    rf"\.({'|'.join(sorted(GENERATED))})-[0-9A-Za-z-]+-[a-z0-9_]{{8}}\.jpg"
)
"""Names of photos that killed processes left incomplete; see `atomic_write`."""


class NoPhotos(SourceError):
    """A source has no usable photo."""

    def __init__(self, origin: str, result: SourceResult) -> None:
        reason = f"there is no file in {FORMAT_NAMES}"
        if skipped := result.skipped:
            reason = f"all {len(skipped)} were skipped, the first ({skipped[0].photo})"
            reason += f" because: {skipped[0].detail}"
        super().__init__(
            f"{origin} has no usable photo: {reason}. Choose other photos, or set "
            "photos.source: demo."
        )


def collect_photos(
    destination: Path,
    source: str,
    options: Mapping[str, Any],
    *,
    threads: int = 1,
    parallel: int = 4,
    removal_list: Path | None = None,
    max_hash_distance: int | None = None,
    cache: Path | None = None,
    downloads: DownloadCache | None = None,
) -> None:
    """
    Collect the photos of a source in a folder, and write the tables about them.

    These are photos.csv, skipped.csv and duplicates.csv (near-duplicates). Photos that
    an earlier run wrote to the folder are deleted if they are in the download cache or
    can be generated again, and no other file is.

    Parameters
    ----------
    destination : Path
    source : str
        Name of a source in `SOURCES`.
    options : mapping
        The settings that matter for the source; see `source_options`.
    threads, parallel : int
        Number of photos to read or generate, and to download, at a time.
    removal_list : Path, optional
    max_hash_distance : int, optional
        Near-duplicates, whose fingerprints differ in at most this many bits, are
        dropped. None keeps all photos.
    cache : Path, optional
        Folder of the photo cache, by which a later run knows the photos that are in
        the destination; see `PhotoCache`.
    downloads : DownloadCache, optional
        Downloads of all projects, which aren't downloaded again.

    Raises
    ------
    SourceError
        The source can't be reached or has no usable photo.
    """
    photo_cache = PhotoCache(cache)
    downloads = downloads or DownloadCache(None)
    removed = RemovalList.read(removal_list) if removal_list else RemovalList()
    known, history = photo_cache.read(), photo_cache.history()
    request = CollectRequest(
        destination,
        options,
        known,
        removed,
        photo_cache,
        downloads,
        threads,
        parallel,
        {row.sha256 for row in history},
    )
    found = SOURCES[source](request)
    result = _drop_removed(found, removed)
    result = drop_duplicates(result, max_hash_distance)
    if not result.rows:
        own_folder = options.get("folder")
        origin = f"folder {own_folder}" if own_folder else f"source {source}"
        raise NoPhotos(f"photos.{origin}", result)
    collected = [*result.rows, *(row.photo for row in result.duplicates)]
    kept = {row.photo for row in collected}
    # A photo that is found to be a near-duplicate of a removed one must not stay.
    if dropped := {row.sha256 for row in found.rows if row.photo not in kept}:
        with log_cache_errors():
            downloads.delete_files(dropped)
    _delete_others(destination, kept, [*history, *found.rows], downloads, removed)
    downloads.remove_temporaries()
    write_skipped(destination / "skipped.csv", result.skipped)
    write_duplicates(destination / "duplicates.csv", result.duplicates)
    photo_cache.replace(collected)
    write_ledger(destination / "photos.csv", result.rows)
    counts = (len(result.rows), len(result.skipped), len(result.duplicates))
    log.info("%s: %d photos, %d skipped (%d near-duplicates)", source, *counts)


def _drop_removed(result: SourceResult, removed: RemovalList) -> SourceResult:
    """Move photos on the removal list to the skipped ones."""
    remaining = SourceResult(skipped=result.skipped)
    for row, is_removed in zip(result.rows, removed.matches(result.rows), strict=True):
        remaining.add(SkippedRow.removed(row.photo) if is_removed else row)
    return remaining


def drop_duplicates(result: SourceResult, max_distance: int | None) -> SourceResult:
    """Keep the largest of each group of near-duplicates. No file is deleted."""
    if max_distance is None:
        return result
    rows = sorted(result.rows, key=lambda row: (-row.width * row.height, row.photo))
    remaining = SourceResult(skipped=result.skipped)
    fingerprints = [row.fingerprint for row in rows]
    for number, first in enumerate(first_duplicates(fingerprints, max_distance)):
        row, original = rows[number], rows[first].photo
        if first == number:
            remaining.rows.append(row)
        else:
            remaining.duplicates.append(DuplicateRow(row, original))
            detail = f"it is a near-duplicate of {original}"
            remaining.skipped.append(SkippedRow(row.photo, Rejection.DUPLICATE, detail))
    return remaining


def _delete_others(
    destination: Path,
    kept: Container[str],
    history: Sequence[PhotoRow],
    downloads: DownloadCache,
    removed: RemovalList,
) -> None:
    """
    Delete photos of earlier runs that nobody can miss, and temporary files.

    Any other file may be the user's, whatever its name is.
    """
    written = [row for row in history if row.source in GENERATED]
    old = [row for row in written if row.photo not in kept and not row.is_in_place]
    for row, is_removed in zip(old, removed.matches(old), strict=True):
        path = destination / row.photo
        if path.parent != destination or not path.is_file():
            continue
        content = path.read_bytes()
        if sha256_of(content) == row.sha256 and (
            is_removed or row.source == "demo" or downloads.store(row, content)
        ):
            path.unlink()
    for path in destination.glob(".*.jpg"):
        if TEMPORARY_NAME.fullmatch(path.name):
            path.unlink()
