"""Remove photos and faces from all results and caches, and list them as removed."""

import os
import shutil
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import compress
from pathlib import Path

from pigeonhole.core import results as paths
from pigeonhole.core.cache import cache_dir
from pigeonhole.core.errors import PigeonholeError
from pigeonhole.core.tables import Record, UnreadableTable, read_rows
from pigeonhole.faces import FaceRejection, FaceRow, read_faces, write_faces
from pigeonhole.faces.cache import remove_photos
from pigeonhole.photos.cache import PhotoCache, photo_cache_dir
from pigeonhole.photos.ledger import (
    DuplicateRow,
    PhotoRow,
    read_duplicates,
    read_ledger,
    write_duplicates,
    write_ledger,
)
from pigeonhole.photos.removal_list import RemovalList, add_removed, parse_face
from pigeonhole.tiles import TileRow, TileSet

PAGES = (paths.REVIEW_PAGE, paths.REPORT, paths.CREDITS, paths.CREDITS_PAGE)
"""Pages in the results that may show or name removed photos."""


class UnknownPhoto(PigeonholeError):
    """There is no photo or face with a name."""

    def __init__(self, name: str, ledger: Path) -> None:
        super().__init__(
            f"There is no photo or face {name!r}: write the name of a photo in "
            f"{ledger}, or a face as the review page shows it (photo x y width height)."
        )


@dataclass(frozen=True, slots=True)
class RemovalReport:
    """Numbers of removed photos, faces and tiles, and names of removed mosaics."""

    photos: int
    faces: int
    tiles: int
    mosaics: Sequence[str]

    def __str__(self) -> str:
        if not (self.photos or self.faces or self.tiles or self.mosaics):
            return "There is nothing left to remove."
        counts = {"photo": self.photos, "face": self.faces, "tile": self.tiles}
        removed = ", ".join(f"{n} {noun}{'s' * (n != 1)}" for noun, n in counts.items())
        mosaics = ", ".join(self.mosaics) or "none"
        return (
            f"Removed {removed}, and mosaics that showed them: {mosaics}. The pages "
            "that named them (review, credits, report) are deleted. Run `snakemake "
            "--cores 4` to rebuild the rest, and `snakemake --report "
            "results/report.html` for the report."
        )


def join_face_words(words: Iterable[str]) -> list[str]:
    """Join the five words of a face if the shell has split them."""
    remaining, names = list(words), []
    while remaining:
        numbers = remaining[1:5]
        is_face = len(numbers) == 4 and all(word.isdecimal() for word in numbers)
        size = 5 if is_face else 1
        names.append(" ".join(remaining[:size]))
        del remaining[:size]
    return names


def remove(names: Iterable[str], results: Path, removal_list: Path) -> RemovalReport:
    """
    Remove photos and faces, with their near-duplicates, from all results and caches.

    If the process is killed, the same call finishes the work.

    Parameters
    ----------
    names : iterable of str
        Names of photos, or faces as ``photo x y width height``.
    results : Path
        Folder of the results.
    removal_list : Path
        File of the removal list, which later runs respect.

    Raises
    ------
    UnknownPhoto
        A name is unknown. Nothing has been removed.
    """
    cache = PhotoCache(photo_cache_dir(results))
    duplicates = _read(read_duplicates, results / paths.DUPLICATES)
    faces = _read(read_faces, results / paths.FACES)
    rows = [*cache.read().values(), *(row.photo for row in duplicates)]
    rows += _read(read_ledger, results / paths.LEDGER)
    photos = {row.photo: row for row in rows}
    groups = _duplicate_groups(duplicates, faces)
    old_list = RemovalList.read(removal_list)
    lines = [
        _list_line(duplicate, photos, faces, old_list, results / paths.LEDGER)
        for name in names
        for duplicate in [name, *groups.get(name, ())]
    ]
    add_removed(removal_list, filter(None, lines))
    removed = RemovalList.read(removal_list)
    rows = list(photos.values())
    removed_photos = {row.photo: row for row in compress(rows, removed.matches(rows))}
    tiles, mosaics = _remove_images(results, removed, removed_photos)
    face_count = sum(_is_removed(face, removed) for face in faces)
    _remove_rows(results, removed, removed_photos)
    # The photo cache comes last: a call after a kill finds the photos in it.
    _remove_cached(results, removed, removed_photos)
    # The list becomes newer than all results, so that the next run checks everything.
    os.utime(removal_list)
    return RemovalReport(len(removed_photos), face_count, tiles, mosaics)


def _list_line(
    name: str,
    photos: Mapping[str, PhotoRow],
    faces: Sequence[FaceRow],
    old_list: RemovalList,
    ledger: Path,
) -> str | None:
    """Return the line of the removal list for a name, or None if it is listed."""
    if name in photos:
        row = photos[name]
        return f"{name} {row.sha256} {row.fingerprint}".rstrip()
    if face := parse_face(name):
        photo, box = face
        requested = RemovalList(faces={photo: [box]})
        is_known = any(_is_removed(row, requested) for row in faces)
        if is_known or old_list.shows(photo, box):
            return f"{photo} {' '.join(map(str, box))}"
    if name in old_list.photos:
        return None
    raise UnknownPhoto(name, ledger)


def _duplicate_groups(
    duplicates: Iterable[DuplicateRow], faces: Iterable[FaceRow]
) -> dict[str, set[str]]:
    """Return the near-duplicates of each photo and face, by name."""
    # They are removed together. Otherwise, a dropped near-duplicate would take the
    # place of the removed photo in the next run.
    originals = {row.photo.photo: row.duplicate_of for row in duplicates}
    originals |= {
        face.line: face.duplicate_of
        for face in faces
        if face.rejection is FaceRejection.DUPLICATE
    }
    groups: dict[str, set[str]] = {}
    for name, original in originals.items():
        groups.setdefault(original, {original}).add(name)
    return groups | {name: groups[original] for name, original in originals.items()}


def _read(read: Callable[[Path], list[Record]], path: Path) -> list[Record]:
    """Read a table; a missing one has no rows."""
    return read(path) if path.is_file() else []


def _is_removed(face: FaceRow, removed: RemovalList) -> bool:
    return face.photo in removed.photos or removed.shows(face.photo, face.box)


def _remove_rows(
    results: Path, removed: RemovalList, removed_photos: Mapping[str, PhotoRow]
) -> None:
    """Delete the files of photos, and their rows in the tables."""
    for row in removed_photos.values():
        # Photos of a folder source belong to the user and stay where they are.
        if row.source != "folder":
            (results / paths.PHOTOS / row.photo).unlink(missing_ok=True)
    for path in (results / paths.FACES, *sorted(results.glob(paths.FACE_SHARDS))):
        faces = _read(read_faces, path)
        kept = [
            face
            for face in faces
            if face.photo not in removed_photos and not _is_removed(face, removed)
        ]
        if len(kept) < len(faces):
            write_faces(path, kept)
    path = results / paths.DUPLICATES
    if duplicates := _read(read_duplicates, path):
        is_removed = removed.matches([row.photo for row in duplicates])
        pairs = zip(duplicates, is_removed, strict=True)
        write_duplicates(path, [row for row, value in pairs if not value])
    path = results / paths.LEDGER
    rows = _read(read_ledger, path)
    remaining = [row for row in rows if row.photo not in removed_photos]
    if len(remaining) < len(rows):
        write_ledger(path, remaining)


def _remove_cached(
    results: Path, removed: RemovalList, removed_photos: Mapping[str, PhotoRow]
) -> None:
    """Delete photos, their search results, faces and tiles from the caches."""
    remove_photos(cache_dir("faces", results), removed.sha256)
    # A tile set is deleted if a photo has the same name, even if it is another photo.
    names = removed.photos | removed.faces.keys()
    for path in cache_dir("tiles").glob("*.csv"):
        if any(row.get("photo") in names for row in _read_if_possible(path)):
            for file in (path, path.with_suffix(".npz"), path.with_suffix(".index")):
                file.unlink(missing_ok=True)
    PhotoCache(photo_cache_dir(results)).remove(removed_photos)


def _remove_images(
    results: Path, removed: RemovalList, removed_photos: Mapping[str, PhotoRow]
) -> tuple[int, Sequence[str]]:
    """Remove tiles, and delete the mosaics and pages that show them.

    Return the number of removed tiles and the names of deleted mosaics.
    """
    removed_tiles: set[tuple[str, str]] = set()
    count = 0
    for path in sorted(results.glob(paths.TILE_SETS)):
        tile_set = TileSet.load(path)
        is_removed = _removed_tiles(tile_set.rows, removed, removed_photos)
        shown = compress(tile_set.rows, is_removed)
        removed_tiles |= {(row.photo, row.id) for row in shown}
        count += sum(is_removed)
        _remove_tiles(path, tile_set, is_removed)
    mosaics = [
        path.parent
        for path in sorted(results.glob(paths.PLACEMENTS))
        if any(
            row["photo"] in removed_photos
            or (row["photo"], row["tile_id"]) in removed_tiles
            for row in _read_if_possible(path)
        )
    ]
    for folder in mosaics:
        shutil.rmtree(folder)
    if removed_photos or removed_tiles or removed.faces:
        for page in PAGES:
            (results / page).unlink(missing_ok=True)
    return count, [folder.name for folder in mosaics]


def _removed_tiles(
    rows: Sequence[TileRow], removed: RemovalList, removed_photos: Container[str]
) -> list[bool]:
    """Return for each tile whether it is removed; see `TilePlan`."""
    is_shown = [
        row.photo in removed_photos or removed.intersects(row.photo, row.bounds)
        for row in rows
    ]
    # All tiles of a source are removed with its first one.
    ids = {row.id for row in compress(rows, is_shown)}
    pairs = zip(rows, is_shown, strict=True)
    return [value or row.source_id in ids for row, value in pairs]


def _read_if_possible(path: Path) -> list[dict[str, str]]:
    try:
        return read_rows(path)
    except (OSError, UnreadableTable):
        return []


def _remove_tiles(path: Path, tile_set: TileSet, is_removed: Sequence[bool]) -> None:
    """Write a tile set without some tiles, or delete it if none remains."""
    kept = [number for number, value in enumerate(is_removed) if not value]
    if len(kept) == len(is_removed):
        return
    # The index contains the pixels of the tiles. The next run rebuilds it.
    path.with_suffix(".index").unlink(missing_ok=True)
    if not kept:
        path.unlink()
        path.with_suffix(".csv").unlink()
        return
    rows = [replace(tile_set.rows[old], tile=new) for new, old in enumerate(kept)]
    TileSet(tile_set.tiles[kept], rows).save(path)
