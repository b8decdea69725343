"""Cut the tiles of a project from its folder of photos."""

import shutil
from collections.abc import Iterable, Mapping
from contextlib import nullcontext, suppress
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from pigeonhole.core.cache import cache_dir
from pigeonhole.core.errors import PigeonholeError
from pigeonhole.core.jit import get_num_threads
from pigeonhole.core.progress import ProgressListener, listen_to_progress
from pigeonhole.faces import FaceRow
from pigeonhole.photos.ledger import PhotoRow, SkippedRow
from pigeonhole.settings import Cut
from pigeonhole.tiles import TileRow, TileSet
from pigeonhole.tiles.cut import NoTiles
from pigeonhole.tiles.prepare import FolderTiles, PhotoFolder

if TYPE_CHECKING:
    from pigeonhole.studio.projects.document import Document


class ProjectTiles(NamedTuple):
    """
    The tiles of a project.

    Attributes
    ----------
    tile_set : TileSet
    cut : str
        Whether the tiles are cut from "faces" or from whole "photos".
    path : Path or None
        File of the tile set in the cache; None if it isn't cached.
    skipped : list of SkippedRow
        Files that no tile shows, with the reason, sorted by name.
    photos : list of PhotoRow
        The photos that tiles show, sorted by name.
    face_counts : mapping of str to int
        Number of faces found in each usable photo; 0 if it wasn't searched.
    """

    tile_set: TileSet
    cut: Cut
    path: Path | None
    skipped: list[SkippedRow]
    photos: list[PhotoRow]
    face_counts: Mapping[str, int]


def cut_project(
    photos_folder: Path,
    document: "Document",
    report: ProgressListener | None = None,
    *,
    only_read: bool = False,
) -> ProjectTiles:
    """
    Return the tiles of a project, which are cut only if they aren't in the cache.

    They equal those that `pigeonhole mosaic` cuts from the same folder.

    Parameters
    ----------
    photos_folder : Path
        The folder `photos` of the project; lists are next to it.
    document : Document
    report : callable, optional
        Receives the progress.
    only_read : bool
        Leave out photos that haven't been read before, such as those that arrived
        while the others were cut.

    Raises
    ------
    NoPhotosInFolder, NoTiles
        No tile can be cut.
    SettingsError
        A list is damaged.
    """
    removal_list = photos_folder.parent / document.photos.removal_list
    while True:
        removed = _content(removal_list)
        with listen_to_progress(report) if report else nullcontext():
            tiles = _cut_once(photos_folder, document, only_read=only_read)
        if _content(removal_list) == removed:
            return tiles
        # What was removed for good in the meantime must not stay in the cache.
        shutil.rmtree(cache_dir("tiles"), ignore_errors=True)


def _content(path: Path) -> bytes:
    return path.read_bytes() if path.exists() else b""


def _cut_once(
    photos_folder: Path, document: "Document", *, only_read: bool
) -> ProjectTiles:
    with _open(photos_folder, document) as photos:
        if only_read:
            photos.leave_out_unread()
        cut, tiles = _cut(photos, document)
        usable = photos.photos(document.tile_settings(cut))
        counts = dict.fromkeys((row.photo for row in usable), 0)
        counts |= photos.face_counts(usable)
    shown = _sources_by_photo(tiles.tile_set.rows)
    if cut == "faces":
        counts |= {photo: len(faces) for photo, faces in shown.items()}
    rows = [row for row in usable if row.photo in shown]
    return ProjectTiles(tiles.tile_set, cut, tiles.path, tiles.skipped, rows, counts)


def is_cut(photos_folder: Path, document: "Document", cut: Cut) -> bool:
    """Return whether all is in the cache, so that `cut_project` takes no time."""
    with suppress(PigeonholeError), _open(photos_folder, document) as photos:
        return photos.is_cached(document.tile_settings(cut))
    return False


def project_faces(
    photos_folder: Path, document: "Document"
) -> tuple[list[FaceRow], list[PhotoRow]]:
    """
    Return the detected boxes of a project, with their rejections, and its photos.

    See `cut_project` for the parameters and errors.
    """
    settings = document.tiles.model_copy(update={"cut": "faces"})
    with _open(photos_folder, document) as photos:
        return photos.faces(settings), photos.photos(settings)


def _open(photos_folder: Path, document: "Document") -> PhotoFolder:
    folder, settings = photos_folder.parent, document.photos
    lists = (settings.removal_list, document.faces.exclude)
    # Relative to the project; a list that doesn't exist yet is empty.
    removal_list, exclusion_list = (
        path if (path := folder / name).exists() else None for name in lists
    )
    return PhotoFolder(
        photos_folder,
        settings.max_pixels,
        cache_dir("tiles"),
        get_num_threads(),
        removal_list,
        settings.max_hash_distance,
        document.faces,
        exclusion_list,
    )


def _cut(photos: PhotoFolder, document: "Document") -> tuple[Cut, FolderTiles]:
    """Cut faces or photos; see `choose_cut`."""
    if document.cut != "auto":
        return document.cut, photos.load_or_cut(document.tile_settings(document.cut))
    cut = photos.choose_cut(document.tile_settings("photos"))
    if cut == "faces":
        # The faces that are found first may all be near-duplicates or blurred.
        with suppress(NoTiles):
            return cut, photos.load_or_cut(document.tile_settings(cut))
    return "photos", photos.load_or_cut(document.tile_settings("photos"))


def _sources_by_photo(rows: Iterable[TileRow]) -> dict[str, set[str]]:
    """Return the ids of the faces in each photo, or that of the photo."""
    sources: dict[str, set[str]] = {}
    for row in rows:
        sources.setdefault(row.photo, set()).add(row.source_id)
    return sources
