"""Delete removed photos and faces from results and caches, and look for leftovers."""

import html
import json
import re
import shutil
import zipfile
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import compress
from pathlib import Path
from urllib.parse import quote

from pigeonhole.core import results as paths
from pigeonhole.core.atomic import delete_own_files, remove_temporaries
from pigeonhole.core.cache import cache_dir
from pigeonhole.core.digest import sha256_of
from pigeonhole.core.errors import TileError, UnreadableImage
from pigeonhole.core.tables import UnreadableTable, read_rows
from pigeonhole.curation.known import MAX_STRAY_PIXELS, KnownPhotos, read_if_any
from pigeonhole.faces import FaceRejection, FaceRow, read_faces, write_faces
from pigeonhole.faces.cache import remove_photos
from pigeonhole.photos.cache import PhotoCache, measure, photo_cache_dir
from pigeonhole.photos.downloads import delete_downloads, download_cache
from pigeonhole.photos.files import SUFFIXES
from pigeonhole.photos.ledger import (
    PhotoRow,
    read_duplicates,
    read_ledger,
    write_duplicates,
    write_ledger,
)
from pigeonhole.photos.removal_list import RemovalList, Removed
from pigeonhole.settings import target_names
from pigeonhole.tiles import TileRow, TileSet

PAGES = (paths.REVIEW_PAGE, paths.REPORT, paths.CREDITS, paths.CREDITS_PAGE)
"""Pages in the results that may show or name removed photos."""
ALLOWED = ("lists/*", "photos/skipped.csv", "README.md")
"""Results that may name removed photos: copies of lists, and the reason why a photo is
missing."""
WITHOUT_TEXT = frozenset(
    {".npz", ".index", ".arrays", ".png", ".jpg", ".jpeg", ".tif", ".webp", ".zip"}
    | {".mp4", ".webm", ".gif"}
)
"""Suffixes of files that don't contain names of photos as text."""
ARCHIVE_NAME = re.compile(r"[0-9]+-of-[0-9]+\.zip")
"""Names of the archives of photos that the workflow writes."""


@dataclass(frozen=True, slots=True)
class Erased:
    """
    Numbers of deleted photos, faces and tiles, and names of deleted mosaics.

    Attributes
    ----------
    left : sequence of Path
        Files of the user in the folders of deleted mosaics.
    """

    photos: int
    faces: int
    tiles: int
    mosaics: Sequence[str]
    left: Sequence[Path] = ()

    def __bool__(self) -> bool:
        return bool(self.photos or self.faces or self.tiles or self.mosaics)


def erase(known: KnownPhotos, listed: RemovalList) -> Erased:
    """Delete removed photos and faces from all results and caches."""
    results = known.results
    removed = listed.in_photos(list(known.photos.values()), known.faces)
    # Copies of removed photos whose name belongs to another photo now.
    strays = [*known.strays.values()]
    stray_photos = [row.photo for row in compress(strays, listed.matches(strays))]
    removed = replace(removed, photos=removed.photos.union(stray_photos))
    is_changed = bool(removed.photos or removed.faces)
    # What killed runs left of files that may show them.
    photos = [results / paths.PHOTOS / photo for photo in removed.photos]
    tables = (paths.LEDGER, paths.DUPLICATES, paths.FACES, paths.REVIEW_PAGE)
    for path in (*photos, *_tile_sets(results), *(results / name for name in tables)):
        remove_temporaries(path)
    tiles, kept_tiles = _erase_tiles(results, removed) if is_changed else (0, set())
    mosaics, left = (
        _erase_mosaics(results, listed, removed, kept_tiles) if is_changed else ([], [])
    )
    faces = sum(_is_removed(face, removed) for face in known.faces)
    if removed.photos or tiles or faces or mosaics:
        for page in PAGES:
            (results / page).unlink(missing_ok=True)
    _erase_rows(results, removed)
    if is_changed:
        # Snakemake's copies of the outputs of killed jobs.
        backups = results.absolute().parent / ".snakemake" / "backups"
        shutil.rmtree(backups, ignore_errors=True)
    # The caches come last: a call after a kill finds the photos in them.
    _erase_files(known, listed, removed)
    _erase_cached(known, listed, removed)
    return Erased(len(removed.photos), faces, tiles, mosaics, left)


def _is_removed(face: FaceRow, removed: Removed) -> bool:
    return face.photo in removed.photos or removed.shows(face.photo, face.box)


def _erase_tiles(results: Path, removed: Removed) -> tuple[int, set[tuple[str, str]]]:
    """Delete tiles; return their number, and photo and id of the remaining ones."""
    count, kept = 0, set()
    for path in _tile_sets(results):
        try:
            tile_set = TileSet.load(path)
        except TileError:
            _delete_tile_set(path)
            continue
        is_removed = _removed_tiles(tile_set.rows, removed)
        remaining = [not value for value in is_removed]
        kept |= {(row.photo, row.id) for row in compress(tile_set.rows, remaining)}
        if all(remaining):
            continue
        count += sum(is_removed)
        # The index contains the pixels of the tiles. The next run rebuilds it.
        path.with_suffix(".index").unlink(missing_ok=True)
        if not any(remaining):
            _delete_tile_set(path)
            continue
        rows = [
            replace(row, tile=number)
            for number, row in enumerate(compress(tile_set.rows, remaining))
        ]
        TileSet(tile_set.tiles[remaining], rows).save(path)
    return count, kept


def _removed_tiles(rows: Sequence[TileRow], removed: Removed) -> list[bool]:
    """Return for each tile whether it is removed; see `TilePlan`."""
    is_shown = [
        row.photo in removed.photos or removed.intersects(row.photo, row.bounds)
        for row in rows
    ]
    # All tiles of a source are removed with its first one.
    ids = {row.id for row in compress(rows, is_shown)}
    pairs = zip(rows, is_shown, strict=True)
    return [value or row.source_id in ids for row, value in pairs]


def _tile_sets(results: Path) -> list[Path]:
    """Return the tile sets, also damaged ones, but no other arrays of the user."""
    return [
        path
        for path in sorted(results.glob(paths.TILE_SETS))
        if not (members := _archived(path)) or "tiles.npy" in members
    ]


def _delete_tile_set(path: Path) -> None:
    for file in (path, path.with_suffix(".csv"), path.with_suffix(".index")):
        file.unlink(missing_ok=True)


def _erase_mosaics(
    results: Path,
    listed: RemovalList,
    removed: Removed,
    kept_tiles: set[tuple[str, str]],
) -> tuple[list[str], list[Path]]:
    """
    Delete mosaics that may show a removed photo or face.

    Return their names, and the files in their folders that the user put there.
    """
    targets = set(target_names(removed.photos))
    mosaics = [
        folder
        for folder in sorted((results / paths.MOSAIC).parent.glob("*"))
        if folder.is_dir()
        and (
            re.sub("-[0-9a-f]+$", "", folder.name) in targets
            or folder.name in targets
            or _shows_removed(folder, removed, kept_tiles)
            or _depicts_removed(folder, listed)
        )
    ]
    left: list[Path] = []
    for folder in mosaics:
        left += delete_own_files(folder, paths.MOSAIC_FILES)
    # Viewers name and show all photos, because edits can choose them.
    for folder in results.glob(paths.VIEWERS):
        delete_own_files(folder, paths.VIEWER_FILES)
    return [folder.name for folder in mosaics], left


def _depicts_removed(folder: Path, listed: RemovalList) -> bool:
    """Return whether the target of a mosaic, or else the mosaic, is a removed photo."""
    for path in (folder / "viewer" / "target.webp", folder / "mosaic.png"):
        try:
            row = PhotoRow("", "")
            row = measure(row, path.read_bytes(), path, MAX_STRAY_PIXELS)
        except (OSError, UnreadableImage):
            continue
        return any(listed.matches([row]))
    return False


def _shows_removed(
    folder: Path, removed: Removed, kept_tiles: set[tuple[str, str]]
) -> bool:
    placements = sorted(folder.rglob(Path(paths.PLACEMENTS).name))
    try:
        rows = [row for path in placements for row in read_rows(path)]
        return not rows or any(
            row["photo"] in removed.photos
            or (
                row["photo"] in removed.faces
                and (row["photo"], row["tile_id"]) not in kept_tiles
            )
            for row in rows
        )
    except (OSError, KeyError, UnreadableTable):
        # Nobody knows what the mosaic shows.
        return True


def _erase_rows(results: Path, removed: Removed) -> None:
    """Delete the rows of the tables."""
    for path in _face_tables(results):
        faces = read_if_any(read_faces, path)
        lines = {face.line for face in faces if _is_removed(face, removed)}
        # The next run chooses among near-duplicates again.
        kept = [
            replace(face, rejection=FaceRejection.NONE, duplicate_of="")
            if face.duplicate_of in lines
            else face
            for face in faces
            if face.line not in lines
        ]
        if lines:
            write_faces(path, kept)
    path = results / paths.DUPLICATES
    duplicates = read_if_any(read_duplicates, path)
    others = [row for row in duplicates if row.photo.photo not in removed.photos]
    if len(others) < len(duplicates):
        write_duplicates(path, others)
    path = results / paths.LEDGER
    rows = read_if_any(read_ledger, path)
    remaining = [row for row in rows if row.photo not in removed.photos]
    if len(remaining) < len(rows):
        write_ledger(path, remaining)


def _face_tables(results: Path) -> list[Path]:
    return [results / paths.FACES, *sorted(results.glob(paths.FACE_SHARDS))]


def _erase_files(known: KnownPhotos, listed: RemovalList, removed: Removed) -> None:
    """Delete photos that sources wrote; all other files are the user's."""
    folder = known.results / paths.PHOTOS
    digests = {
        row.sha256
        for row in removed_rows(known, listed)
        if row.source not in ("", "folder")
    }
    for path in (folder / photo for photo in removed.photos):
        if path.is_file() and sha256_of(path.read_bytes()) in digests:
            path.unlink()
    for path in _archives_with(removed.photos, folder):
        if ARCHIVE_NAME.fullmatch(path.name):
            path.unlink()


def _archives_with(photos: Collection[str], folder: Path) -> list[Path]:
    """Return the archives of a folder that contain one of the photos."""
    return [
        path
        for path in sorted(folder.glob("*.zip"))
        if not {Path(name).name for name in _archived(path)}.isdisjoint(photos)
    ]


def _archived(path: Path) -> list[str]:
    try:
        with zipfile.ZipFile(path) as archive:
            return archive.namelist()
    except (OSError, zipfile.BadZipFile):
        return []


def _erase_cached(known: KnownPhotos, listed: RemovalList, removed: Removed) -> None:
    """Delete photos, their search results, faces and tiles from the caches."""
    rows = removed_rows(known, listed)
    digests = listed.sha256 | {row.sha256 for row in rows}
    remove_photos(cache_dir("faces", known.results), digests)
    # Cached tile sets contain only names of photos, which may have changed.
    if rows or removed.photos or removed.faces:
        shutil.rmtree(cache_dir("tiles"), ignore_errors=True)
    downloaded = {row.photo for row in rows if not row.is_in_place}
    delete_downloads(digests, downloaded)
    PhotoCache(photo_cache_dir(known.results)).remove({row.photo for row in rows})


def removed_rows(known: KnownPhotos, listed: RemovalList) -> list[PhotoRow]:
    """Return the rows of removed photos, in all sizes."""
    return list(compress(known.rows, listed.matches(known.rows)))


def find_leftovers(known: KnownPhotos, listed: RemovalList) -> list[Path]:
    """Return the files in results and caches that show or name what was removed."""
    now = KnownPhotos.read(known.results)
    removed = listed.in_photos(list(now.photos.values()), now.faces)
    rows = removed_rows(known, listed)
    found = [
        path
        for path, is_removed in zip(
            now.strays, listed.matches(list(now.strays.values())), strict=True
        )
        if is_removed
    ]
    for path in _face_tables(known.results):
        faces = read_if_any(read_faces, path)
        found += [path] * any(_is_removed(face, removed) for face in faces)
    for path in _tile_sets(known.results):
        try:
            found += [path] * any(_removed_tiles(TileSet.load(path).rows, removed))
        except TileError:
            found.append(path)
    # Another photo may have the name now.
    names = {row.photo for row in rows} | listed.photos
    names -= now.photos.keys() - removed.photos
    photos = known.results / paths.PHOTOS
    found += _archives_with(names, photos)
    # Other names are ordinary words and numbers, too.
    words = {name for name in names if Path(name).suffix.lower() in SUFFIXES}
    # Files that can't be decoded.
    found += [photos / name for name in words if (photos / name).is_file()]
    words |= {row.sha256 for row in rows if row.sha256} | listed.sha256
    folders = [cache_dir(name, known.results) for name in ("photos", "faces")]
    found += _files_with(words, known.results, *folders)
    for folder, is_left in (
        (cache_dir("downloads"), any(listed.matches(download_cache().rows()))),
        (cache_dir("tiles"), bool(rows) and any(cache_dir("tiles").glob("*.npz"))),
    ):
        found += [folder] * is_left
    return sorted(set(found))


def _files_with(words: Iterable[str], *folders: Path) -> Iterator[Path]:
    """Yield text files that contain one of the words."""
    forms = {
        form.encode(errors="surrogateescape")
        for word in words
        for form in (
            word,
            json.dumps(word)[1:-1],
            html.escape(word),
            quote(word, errors="surrogateescape"),
        )
    }
    if not forms:
        return
    # A name is also part of longer names.
    pattern = re.compile(
        rb"(?:(?<![\w.\-/ ])|(?<=photos/))(?:%b)(?![\w.\-])"
        % b"|".join(map(re.escape, sorted(forms)))
    )
    for folder in folders:
        allowed = {path for glob in ALLOWED for path in folder.glob(glob)}
        for path in sorted(folder.rglob("*")):
            is_text = path.suffix not in WITHOUT_TEXT and path not in allowed
            if is_text and path.is_file() and pattern.search(path.read_bytes()):
                yield path
