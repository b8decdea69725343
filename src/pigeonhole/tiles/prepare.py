"""Cut tiles from a folder of photos, or load them from the user's cache.

The key of a cached tile set depends on everything that decides it: names, sizes and
modification times of the photos, and the settings.
"""

import hashlib
import json
import logging
import os
import re
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from pigeonhole.core.cache import log_cache_errors
from pigeonhole.core.errors import TileError
from pigeonhole.core.tables import UnreadableTable
from pigeonhole.imaging.codecs import FORMAT_NAMES
from pigeonhole.photos.files import scan_folder
from pigeonhole.photos.ledger import (
    Rejection,
    SkippedRow,
    read_skipped,
    write_skipped,
)
from pigeonhole.photos.removal_list import RemovalList
from pigeonhole.settings import FaceSettings, TileSetSettings
from pigeonhole.tiles.tileset import TileSet, UnreadableTileSet

if TYPE_CHECKING:
    from pigeonhole.faces import FaceRow

log = logging.getLogger(__name__)

CACHE_VERSION = 5
"""Increased if the same photos and settings would give other tiles."""
MAX_CACHED_TILE_SETS = 16
"""Maximum number of cached tile sets; the least recently used are deleted."""
SKIPPED_SUFFIX = ".skipped"
"""Suffix of the table of images that can't be used, next to a cached tile set."""
MAX_REASONS = 10
"""Maximum number of reasons for skipped files that are printed."""


class FolderTiles(NamedTuple):
    """
    The tiles of a folder.

    Attributes
    ----------
    tile_set : TileSet
    path : Path or None
        Its file in the cache; None if it isn't cached.
    skipped : list of SkippedRow
        Files that no tile shows, with the reason, sorted by name.
    """

    tile_set: TileSet
    path: Path | None
    skipped: list[SkippedRow]


class NoPhotosInFolder(TileError):
    """A folder has no photo from which tiles can be cut."""

    def __init__(self, folder: Path, skipped: Sequence[SkippedRow] = ()) -> None:
        problem = f"has no image in {FORMAT_NAMES}"
        if skipped:
            first = skipped[0]
            problem = f"has no usable photo, for example because of {first.photo}: "
            problem += first.detail
        super().__init__(
            f"{folder} {problem}. Choose another folder of photos, or a tile set "
            "(.npz)."
        )


def load_or_cut_tiles(
    folder: Path,
    settings: TileSetSettings,
    max_pixels: int,
    cache: Path | None,
    threads: int = 1,
    removal_list: Path | None = None,
    max_hash_distance: int | None = None,
) -> FolderTiles:
    """
    Return the tiles of a folder of photos, from the cache if possible.

    Reasons for which files can't be used are logged.

    Parameters
    ----------
    folder : Path
    settings : TileSetSettings
    max_pixels : int
        Photos with more pixels are skipped.
    cache : Path or None
        Folder of cached tile sets; None doesn't use a cache.
    threads : int
        Number of photos that are read at the same time.
    removal_list : Path, optional
    max_hash_distance : int, optional
        Near-duplicates, whose fingerprints differ in at most this many bits, are
        dropped. None keeps all photos.

    Raises
    ------
    NoPhotosInFolder, NoTiles
    """
    scan = scan_folder(folder)
    if not scan.images:
        raise NoPhotosInFolder(folder, scan.skipped)
    choice = settings, max_pixels, removal_list, max_hash_distance
    if cache is None:
        return _with_log(*_cut_folder(folder, *choice, threads), None)
    key = _cache_key(folder, scan.images, *choice)
    cached = cache / f"{key}.npz"
    with suppress(UnreadableTileSet, UnreadableTable, OSError):
        tile_set = TileSet.load(cached)
        # The key depends on images only, so other files are listed as they are now.
        skipped = read_skipped(cached.with_suffix(SKIPPED_SUFFIX))
        with suppress(OSError):
            # The modification time records the last use.
            os.utime(cached)
        return _with_log(tile_set, scan.skipped + skipped, cached)
    tile_set, skipped = _cut_folder(folder, *choice, threads)
    written = None
    with log_cache_errors():
        of_images = set(skipped) - set(scan.skipped)
        write_skipped(cached.with_suffix(SKIPPED_SUFFIX), of_images)
        tile_set.save(cached)
        _delete_oldest(cache)
        written = cached
    return _with_log(tile_set, skipped, written)


def _with_log(
    tile_set: TileSet, skipped: list[SkippedRow], path: Path | None
) -> FolderTiles:
    """Return tiles, and log why files can't be used, each reason with an example."""
    rows = sorted(skipped, key=lambda row: row.photo)
    unusable = [row for row in rows if row.reason is not Rejection.DUPLICATE]
    groups = list(_group(unusable).values())
    if len(unusable) == 1:
        log.warning("%s can't be used: %s.", unusable[0].photo, unusable[0].detail)
    elif unusable:
        log.warning("%s files can't be used:", f"{len(unusable):,}")
        for first, *others in groups[:MAX_REASONS]:
            more = f" and {len(others):,} more" if others else ""
            log.warning("  %s%s: %s.", first.photo, more, first.detail)
        if rest := sum(map(len, groups[MAX_REASONS:])):
            log.warning("  And %s more, for other reasons.", f"{rest:,}")
    duplicates = [row for row in rows if row.reason is Rejection.DUPLICATE]
    if duplicates:
        count, first = len(duplicates), duplicates[0]
        message = "Left out %s near-duplicate%s of other photos, for example %s: %s."
        plural = "" if count == 1 else "s"
        log.info(message, f"{count:,}", plural, first.photo, first.detail)
    return FolderTiles(tile_set, path, rows)


def _group(skipped: Iterable[SkippedRow]) -> dict[tuple[str, str], list[SkippedRow]]:
    """Group files by reason, the largest group first; numbers in details may differ."""
    groups: dict[tuple[str, str], list[SkippedRow]] = {}
    for row in skipped:
        key = row.reason, re.sub(r"[\d,.]+", "", row.detail)
        groups.setdefault(key, []).append(row)
    return dict(sorted(groups.items(), key=lambda group: -len(group[1])))


def _cache_key(
    folder: Path,
    paths: list[Path],
    settings: TileSetSettings,
    max_pixels: int,
    removal_list: Path | None,
    max_hash_distance: int | None,
) -> str:
    facts: list[object] = [CACHE_VERSION, str(folder.resolve()), max_pixels]
    facts.append(max_hash_distance)
    facts.append(repr(_read_removed(removal_list)))
    facts.append(settings.model_dump(mode="json"))
    for path in paths:
        # A photo may vanish after the scan; then no tile shows it.
        with suppress(OSError):
            status = path.stat()
            facts.append([str(path), status.st_size, status.st_mtime_ns])
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:32]


def _cut_folder(
    folder: Path,
    settings: TileSetSettings,
    max_pixels: int,
    removal_list: Path | None,
    max_hash_distance: int | None,
    threads: int,
) -> tuple[TileSet, list[SkippedRow]]:
    """Cut tiles; also return the files that no tile shows, with the reason."""
    # Imported here because a cached tile set needs none of it.
    from pigeonhole.faces import filter_faces, find_faces
    from pigeonhole.photos.collect import drop_duplicates
    from pigeonhole.photos.sources.folder import collect
    from pigeonhole.photos.sources.protocol import CollectRequest, SourceResult
    from pigeonhole.tiles.cut import NoTiles, cut_tiles

    options = {"folder": folder, "max_pixels": max_pixels}
    collected = collect(CollectRequest(folder, options, threads=threads))
    listed = _read_removed(removal_list)
    kept = SourceResult(skipped=list(collected.skipped))
    is_removed = listed.matches(collected.rows)
    for row, gone in zip(collected.rows, is_removed, strict=True):
        kept.add(SkippedRow.removed(row.photo) if gone else row)
    different = drop_duplicates(kept, max_hash_distance)
    photos = sorted(different.rows, key=lambda row: row.photo)
    skipped = different.skipped
    if not photos:
        raise NoPhotosInFolder(folder, skipped)
    # Faces that whole photos show are found when the photos are cut.
    faces: list[FaceRow] | None = None
    face_settings = FaceSettings()
    if settings.cut == "faces":
        faces = find_faces(photos, folder, face_settings, max_pixels)
    removed = listed.in_photos(photos, faces or ())
    if faces is not None:
        faces = filter_faces(faces, face_settings, removed=removed)
    margin = face_settings.margin
    choice = settings, margin, photos, faces
    try:
        tile_set = cut_tiles(*choice, folder, removed, threads)
    except NoTiles:
        raise NoTiles(settings.cut, folder) from None
    shown = {row.photo for row in tile_set.rows}
    detail = "its tiles equal those of other photos or would show a removed face"
    if settings.cut == "faces":
        detail = "no face in it is kept"
    skipped += [
        SkippedRow(row.photo, Rejection.NO_TILE, detail)
        for row in photos
        if row.photo not in shown
    ]
    return tile_set, skipped


def _read_removed(path: Path | None) -> RemovalList:
    return RemovalList.read(path) if path else RemovalList()


def _delete_oldest(cache: Path) -> None:
    paths = sorted(cache.glob("*.npz"), key=lambda path: -path.stat().st_mtime_ns)
    for path in paths[MAX_CACHED_TILE_SETS:]:
        for suffix in (".npz", ".csv", ".index", SKIPPED_SUFFIX):
            path.with_suffix(suffix).unlink(missing_ok=True)
