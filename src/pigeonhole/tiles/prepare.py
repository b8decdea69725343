"""A folder of photos -> a tile set, kept for the next time.

What was prepared lies in the user's cache by all that it depends on: the photos' names,
sizes and times, and how they are cut.
"""

import hashlib
import json
import logging
import os
from itertools import compress
from pathlib import Path
from typing import TYPE_CHECKING

from pigeonhole.core.errors import TileError
from pigeonhole.core.text import read_text
from pigeonhole.imaging.codecs import KINDS
from pigeonhole.photos.files import usable_pictures
from pigeonhole.photos.ledger import PhotoRow
from pigeonhole.settings import FaceSettings, TileSetSettings
from pigeonhole.tiles.tileset import TileSet

if TYPE_CHECKING:
    from pigeonhole.faces import FaceRow

log = logging.getLogger(__name__)

FORM = 1
"""Raised where the same photos would be cut in another way."""
KEPT = 16
"""So many tile sets are kept; those used longest ago go first."""


class NoPhotos(TileError):
    """There is nothing to cut tiles from."""

    def __init__(self, folder: Path) -> None:
        super().__init__(
            f"{folder} holds no picture in {KINDS}: name a folder of photos, or a tile "
            "set that ends in .npz."
        )


def prepared_tiles(
    folder: Path,
    settings: TileSetSettings,
    max_pixels: int,
    cache: Path | None,
    threads: int = 1,
    forgotten: Path | None = None,
) -> tuple[TileSet, Path | None]:
    """
    Cut tiles from the photos of a folder, or take those that were cut before.

    Parameters
    ----------
    folder : Path
    settings : TileSetSettings
    max_pixels : int
        A larger photo is left out.
    cache : Path or None
        Where tile sets are kept; None keeps nothing.
    threads : int
        How many photos are read at a time.
    forgotten : Path, optional
        The list of what was taken out: it is left out here, too.

    Returns
    -------
    tile_set : TileSet
    path : Path or None
        Where it is kept.

    Raises
    ------
    NoPhotos, TileError
    """
    paths = usable_pictures(folder)
    if not paths:
        raise NoPhotos(folder)
    if cache is None:
        return _cut(folder, settings, max_pixels, threads, forgotten), None
    key = _key(folder, paths, settings, max_pixels, forgotten)
    kept = cache / f"{key}.npz"
    if kept.is_file():
        os.utime(kept)
        return TileSet.load(kept), kept
    tile_set = _cut(folder, settings, max_pixels, threads, forgotten)
    tile_set.save(kept)
    _drop_oldest(cache)
    return tile_set, kept


def usual_cache() -> Path:
    """Return where this user's tile sets are kept."""
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(home) / "pigeonhole" / "tiles"


def _key(
    folder: Path,
    paths: list[Path],
    settings: TileSetSettings,
    max_pixels: int,
    forgotten: Path | None,
) -> str:
    facts: list[object] = [FORM, str(folder.resolve()), max_pixels]
    facts.append(read_text(forgotten) if forgotten else "")
    facts.append(settings.model_dump(mode="json"))
    for path in paths:
        found = path.stat()
        facts.append([str(path), found.st_size, found.st_mtime_ns])
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:32]


def _cut(
    folder: Path,
    settings: TileSetSettings,
    max_pixels: int,
    threads: int,
    forgotten: Path | None,
) -> TileSet:
    # Here, since none of it is needed where tiles were cut before.
    from pigeonhole.photos.removal_list import Forgotten
    from pigeonhole.photos.sources.folder import collect_folder
    from pigeonhole.tiles.cut import cut_tiles

    found = collect_folder(folder, max_pixels, {}, threads)
    gone = Forgotten.read(forgotten) if forgotten else Forgotten()
    stays = [not out for out in gone.among(found.rows)]
    photos = list(compress(found.rows, stays))
    if not photos:
        raise NoPhotos(folder)
    if found.skipped:
        log.warning(
            "%d files can't be used, such as %s: %s.",
            len(found.skipped),
            found.skipped[0].photo,
            found.skipped[0].reason,
        )
    limits = FaceSettings()
    if settings.cut == "photos":
        return cut_tiles(settings, 0.0, photos, [], folder, forgotten=gone)
    faces = _faces(photos, folder, limits, max_pixels)
    return cut_tiles(settings, limits.margin, photos, faces, folder, forgotten=gone)


def _faces(
    photos: list[PhotoRow], folder: Path, faces: FaceSettings, max_pixels: int
) -> "list[FaceRow]":
    from pigeonhole.faces import find_faces, keep_faces

    return keep_faces(find_faces(photos, folder, faces, max_pixels, None), faces)


def _drop_oldest(cache: Path) -> None:
    sets = sorted(cache.glob("*.npz"), key=lambda path: -path.stat().st_mtime_ns)
    for path in sets[KEPT:]:
        for part in (path, path.with_suffix(".csv"), path.with_suffix(".index")):
            part.unlink(missing_ok=True)
