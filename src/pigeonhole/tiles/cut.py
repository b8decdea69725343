"""Cut tiles from photos."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

import numpy as np

from pigeonhole.core.arrays import Image
from pigeonhole.core.atomic import write_with
from pigeonhole.core.errors import TileError
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
from pigeonhole.tiles.subject import detect_faces
from pigeonhole.tiles.tileset import TileRow, TileSet
from pigeonhole.tiles.variants import face_crops, main_photo_crop, photo_crops


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
    """

    settings: TileSetSettings
    margin: float
    sources: Sequence[TileSource]
    faces: Mapping[str, list[Box]] | None
    removed: Removed

    def crops(self, source: TileSource, photo: Image) -> list[Crop]:
        """Return the crops of a source; its photo has been read."""
        settings, count = self.settings, self.settings.variants
        name, size = source.photo.photo, Size(source.photo.width, source.photo.height)
        if count == 1:
            crops = [Crop(source.main)]
        elif source.face:
            crops = face_crops(source.face, size, settings.size, self.margin, count)
        else:
            known = self.faces
            faces = detect_faces(photo) if known is None else known.get(name, [])
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
        size = Size(photo.width, photo.height)
        mains: list[tuple[Box, Box | None]] = [
            (main_photo_crop(size, settings.size), None)
        ]
        if settings.cut == "faces":
            mains = [
                (crop_box(face, size, settings.size, margin), face)
                for face in boxes.get(photo.photo, ())
            ]
        for main, face in mains:
            # Without its first crop, a source has no tile at all.
            if not removed.intersects(photo.photo, main):
                sources.append(TileSource(len(sources), photo, main, face))
    known = None if faces is None else boxes
    return TilePlan(settings, margin, sources, known, removed)


def read_plan(
    settings: TileSetSettings,
    margin: float,
    ledger: Path,
    faces: str | None,
    removal_list: Path,
) -> TilePlan:
    """Read the ledger, the faces and the removal list, and plan the tiles."""
    face_rows = read_faces(Path(faces)) if faces else []
    photos = read_ledger(ledger)
    removed = RemovalList.read(removal_list).in_photos(photos, face_rows)
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


def cut_sources(
    plan: TilePlan, sources: Sequence[TileSource], folder: Path, threads: int = 1
) -> Iterator[CutTile]:
    """Yield the tiles of sources sorted by photo; each photo is opened once."""
    by_photo = [list(group) for _, group in groupby(sources, lambda s: s.photo)]
    with ThreadPoolExecutor(threads) as pool:
        tiles = pool.map(partial(_cut_photo, plan, folder), by_photo)
        for group in progress(tiles, "Cutting tiles", "photo", len(by_photo)):
            yield from group


def _cut_photo(
    plan: TilePlan, folder: Path, sources: list[TileSource]
) -> list[CutTile]:
    """Cut the tiles of the sources in one photo."""
    settings = plan.settings
    photo = read_photo(sources[0].photo, folder)
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
