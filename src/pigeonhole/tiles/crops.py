"""Tiles again from their photos, at any size: as large as the photos allow."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path

import numpy as np

from pigeonhole.core.arrays import Picture
from pigeonhole.core.errors import TileError
from pigeonhole.core.geometry import Size
from pigeonhole.core.progress import progress
from pigeonhole.imaging.codecs import read_rgb, seen_size
from pigeonhole.photos.ledger import PhotoRow, photo_path
from pigeonhole.tiles.cut import Box, cut_out
from pigeonhole.tiles.tileset import TileRow


class LostPhoto(TileError):
    """A tile's photo is gone, or isn't the one that the tile was cut from."""

    def __init__(self, row: TileRow, reason: str) -> None:
        super().__init__(
            f"tile {row.tile} can't be drawn from {row.photo} again: {reason}. "
            "Run `snakemake --cores 4` to cut the tiles anew."
        )


def crops(
    rows: Sequence[TileRow],
    photos: Sequence[PhotoRow],
    folder: Path,
    size: Size,
    *,
    colour: bool = True,
) -> Picture:
    """
    Return tiles at a size of one's own, read again from their photos.

    Parameters
    ----------
    rows : sequence of TileRow
        The wished tiles, of a set in which their sizes have the same aspect.
    photos : sequence of PhotoRow
        The ledger.
    folder : Path
        Where downloaded and made photos lie: the ledger's folder.
    size : Size
        At the set's own size the tiles are the set's own, byte for byte.
    colour : bool
        False makes grey tiles.

    Returns
    -------
    uint8 array, shape (n, height, width[, 3])

    Raises
    ------
    LostPhoto
        A photo isn't in the ledger any more or has another size.
    UnreadablePhoto
    """
    shape = (len(rows), size.height, size.width, *(3,) * colour)
    tiles = np.empty(shape, np.uint8)
    for place, tile in each_crop(rows, photos, folder, size, colour=colour):
        tiles[place] = tile
    return tiles


def each_crop(
    rows: Sequence[TileRow],
    photos: Sequence[PhotoRow],
    folder: Path,
    *sizes: Size | None,
    colour: bool = True,
) -> Iterator[tuple[int, Picture]]:
    """
    Go through the same tiles one by one, photo by photo, each with its place in `rows`.

    No more than one photo is held at a time. With several sizes a place comes once for
    each, in their order; None is as large as the photo has it.
    """
    known = {photo.photo: photo for photo in photos}
    order = sorted(range(len(rows)), key=lambda place: rows[place].photo)
    groups = groupby(order, key=lambda place: rows[place].photo)
    parts = [(name, list(places)) for name, places in groups]
    for name, places in progress(parts, "Drawing tiles", "photo"):
        photo = _read(rows[places[0]], known.get(name), folder)
        for place in places:
            row = rows[place]
            box = Box(row.x, row.y, row.width, row.height)
            for size in sizes:
                drawn = size or Size(box.width, box.height)
                yield place, cut_out(photo, box, drawn, colour=colour)


def _read(row: TileRow, photo: PhotoRow | None, folder: Path) -> Picture:
    if photo is None:
        raise LostPhoto(row, "the ledger doesn't have it")
    picture = read_rgb(photo_path(photo, folder), max_pixels=photo.width * photo.height)
    height, width = picture.shape[:2]
    if (width, height) != (photo.width, photo.height):
        raise LostPhoto(
            row, f"it was {photo.width}x{photo.height} and is {width}x{height}"
        )
    return picture


def ledger_of(rows: Sequence[TileRow], folder: Path, max_pixels: int) -> list[PhotoRow]:
    """
    Return a ledger of the photos in a folder that some tiles were cut from.

    Raises
    ------
    UnreadablePhoto
        One of them is gone or broken.
    """
    photos = []
    for name in sorted({row.photo for row in rows}):
        path = folder / name
        width, height = seen_size(path, max_pixels)
        facts = ("folder", "", "", "", str(path), "", width, height, "")
        photos.append(PhotoRow(name, *facts))
    return photos


def enlarged(rows: Sequence[TileRow], size: Size) -> int:
    """Count the tiles whose part of the photo is smaller than they are drawn."""
    # Parts have the tiles' aspect: the width tells.
    return sum(row.width < size.width for row in rows)


def largest(rows: Sequence[TileRow], tile: Size) -> Size:
    """Return the largest size, of a tile's aspect, at which none is enlarged."""
    return scaled(tile, min(row.width for row in rows))


def scaled(tile: Size, width: int) -> Size:
    """Return the size of a tile drawn `width` pixels wide."""
    return Size(width, max(1, round(width * tile.height / tile.width)))
