"""Cut tiles from photos."""

from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from itertools import groupby
from operator import itemgetter
from pathlib import Path

import numpy as np

from pigeonhole.core.arrays import Image
from pigeonhole.core.atomic import write_with
from pigeonhole.core.errors import TileError
from pigeonhole.core.geometry import Box, Size
from pigeonhole.core.progress import progress
from pigeonhole.core.shards import Shard
from pigeonhole.faces import FaceRow, read_faces
from pigeonhole.imaging.codecs import read_rgb
from pigeonhole.imaging.resize import resize, to_gray
from pigeonhole.photos.ledger import CREDIT_COLUMNS, PhotoRow, photo_path, read_ledger
from pigeonhole.photos.removal_list import RemovalList
from pigeonhole.settings import TileSetSettings
from pigeonhole.tiles.ids import tile_ids
from pigeonhole.tiles.tileset import TileRow, TileSet


class NoTiles(TileError):
    """No tile can be cut."""

    def __init__(self, cut: str) -> None:
        reason = "no photo can be used: change photos.* in the settings"
        if cut == "faces":
            reason = (
                "no face was kept: change photos.* or faces.* in the settings, or cut "
                "whole photos (cut: photos)"
            )
        super().__init__(f"there are no tiles, because {reason}.")


Crop = tuple[PhotoRow, Box]
CutTile = tuple[Image, PhotoRow, Box]


def crop_box(box: Box, photo: Size, tile: Size, margin: float) -> Box:
    """
    Return the crop for a tile: a box with a margin, in the tile's aspect ratio.

    If the crop doesn't fit at its place, it is moved into the photo. Only if the photo
    is too small is it shrunk. `margin` on each side is a fraction of the box.
    """
    factor = 1 + 2 * margin
    scale = max(box.width * factor / tile.width, box.height * factor / tile.height)
    scale = min(scale, photo.width / tile.width, photo.height / tile.height)
    width = max(1, min(photo.width, round(scale * tile.width)))
    height = max(1, min(photo.height, round(scale * tile.height)))
    x = box.x + box.width // 2 - width // 2
    y = box.y + box.height // 2 - height // 2
    x, y = min(max(x, 0), photo.width - width), min(max(y, 0), photo.height - height)
    return Box(x, y, width, height)


def cut_tiles(
    settings: TileSetSettings,
    margin: float,
    photos: list[PhotoRow],
    faces: list[FaceRow],
    folder: Path,
    removal_list: RemovalList | None = None,
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
    faces : list of FaceRow
        Faces in any order; used only if ``settings.cut`` is faces.
    folder : Path
        Folder of downloaded and generated photos.
    removal_list : RemovalList, optional
        Faces that no tile may show.

    Raises
    ------
    NoTiles
        No face was kept, or there is no photo.
    """
    crops = plan_crops(settings, margin, photos, faces, removal_list)
    return build_tile_set(cut_crops(crops, settings, folder), settings.cut)


def plan_crops(
    settings: TileSetSettings,
    margin: float,
    photos: list[PhotoRow],
    faces: list[FaceRow],
    removal_list: RemovalList | None = None,
) -> list[Crop]:
    """Return the crops of all tiles in order; see `cut_tiles`."""
    boxes: dict[str, list[Box]] = {}
    if settings.cut == "faces":
        for face in sorted(faces, key=lambda face: (face.photo, face.y, face.x)):
            if face.kept:
                boxes.setdefault(face.photo, []).append(face.box)
    else:
        # `crop_box` shrinks the photo to the largest box of the tile's aspect ratio.
        boxes = {row.photo: [Box(0, 0, row.width, row.height)] for row in photos}
        margin = 0.0
    crops = [
        (row, crop_box(box, Size(row.width, row.height), settings.size, margin))
        for row in sorted(photos, key=lambda row: row.photo)
        for box in boxes.get(row.photo, ())
    ]
    removed = removal_list or RemovalList()
    return [(row, box) for row, box in crops if not removed.intersects(row.photo, box)]


def read_crops(
    settings: TileSetSettings,
    margin: float,
    ledger: Path,
    faces: str | None,
    removal_list: Path,
) -> list[Crop]:
    """Read the ledger, the faces and the removal list, and plan the crops."""
    face_rows = read_faces(Path(faces)) if faces else []
    removed = RemovalList.read(removal_list)
    return plan_crops(settings, margin, read_ledger(ledger), face_rows, removed)


def save_shard(
    path: Path,
    crops: list[Crop],
    settings: TileSetSettings,
    folder: Path,
    shard: Shard,
) -> None:
    """Cut the tiles of one shard of all crops, which may be empty."""
    start, stop = shard.bounds(len(crops))
    size, channels = settings.size, (3,) * settings.color
    tiles = np.empty((stop - start, size.height, size.width, *channels), np.uint8)
    cut = cut_crops(crops[start:stop], settings, folder)
    for tile, (image, _, _) in zip(tiles, cut, strict=True):
        tile[...] = image
    write_with(path, partial(np.save, arr=tiles))


def join_shards(paths: Sequence[Path], crops: list[Crop]) -> Iterator[CutTile]:
    """Yield the tiles of all shards in order, with their photos and crops."""
    tiles = (tile for path in paths for tile in np.load(path))
    for tile, (row, box) in zip(tiles, crops, strict=True):
        yield tile, row, box


def cut_or_join(
    crops: list[Crop], settings: TileSetSettings, folder: Path, shards: Sequence[Path]
) -> Iterator[CutTile]:
    """Yield the tiles of crops, from shards that other jobs cut, if there are any."""
    if shards:
        return join_shards(shards, crops)
    return cut_crops(crops, settings, folder)


def build_tile_set(cut_tiles: Iterable[CutTile], cut: str) -> TileSet:
    """Return a tile set without tiles that repeat an earlier one; raise NoTiles."""
    unique: dict[bytes, CutTile] = {}
    for cut_tile in cut_tiles:
        unique.setdefault(cut_tile[0].tobytes(), cut_tile)
    if not unique:
        raise NoTiles(cut)
    tiles = np.stack([tile for tile, _, _ in unique.values()])
    rows: list[TileRow] = []
    for tile_id, (_, photo, box) in zip(tile_ids(tiles), unique.values(), strict=True):
        credit = {column: getattr(photo, column) for column in CREDIT_COLUMNS}
        rows.append(TileRow(len(rows), tile_id, photo.photo, *box, **credit))
    return TileSet(tiles, rows)


def cut_crops(
    crops: list[Crop], settings: TileSetSettings, folder: Path
) -> Iterator[CutTile]:
    """Yield the tiles of crops sorted by photo; each photo is opened once."""
    by_photo = [(row, list(group)) for row, group in groupby(crops, itemgetter(0))]
    for row, group in progress(by_photo, "Cutting tiles", "photo"):
        photo = read_rgb(photo_path(row, folder), max_pixels=row.width * row.height)
        for _, box in group:
            tile = cut_tile(photo, box, settings.size, color=settings.color)
            yield tile, row, box


def cut_tile(photo: Image, crop: Box, size: Size, *, color: bool) -> Image:
    """Return a crop of a photo as a tile."""
    tile = resize(crop.crop(photo), size.width, size.height)
    return tile if color else to_gray(tile)
