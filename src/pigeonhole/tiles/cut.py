"""Cut tiles out of photos."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict
from functools import partial
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import NamedTuple

import numpy as np

from pigeonhole.core.arrays import Picture
from pigeonhole.core.atomic import write_made
from pigeonhole.core.errors import TileError
from pigeonhole.core.geometry import Size
from pigeonhole.core.progress import progress
from pigeonhole.core.shards import bounds
from pigeonhole.faces import FaceRow, read_faces
from pigeonhole.imaging.codecs import read_rgb
from pigeonhole.imaging.resize import resize, to_grey
from pigeonhole.photos.ledger import CREDIT_COLUMNS, PhotoRow, photo_path, read_ledger
from pigeonhole.photos.removal_list import Forgotten
from pigeonhole.settings import TileSetSettings
from pigeonhole.tiles.ids import tile_ids
from pigeonhole.tiles.tileset import TileRow, TileSet


class NoTiles(TileError):
    """Nothing is left to cut tiles from."""

    def __init__(self, cut: str) -> None:
        wanted = "face was kept" if cut == "faces" else "photo can be used"
        super().__init__(
            f"no {wanted}, so there is no tile to cut: look at "
            "results/faces/review.html, then change photos.* or faces.* in config.yaml."
        )


class Box(NamedTuple):
    """Part of a photo, in pixels."""

    x: int
    y: int
    width: int
    height: int


Crop = tuple[PhotoRow, Box]
CutTile = tuple[Picture, PhotoRow, Box]


def crop_box(box: Box, photo: Size, tile: Size, margin: float) -> Box:
    """
    Return the part of a photo that a tile shows: `box`, a margin, the tile's aspect.

    The part keeps its aspect and holds the box's centre as near to its own as the
    photo's edges allow; it shrinks only where the photo is too small.

    Parameters
    ----------
    box : Box
    photo, tile : Size
    margin : float
        Added around the box, as a share of its sides.
    """
    grown = 1 + 2 * margin
    scale = max(box.width * grown / tile.width, box.height * grown / tile.height)
    scale = min(scale, photo.width / tile.width, photo.height / tile.height)
    width = max(1, min(photo.width, round(scale * tile.width)))
    height = max(1, min(photo.height, round(scale * tile.height)))
    x = box.x + box.width // 2 - width // 2
    y = box.y + box.height // 2 - height // 2
    return Box(
        min(max(x, 0), photo.width - width),
        min(max(y, 0), photo.height - height),
        width,
        height,
    )


def cut_tiles(
    settings: TileSetSettings,
    margin: float,
    photos: list[PhotoRow],
    faces: list[FaceRow],
    folder: Path,
    forgotten: Forgotten | None = None,
) -> TileSet:
    """
    Cut a tile set from the kept faces or from whole photos.

    Tiles with the same pixels are kept once.

    Parameters
    ----------
    settings : TileSetSettings
    margin : float
        Share of a face's box that is added around it.
    photos : list of PhotoRow
    faces : list of FaceRow
        Of any order; only kept ones are used, and only where faces are cut.
    folder : Path
        Where downloaded and made photos lie.
    forgotten : Forgotten, optional
        Faces that no tile shows.

    Raises
    ------
    NoTiles
        No face was kept, or there is no photo.
    """
    crops = crops_of(settings, margin, photos, faces, forgotten)
    return tile_set_of(cut_crops(crops, settings, folder), settings.cut)


def crops_of(
    settings: TileSetSettings,
    margin: float,
    photos: list[PhotoRow],
    faces: list[FaceRow],
    forgotten: Forgotten | None = None,
) -> list[Crop]:
    """Return what tiles may show, in the order of the tiles; see `cut_tiles`."""
    boxes = _face_boxes(faces, margin) if settings.cut == "faces" else _whole
    crops = [
        (row, crop_box(box, Size(row.width, row.height), settings.size, around))
        for row in sorted(photos, key=lambda row: row.photo)
        for box, around in boxes(row)
    ]
    gone = forgotten or Forgotten()
    return [(row, box) for row, box in crops if not gone.seen_in(row.photo, box)]


def read_crops(
    settings: TileSetSettings,
    margin: float,
    ledger: Path,
    faces: str | None,
    forgotten: Path,
) -> list[Crop]:
    """Return what tiles may show from the files that say it."""
    found = read_faces(Path(faces)) if faces else []
    photos, gone = read_ledger(ledger), Forgotten.read(forgotten)
    return crops_of(settings, margin, photos, found, gone)


def save_part(
    path: Path,
    crops: list[Crop],
    settings: TileSetSettings,
    folder: Path,
    part: int,
    parts: int,
) -> None:
    """Cut one of the parts into which all crops are shared; it may be an empty one."""
    first, last = bounds(len(crops), part, parts)
    size, channels = settings.size, (3,) * settings.colour
    tiles = np.empty((last - first, size.height, size.width, *channels), np.uint8)
    cut = cut_crops(crops[first:last], settings, folder)
    for tile, (picture, _, _) in zip(tiles, cut, strict=True):
        tile[...] = picture
    write_made(path, partial(np.save, arr=tiles))


def join_parts(paths: Sequence[Path], crops: list[Crop]) -> Iterator[CutTile]:
    """Read the tiles of all parts, in their order."""
    tiles = (tile for path in paths for tile in np.load(path))
    for tile, (row, box) in zip(tiles, crops, strict=True):
        yield tile, row, box


def tile_set_of(cut: Iterable[CutTile], kind: str) -> TileSet:
    """
    Keep the first of tiles with the same pixels.

    Raises
    ------
    NoTiles
        There is no tile.
    """
    first: dict[bytes, CutTile] = {}
    for one in cut:
        first.setdefault(one[0].tobytes(), one)
    if not first:
        raise NoTiles(kind)
    cut = list(first.values())
    tiles = np.stack([tile for tile, _, _ in cut])
    names = tile_ids(tiles)
    rows = [
        _tile_row(number, name, photo, box)
        for number, (name, (_, photo, box)) in enumerate(zip(names, cut, strict=True))
    ]
    return TileSet(tiles, rows)


def _face_boxes(
    faces: list[FaceRow], margin: float
) -> Callable[[PhotoRow], Iterable[tuple[Box, float]]]:
    found: dict[str, list[tuple[Box, float]]] = {}
    for face in sorted(faces, key=lambda face: (face.photo, face.y, face.x)):
        if face.kept:
            box = Box(face.x, face.y, face.width, face.height)
            found.setdefault(face.photo, []).append((box, margin))
    return lambda row: found.get(row.photo, ())


def _whole(row: PhotoRow) -> Iterable[tuple[Box, float]]:
    # The largest part of the tile's aspect: crop_box shrinks the whole to fit.
    return [(Box(0, 0, row.width, row.height), 0.0)]


def cut_crops(
    crops: list[Crop], settings: TileSetSettings, folder: Path
) -> Iterator[CutTile]:
    """Cut tiles, of each photo after the other, and open no photo twice."""
    photos = [(row, list(group)) for row, group in groupby(crops, itemgetter(0))]
    for row, group in progress(photos, "tiles", "photo"):
        photo = read_rgb(photo_path(row, folder), max_pixels=row.width * row.height)
        for _, box in group:
            tile = cut_out(photo, box, settings.size, colour=settings.colour)
            yield tile, row, box


def cut_out(photo: Picture, box: Box, size: Size, *, colour: bool) -> Picture:
    """Return what a photo shows in a box, as a tile."""
    crop = photo[box.y : box.y + box.height, box.x : box.x + box.width]
    tile = resize(crop, size.width, size.height)
    return tile if colour else to_grey(tile)


def _tile_row(number: int, name: str, photo: PhotoRow, box: Box) -> TileRow:
    facts = asdict(photo)
    credit = {column: facts[column] for column in CREDIT_COLUMNS}
    return TileRow(number, name, photo.photo, *box, **credit)
