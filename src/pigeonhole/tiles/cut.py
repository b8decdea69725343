"""Cut tiles from photos."""

import hashlib
import logging
import math
from collections.abc import (
    Callable,
    Collection,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
)
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

import numpy as np

from pigeonhole.core.arrays import Image
from pigeonhole.core.atomic import write_with
from pigeonhole.core.errors import SettingsError, TileError, did_you_mean
from pigeonhole.core.geometry import Box, Size
from pigeonhole.core.progress import progress
from pigeonhole.core.shards import Shard
from pigeonhole.faces import FaceRejection, FaceRow, read_faces
from pigeonhole.photos.ledger import CREDIT_COLUMNS, PhotoRow, read_ledger
from pigeonhole.photos.removal_list import RemovalList, Removed
from pigeonhole.settings import TileSetSettings
from pigeonhole.tiles.crop import Crop, crop_box, cut_tile
from pigeonhole.tiles.crops import read_photo
from pigeonhole.tiles.ids import tile_ids
from pigeonhole.tiles.subject import FaceSearch, detect_in_image
from pigeonhole.tiles.tileset import TileRow, TileSet
from pigeonhole.tiles.variants import face_crops, main_photo_crop, photo_crops

log = logging.getLogger(__name__)


class NoTiles(TileError):
    """No tile can be cut, in the workflow or by a command from a folder of photos."""

    def __init__(self, cut: str, folder: Path | None = None) -> None:
        advice, option = "change photos.* or faces.* in the settings", "cut: photos"
        if folder:
            advice, option = f"choose another folder than {folder}", "--cut photos"
        reason = f"no photo can be used: {advice}"
        if cut == "faces":
            reason = f"no face was kept: {advice}, or cut whole photos ({option})"
        super().__init__(f"there are no tiles, because {reason}.")


@dataclass(frozen=True, slots=True)
class TileSource:
    """A photo, or a face in a photo, from which tiles are cut."""

    number: int
    """Place in the plan, from 0."""
    photo: PhotoRow
    main: Box
    """The first crop of the source."""
    face: Box | None = None
    by_hand: bool = False
    """Whether the first crop was chosen by hand; then it is the only one."""


class CutTile(NamedTuple):
    """A tile and its origin."""

    tile: Image
    source: TileSource
    crop: Crop


@dataclass(frozen=True, slots=True)
class TilePlan:
    """
    Everything that decides the tiles of a tile set.

    Attributes
    ----------
    settings : TileSetSettings
    margin : float
        Margin around a face, as a fraction of its size.
    sources : sequence of TileSource
        Sorted by photo.
    faces : mapping of str to list of Box, or None
        The faces that crops of whole photos keep whole, by photo; None detects them.
    removed : Removed
        Faces that no tile may show.
    detect : callable
        Finds the faces in photos if `faces` is None.
    """

    settings: TileSetSettings
    margin: float
    sources: Sequence[TileSource]
    faces: Mapping[str, list[Box]] | None
    removed: Removed
    detect: FaceSearch = detect_in_image

    def crops(self, source: TileSource, photo: Image) -> list[Crop]:
        """Return the crops of a source; its photo has been read."""
        settings, count = self.settings, self.settings.variants
        name, size = source.photo.photo, Size(source.photo.width, source.photo.height)
        if count == 1 or source.by_hand:
            crops = [Crop(source.main)]
        elif source.face:
            crops = face_crops(source.face, size, settings.size, self.margin, count)
        else:
            known = self.faces
            faces = known.get(name, []) if known else []
            if known is None:
                faces = self.detect(source.photo, photo)
            crops = photo_crops(photo, faces, settings.size, settings.min_crop, count)
        removed = self.removed
        return [crop for crop in crops if not removed.intersects(name, crop.bounds)]


def cut_tiles(
    settings: TileSetSettings,
    margin: float,
    photos: list[PhotoRow],
    faces: list[FaceRow] | None,
    folder: Path,
    removed: Removed | None = None,
    threads: int = 1,
) -> TileSet:
    """
    Cut a tile set from the kept faces or from whole photos.

    Of tiles with identical pixels only the first is kept.

    Parameters
    ----------
    settings : TileSetSettings
    margin : float
        Margin around a face, as a fraction of its size.
    photos : list of PhotoRow
    faces : list of FaceRow or None
        Faces in any order. Tiles are cut from them, or keep them whole; in that case,
        None detects them.
    folder : Path
        Folder of downloaded and generated photos.
    removed : Removed, optional
        Faces that no tile may show.
    threads : int
        Number of photos that are cut at the same time.

    Raises
    ------
    NoTiles
        No face was kept, or there is no photo.
    """
    plan = plan_tiles(settings, margin, photos, faces, removed)
    tiles = cut_sources(plan, plan.sources, folder, threads)
    return build_tile_set(tiles, settings.cut)


def plan_tiles(
    settings: TileSetSettings,
    margin: float,
    photos: list[PhotoRow],
    faces: list[FaceRow] | None,
    removed: Removed | None = None,
    detect: FaceSearch = detect_in_image,
) -> TilePlan:
    """Return the plan of a tile set; see `cut_tiles`."""
    removed = removed or Removed()
    # Photos also keep faces whole that are near-duplicates of other faces.
    used = {FaceRejection.NONE}
    if settings.cut == "photos":
        used.add(FaceRejection.DUPLICATE)
    boxes: dict[str, list[Box]] = {}
    for row in sorted(faces or (), key=lambda row: (row.photo, row.y, row.x)):
        if row.rejection in used:
            boxes.setdefault(row.photo, []).append(row.box)
    sources: list[TileSource] = []
    for photo in sorted(photos, key=lambda row: row.photo):
        for source in _sources_in(photo, settings, margin, boxes.get(photo.photo, [])):
            # Without its first crop, a source has no tile at all.
            if not removed.intersects(photo.photo, source.main):
                sources.append(replace(source, number=len(sources)))
    known = None if faces is None else boxes
    return TilePlan(settings, margin, sources, known, removed, detect)


def _sources_in(
    photo: PhotoRow, settings: TileSetSettings, margin: float, faces: list[Box]
) -> list[TileSource]:
    """Return the sources in a photo; their numbers are set later."""
    size, tile = Size(photo.width, photo.height), settings.size
    sources = [
        TileSource(0, photo, crop_box(face, size, tile, margin), face) for face in faces
    ]
    if settings.cut == "photos":
        sources = [TileSource(0, photo, main_photo_crop(size, tile))]
    chosen = settings.crops.get(photo.photo)
    if chosen is None:
        return sources
    if chosen.x + chosen.width > size.width or chosen.y + chosen.height > size.height:
        value = f"{photo.photo}: {list(chosen)}"
        hint = f"the photo has only {size} pixels; choose a box inside it."
        raise SettingsError("tiles.crops", value, hint)
    main = crop_box(chosen, size, tile, 0)
    if settings.cut == "photos" or not sources:
        return [TileSource(0, photo, main, by_hand=True)]
    distances = [math.dist(face.center, chosen.center) for face in faces]
    nearest = distances.index(min(distances))
    sources[nearest] = replace(sources[nearest], main=main, by_hand=True)
    return sources


def log_unknown_crops(settings: TileSetSettings, photos: Collection[str]) -> None:
    """Log which crops by hand have no effect because there is no such photo."""
    for photo in sorted(settings.crops.keys() - set(photos)):
        near = did_you_mean(photo, list(photos))
        advice = f"did you mean {near}?" if near else "it has no effect."
        log.warning(
            "tiles.crops names %s, but there is no such photo; %s", photo, advice
        )


def read_plan(
    settings: TileSetSettings,
    margin: float,
    ledger: Path,
    faces: str | None,
    removal_list: Path,
) -> TilePlan:
    """Read the ledger, the faces and the removal list, and plan the tiles."""
    # Without them, the faces that whole photos show are found when they are cut.
    face_rows = read_faces(Path(faces)) if faces else None
    photos = read_ledger(ledger)
    log_unknown_crops(settings, [photo.photo for photo in photos])
    removed = RemovalList.read(removal_list).in_photos(photos, face_rows or ())
    return plan_tiles(settings, margin, photos, face_rows, removed)


def save_shard(path: Path, plan: TilePlan, folder: Path, shard: Shard) -> None:
    """Cut the tiles of one shard of all sources, which may be empty."""
    start, stop = shard.bounds(len(plan.sources))
    cut = list(cut_sources(plan, plan.sources[start:stop], folder))
    size, channels = plan.settings.size, (3,) * plan.settings.color
    tiles = np.empty((len(cut), size.height, size.width, *channels), np.uint8)
    for tile, (image, _, _) in zip(tiles, cut, strict=True):
        tile[...] = image
    origins = [(source.number, *crop.box, crop.rotation) for _, source, crop in cut]
    columns = np.array(origins, np.int64).reshape(-1, 6)
    write_with(path, partial(np.savez, tiles=tiles, origins=columns))


def join_shards(paths: Sequence[Path], plan: TilePlan) -> Iterator[CutTile]:
    """Yield the tiles of all shards in order."""
    for path in paths:
        with np.load(path) as arrays:
            pairs = zip(arrays["tiles"], arrays["origins"].tolist(), strict=True)
        for tile, (number, *box, rotation) in pairs:
            yield CutTile(tile, plan.sources[number], Crop(Box(*box), rotation))


def cut_or_join(
    plan: TilePlan, folder: Path, shards: Sequence[Path]
) -> Iterator[CutTile]:
    """Yield the tiles of a plan, from shards that other jobs cut, if there are any."""
    if shards:
        return join_shards(shards, plan)
    return cut_sources(plan, plan.sources, folder)


def build_tile_set(cut_tiles: Iterable[CutTile], cut: str) -> TileSet:
    """Return a tile set without tiles that repeat an earlier one; raise NoTiles."""
    origins: dict[bytes, tuple[TileSource, Crop]] = {}
    # Large sets don't fit in memory twice, so tiles are collected in their final form.
    pixels = bytearray()
    shape: tuple[int, ...] = ()
    for tile, source, crop in cut_tiles:
        content = tile.tobytes()
        digest = hashlib.sha256(content).digest()
        if digest not in origins:
            origins[digest] = source, crop
            pixels += content
            shape = tile.shape
    if not origins:
        raise NoTiles(cut)
    tiles = np.frombuffer(pixels, np.uint8).reshape(-1, *shape)
    rows: list[TileRow] = []
    source_ids: dict[int, str] = {}
    for tile_id, (source, crop) in zip(tile_ids(tiles), origins.values(), strict=True):
        photo = source.photo
        source_id = source_ids.setdefault(source.number, tile_id)
        credit = {column: getattr(photo, column) for column in CREDIT_COLUMNS}
        place = (photo.photo, *crop.box, crop.rotation)
        rows.append(TileRow(len(rows), tile_id, source_id, *place, **credit))
    return TileSet(tiles, rows)


def cut_photo(
    plan: TilePlan, sources: Sequence[TileSource], folder: Path
) -> list[CutTile]:
    """Read a photo, and cut the tiles of its sources."""
    return cut_image(plan, sources, read_photo(sources[0].photo, folder))


def cut_image(
    plan: TilePlan, sources: Sequence[TileSource], photo: Image
) -> list[CutTile]:
    """Cut the tiles of the sources in one photo, which has been read."""
    settings = plan.settings
    return [
        CutTile(
            cut_tile(
                *(photo, crop.box, settings.size),
                color=settings.color,
                rotation=crop.rotation,
            ),
            source,
            crop,
        )
        for source in sources
        for crop in plan.crops(source, photo)
    ]


PhotoCutter = Callable[[TilePlan, Sequence[TileSource], Path], list[CutTile]]
"""Cuts the tiles of one photo, such as `cut_photo`."""


def cut_sources(
    plan: TilePlan,
    sources: Sequence[TileSource],
    folder: Path,
    threads: int = 1,
    cutter: PhotoCutter = cut_photo,
) -> Iterator[CutTile]:
    """Yield the tiles of sources sorted by photo; each photo is opened once."""
    by_photo = [list(group) for _, group in groupby(sources, lambda s: s.photo)]
    with ThreadPoolExecutor(threads) as pool:
        tiles = pool.map(lambda group: cutter(plan, group, folder), by_photo)
        for group in progress(tiles, "Cutting tiles", "photo", len(by_photo)):
            yield from group
