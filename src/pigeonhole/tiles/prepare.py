"""Cut tiles from a folder of photos, or load them from the user's cache.

The key of a cached tile set depends on everything that decides it: names, sizes and
modification times of the photos, and the settings.
"""

import hashlib
import json
import logging
import os
from itertools import compress
from pathlib import Path
from typing import TYPE_CHECKING

from pigeonhole.core.cache import log_cache_errors
from pigeonhole.core.errors import TileError
from pigeonhole.core.text import read_text
from pigeonhole.imaging.codecs import FORMAT_NAMES
from pigeonhole.photos.files import usable_images
from pigeonhole.settings import FaceSettings, TileSetSettings
from pigeonhole.tiles.tileset import TileSet

if TYPE_CHECKING:
    from pigeonhole.faces import FaceRow

log = logging.getLogger(__name__)

CACHE_VERSION = 2
"""Increased if the same photos and settings would give other tiles."""
MAX_CACHED_TILE_SETS = 16
"""Maximum number of cached tile sets; the least recently used are deleted."""


class NoPhotosInFolder(TileError):
    """A folder has no photo from which tiles can be cut."""

    def __init__(self, folder: Path) -> None:
        super().__init__(
            f"{folder} has no image in {FORMAT_NAMES}: choose a folder of photos, or a "
            "tile set (.npz)."
        )


def load_or_cut_tiles(
    folder: Path,
    settings: TileSetSettings,
    max_pixels: int,
    cache: Path | None,
    threads: int = 1,
    removal_list: Path | None = None,
) -> tuple[TileSet, Path | None]:
    """
    Return the tiles of a folder of photos, from the cache if possible.

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

    Returns
    -------
    tile_set : TileSet
    path : Path or None
        Its file in the cache; None if it isn't cached.

    Raises
    ------
    NoPhotosInFolder, NoTiles
    """
    paths = usable_images(folder)
    if not paths:
        raise NoPhotosInFolder(folder)
    if cache is None:
        return _cut_folder(folder, settings, max_pixels, threads, removal_list), None
    key = _cache_key(folder, paths, settings, max_pixels, removal_list)
    cached = cache / f"{key}.npz"
    if cached.is_file():
        # The modification time records the last use.
        os.utime(cached)
        return TileSet.load(cached), cached
    tile_set = _cut_folder(folder, settings, max_pixels, threads, removal_list)
    written = None
    with log_cache_errors():
        tile_set.save(cached)
        _delete_oldest(cache)
        written = cached
    return tile_set, written


def _cache_key(
    folder: Path,
    paths: list[Path],
    settings: TileSetSettings,
    max_pixels: int,
    removal_list: Path | None,
) -> str:
    facts: list[object] = [CACHE_VERSION, str(folder.resolve()), max_pixels]
    facts.append(read_text(removal_list) if removal_list else "")
    facts.append(settings.model_dump(mode="json"))
    for path in paths:
        status = path.stat()
        facts.append([str(path), status.st_size, status.st_mtime_ns])
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:32]


def _cut_folder(
    folder: Path,
    settings: TileSetSettings,
    max_pixels: int,
    threads: int,
    removal_list: Path | None,
) -> TileSet:
    # Imported here because a cached tile set needs none of it.
    from pigeonhole.photos.removal_list import RemovalList
    from pigeonhole.photos.sources.folder import collect
    from pigeonhole.photos.sources.protocol import CollectRequest
    from pigeonhole.tiles.cut import cut_tiles

    options = {"folder": folder, "max_pixels": max_pixels}
    collected = collect(CollectRequest(folder, options, threads=threads))
    removed = RemovalList.read(removal_list) if removal_list else RemovalList()
    is_kept = [not is_removed for is_removed in removed.matches(collected.rows)]
    photos = list(compress(collected.rows, is_kept))
    if not photos:
        raise NoPhotosInFolder(folder)
    if collected.skipped:
        count, first = len(collected.skipped), collected.skipped[0]
        message = "%d files can't be used, for example %s: %s."
        log.warning(message, count, first.photo, first.detail)
    # Faces that whole photos show are found when the photos are cut.
    faces: list[FaceRow] | None = None
    face_settings = FaceSettings()
    if settings.cut == "faces":
        from pigeonhole.faces import filter_faces, find_faces

        faces = find_faces(photos, folder, face_settings, max_pixels)
        faces = filter_faces(faces, face_settings)
    margin = face_settings.margin
    return cut_tiles(settings, margin, photos, faces, folder, removed, threads)


def _delete_oldest(cache: Path) -> None:
    paths = sorted(cache.glob("*.npz"), key=lambda path: -path.stat().st_mtime_ns)
    for path in paths[MAX_CACHED_TILE_SETS:]:
        for file in (path, path.with_suffix(".csv"), path.with_suffix(".index")):
            file.unlink(missing_ok=True)
