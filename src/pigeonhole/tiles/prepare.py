"""Cut tiles from a folder of photos, or load them from the user's cache.

The key of a cached tile set depends on everything that decides it: names, sizes and
modification times of the photos, and the settings. If it isn't in the cache, what is
known about each photo, and the tiles cut from it, are still there.
"""

import json
import logging
import os
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Self, TypeVar

from pigeonhole.core.arrays import Image
from pigeonhole.core.cache import log_cache_errors
from pigeonhole.core.digest import sha256_of
from pigeonhole.core.errors import TileError
from pigeonhole.core.geometry import Box
from pigeonhole.core.progress import progress
from pigeonhole.core.tables import UnreadableTable
from pigeonhole.core.value_cache import ValueCache
from pigeonhole.faces import ExclusionList, FaceRow, filter_faces
from pigeonhole.faces.cache import CachedDetector, detector_key
from pigeonhole.faces.detect import Detection
from pigeonhole.imaging.codecs import FORMAT_NAMES
from pigeonhole.photos.cache import MeasurementCache
from pigeonhole.photos.files import FolderScan, scan_folder
from pigeonhole.photos.folder_credits import read_folder_credits
from pigeonhole.photos.ledger import (
    PhotoRow,
    Rejection,
    SkippedRow,
    read_skipped,
    write_skipped,
)
from pigeonhole.photos.removal_list import RemovalList, Removed
from pigeonhole.settings import Cut, FaceSettings, TileSetSettings
from pigeonhole.tiles.cached_cutter import CachedCutter
from pigeonhole.tiles.crops import read_photo
from pigeonhole.tiles.cut import (
    NoTiles,
    build_tile_set,
    cut_sources,
    log_unknown_crops,
    plan_tiles,
)
from pigeonhole.tiles.subject import CachedFaceSearch, choose_cut
from pigeonhole.tiles.tileset import TileSet, UnreadableTileSet

if TYPE_CHECKING:
    from pigeonhole.photos.sources.protocol import SourceResult

Found = TypeVar("Found")

log = logging.getLogger(__name__)

CACHE_VERSION = 6
"""Increased if the same photos and settings would give other tiles."""
MAX_CACHED_TILE_SETS = 16
"""Maximum number of cached tile sets; the least recently used are deleted."""
PHOTO_CACHE = "photos.sqlite"
"""Name of the file in which facts about photos, and their tiles, are cached."""
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
    faces: FaceSettings | None = None,
    exclusion_list: Path | None = None,
) -> FolderTiles:
    """
    Return the tiles of a folder of photos, from the cache if possible.

    Reasons for which files can't be used are logged. See `PhotoFolder` for the other
    parameters and the errors.

    Parameters
    ----------
    folder : Path
    settings : TileSetSettings
    """
    choice = removal_list, max_hash_distance, faces, exclusion_list
    with PhotoFolder(folder, max_pixels, cache, threads, *choice) as photos:
        return photos.load_or_cut(settings)


class PhotoFolder:
    """
    A folder of photos from which tile sets are cut.

    What is found out about a photo, and the tiles cut from it, are kept in the cache:
    only new photos are read. The tiles are the same as without a cache.

    Parameters
    ----------
    folder : Path
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
    faces : FaceSettings, optional
        How faces are detected and chosen; its exclusion list is ignored.
    exclusion_list : Path, optional
        The list of false detections.

    Raises
    ------
    NoPhotosInFolder
        There is no usable photo.
    SettingsError, UnreadableCredits
        A list, the credits or a crop are damaged.
    """

    def __init__(
        self,
        folder: Path,
        max_pixels: int,
        cache: Path | None,
        threads: int = 1,
        removal_list: Path | None = None,
        max_hash_distance: int | None = None,
        faces: FaceSettings | None = None,
        exclusion_list: Path | None = None,
    ) -> None:
        self._folder, self._cache, self._threads = folder, cache, threads
        self._max_pixels, self._max_hash_distance = max_pixels, max_hash_distance
        self._faces = faces or FaceSettings()
        self._removed = RemovalList()
        if removal_list:
            self._removed = RemovalList.read(removal_list)
        self._excluded = ExclusionList()
        if exclusion_list:
            self._excluded = ExclusionList.read(exclusion_list)
        self._credited = read_folder_credits(folder)
        self._scan = scan_folder(folder)
        if not self._scan.images:
            raise NoPhotosInFolder(folder, self._scan.skipped)
        self._usable: SourceResult | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        # Opened only if it was needed.
        if "_values" in vars(self):
            self._values.close()

    @cached_property
    def _values(self) -> ValueCache:
        return ValueCache(self._cache / PHOTO_CACHE if self._cache else None)

    @cached_property
    def _search(self) -> CachedFaceSearch:
        return CachedFaceSearch(self._values)

    def leave_out_unread(self) -> None:
        """Leave out photos that haven't been read before, if any have been."""
        known = MeasurementCache(self._values)
        images = [p for p in self._scan.images if known.has(p, self._max_pixels)]
        if images:
            self._scan = FolderScan(images, self._scan.skipped)

    def load_or_cut(self, settings: TileSetSettings) -> FolderTiles:
        """
        Return the tiles, and log why files can't be used.

        Raises
        ------
        NoTiles
        """
        names = [
            path.relative_to(self._folder).as_posix() for path in self._scan.images
        ]
        log_unknown_crops(settings, names)
        if self._cache is None:
            return _with_log(*self._cut(settings), None)
        cached = self._cache / f"{self._key(settings)}.npz"
        with suppress(UnreadableTileSet, UnreadableTable, OSError):
            tile_set = TileSet.load(cached)
            # The key depends on images only, so other files are listed as they are now.
            skipped = read_skipped(cached.with_suffix(SKIPPED_SUFFIX))
            with suppress(OSError):
                # The modification time records the last use.
                os.utime(cached)
            return _with_log(tile_set, self._scan.skipped + skipped, cached)
        tile_set, skipped = self._cut(settings)
        written = None
        with log_cache_errors():
            of_images = set(skipped) - set(self._scan.skipped)
            write_skipped(cached.with_suffix(SKIPPED_SUFFIX), of_images)
            tile_set.save(cached)
            _delete_oldest(self._cache)
            written = cached
        return _with_log(tile_set, skipped, written)

    def is_cached(self, settings: TileSetSettings) -> bool:
        """Return whether the tiles are in the cache."""
        cache = self._cache
        return cache is not None and (cache / f"{self._key(settings)}.npz").exists()

    def choose_cut(self, settings: TileSetSettings) -> Cut:
        """
        Return whether to cut faces or whole photos; see `tiles.subject.choose_cut`.

        `settings` are those of whole photos, which are cut at the same time.
        """
        photos = self._read(settings, search=True).rows
        return choose_cut(len(boxes) for boxes in self._find_subjects(photos))

    def faces(self, settings: TileSetSettings) -> list[FaceRow]:
        """Return the detected boxes, with the reasons for which some aren't used."""
        return self._judged_faces(self._read(settings).rows)[0]

    def face_counts(self, photos: Sequence[PhotoRow]) -> dict[str, int]:
        """Return the number of faces in each photo that has been searched for them."""
        found = ((row.photo, self._search.find(row)) for row in photos)
        return {photo: len(boxes) for photo, boxes in found if boxes is not None}

    def photos(self, settings: TileSetSettings) -> list[PhotoRow]:
        """Return the usable photos, sorted by name; new ones are cut, too."""
        return self._read(settings).rows

    def _key(self, settings: TileSetSettings) -> str:
        facts: list[object] = [CACHE_VERSION, str(self._folder.resolve())]
        facts += [self._max_pixels, self._max_hash_distance]
        facts += [repr(self._removed), repr(sorted(self._credited.items()))]
        facts.append(settings.model_dump(mode="json"))
        if settings.cut == "faces":
            facts += [detector_key(self._faces), self._faces.model_dump(mode="json")]
            facts.append(repr(self._excluded))
        for path in self._scan.images:
            # A photo may vanish after the scan; then no tile shows it.
            with suppress(OSError):
                status = path.stat()
                name = path.relative_to(self._folder).as_posix()
                facts.append([name, status.st_size, status.st_mtime_ns])
        return sha256_of(json.dumps(facts).encode())[:32]

    def _read(
        self, settings: TileSetSettings, *, search: bool = False
    ) -> "SourceResult":
        """
        Read the photos, once; the tiles of new ones are cut for these settings.

        With `search`, they are also searched for the faces that whole photos show.
        """
        # Imported here because a cached tile set needs none of it.
        from pigeonhole.photos.collect import drop_duplicates
        from pigeonhole.photos.sources.folder import collect
        from pigeonhole.photos.sources.protocol import CollectRequest, SourceResult

        if self._usable:
            return self._usable
        request = CollectRequest(
            self._folder,
            {"folder": self._folder, "max_pixels": self._max_pixels},
            threads=self._threads,
            measurements=MeasurementCache(self._values),
            scan=self._scan,
            examine=self._examiner(settings, search=search),
        )
        collected = collect(request)
        # A photo that has vanished since the scan isn't part of the folder.
        gone = self._vanished()
        skipped = [row for row in collected.skipped if row.photo not in gone]
        kept = SourceResult(skipped=skipped)
        is_removed = self._removed.matches(collected.rows)
        for row, removed in zip(collected.rows, is_removed, strict=True):
            kept.add(SkippedRow.removed(row.photo) if removed else row)
        different = drop_duplicates(kept, self._max_hash_distance)
        if not different.rows:
            raise NoPhotosInFolder(self._folder, different.skipped)
        different.rows.sort(key=lambda row: row.photo)
        self._usable = different
        return different

    def _vanished(self) -> set[str]:
        """Return the photos of the scan that aren't there any more."""
        gone = (path for path in self._scan.images if not os.path.lexists(path))
        return {path.relative_to(self._folder).as_posix() for path in gone}

    def _examiner(
        self, settings: TileSetSettings, *, search: bool
    ) -> Callable[[PhotoRow, Image], None]:
        """Return what to do with each photo while it is in memory."""
        if settings.cut == "faces":
            detector = self._detector
            return lambda row, image: detector.add(row.sha256, image)
        find, cutter = self._search, CachedCutter(self._values)

        def cut_photo(row: PhotoRow, image: Image) -> None:
            if search:
                find(row, image)
            plan = plan_tiles(settings, 0, [row], None, detect=find)
            cutter.add_photo(plan, image)

        return cut_photo

    @cached_property
    def _detector(self) -> CachedDetector:
        return CachedDetector(self._faces, self._values)

    def _cut(self, settings: TileSetSettings) -> tuple[TileSet, list[SkippedRow]]:
        """Cut tiles; also return the files that no tile shows, with the reason."""
        usable = self._read(settings)
        photos, skipped = usable.rows, list(usable.skipped)
        # Faces that whole photos show are found when the photos are cut.
        faces, removed = None, self._removed.in_photos(photos, ())
        if settings.cut == "faces":
            faces, removed = self._judged_faces(photos)
        margin = self._faces.margin if settings.cut == "faces" else 0
        plan = plan_tiles(settings, margin, photos, faces, removed, self._search)
        cutter = CachedCutter(self._values).cut_photo
        tiles = cut_sources(plan, plan.sources, self._folder, self._threads, cutter)
        try:
            tile_set = build_tile_set(tiles, settings.cut)
        except NoTiles:
            raise NoTiles(settings.cut, self._folder) from None
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

    def _judged_faces(
        self, photos: Sequence[PhotoRow]
    ) -> tuple[list[FaceRow], Removed]:
        """Return the detected boxes with their rejections, and what was removed."""
        found = self._find_faces(photos)
        removed = self._removed.in_photos(photos, found)
        excluded = self._excluded.find(photos, found)
        return filter_faces(found, self._faces, excluded, removed), removed

    def _find_faces(self, photos: Sequence[PhotoRow]) -> list[FaceRow]:
        """Return a row for each detected box."""

        def detect(photo: PhotoRow) -> list[Detection]:
            return self._detector.detect(photo.sha256, lambda: self._image(photo))

        found = self._map("Finding faces", detect, photos)
        return [
            FaceRow(photo.photo, **box._asdict())
            for photo, boxes in zip(photos, found, strict=True)
            for box in boxes
        ]

    def _find_subjects(self, photos: Sequence[PhotoRow]) -> Iterator[list[Box]]:
        """Yield the faces that whole photos show."""

        def find(photo: PhotoRow) -> list[Box]:
            boxes = self._search.find(photo)
            return self._search(photo, self._image(photo)) if boxes is None else boxes

        return self._map("Looking for faces", find, photos)

    def _image(self, photo: PhotoRow) -> Image:
        return read_photo(photo, self._folder, check_content=True)

    def _map(
        self,
        description: str,
        function: Callable[[PhotoRow], Found],
        photos: Sequence[PhotoRow],
    ) -> Iterator[Found]:
        """Apply a function to photos in several threads, with a progress bar."""
        with ThreadPoolExecutor(self._threads) as pool:
            results = pool.map(function, photos)
            yield from progress(results, description, "photo", len(photos))


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


def _delete_oldest(cache: Path) -> None:
    paths = sorted(cache.glob("*.npz"), key=lambda path: -path.stat().st_mtime_ns)
    for path in paths[MAX_CACHED_TILE_SETS:]:
        for suffix in (".npz", ".csv", ".index", SKIPPED_SUFFIX):
            path.with_suffix(suffix).unlink(missing_ok=True)
