"""Collect the photos of a source, and write their ledger."""

import logging
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from pigeonhole.core.errors import SourceError
from pigeonhole.imaging.codecs import FORMAT_NAMES
from pigeonhole.imaging.fingerprint import first_duplicates
from pigeonhole.photos.cache import PhotoCache
from pigeonhole.photos.ledger import (
    DuplicateRow,
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
) -> None:
    """
    Collect the photos of a source in a folder, and write the tables about them.

    These are photos.csv, skipped.csv and duplicates.csv (near-duplicates). Photos that
    other sources wrote to the folder are deleted.

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
        Folder of the photo cache, by which a run after a killed one keeps the photos
        that were already downloaded; see `PhotoCache`.

    Raises
    ------
    SourceError
        The source can't be reached or has no usable photo.
    """
    photo_cache = PhotoCache(cache)
    removed = RemovalList.read(removal_list) if removal_list else RemovalList()
    known = photo_cache.read()
    request = CollectRequest(
        destination, options, known, removed, photo_cache, threads, parallel
    )
    result = _drop_removed(SOURCES[source](request), removed)
    result = _drop_duplicates(result, max_hash_distance)
    if not result.rows:
        own_folder = options.get("folder")
        origin = f"folder {own_folder}" if own_folder else f"source {source}"
        raise NoPhotos(f"photos.{origin}", result)
    collected = [*result.rows, *(row.photo for row in result.duplicates)]
    _delete_others(destination, {row.photo for row in collected})
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


def _drop_duplicates(result: SourceResult, max_distance: int | None) -> SourceResult:
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


def _delete_others(destination: Path, photos: set[str]) -> None:
    """Delete photos that sources wrote, and temporary files of killed runs."""
    for source in SOURCES.keys() - {"folder"}:
        for pattern in (f"{source}-*.jpg", f".{source}-*.jpg"):
            for path in destination.glob(pattern):
                if path.name not in photos:
                    path.unlink()
