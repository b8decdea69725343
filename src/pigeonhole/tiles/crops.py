"""Read the crops of tiles from their photos again, at any size."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path

from pigeonhole.core.arrays import Image
from pigeonhole.core.digest import sha256_of
from pigeonhole.core.errors import TileError
from pigeonhole.core.geometry import Size
from pigeonhole.core.progress import progress
from pigeonhole.imaging.codecs import (
    DEFAULT_MAX_PIXELS,
    decode_rgb,
    image_size,
    read_content,
)
from pigeonhole.photos.ledger import PhotoRow, photo_path
from pigeonhole.tiles.crop import cut_tile
from pigeonhole.tiles.tileset import TileRow


class MissingPhoto(TileError):
    """A tile's photo isn't in the ledger."""

    def __init__(self, row: TileRow) -> None:
        super().__init__(
            f"tile {row.tile} can't be read from {row.photo} again: it isn't in the "
            "ledger. The photos have changed since the tiles were cut: run the same "
            "command again."
        )


class ChangedPhoto(TileError):
    """A photo isn't the one that the ledger describes."""

    def __init__(self, photo: PhotoRow, size: Size | None = None) -> None:
        change = "its content differs"
        if size:
            change = f"it has {size} pixels instead of {photo.width}x{photo.height}"
        super().__init__(
            f"{photo.photo} has changed since it was listed: {change}. Run the same "
            "command again."
        )


def iter_crops(
    rows: Sequence[TileRow],
    photos: Sequence[PhotoRow],
    folder: Path,
    *sizes: Size | None,
    color: bool = True,
) -> Iterator[tuple[int, Image]]:
    """
    Yield the crops of tiles, each with its index in `rows`, photo by photo.

    Only one photo is in memory at a time. With several sizes, each crop is yielded once
    for each size, in this order. None means the crop's own size in the photo. At the
    size of their tile set, crops equal the tiles.

    Parameters
    ----------
    rows : sequence of TileRow
    photos : sequence of PhotoRow
        The ledger.
    folder : Path
        Folder of downloaded and generated photos.
    *sizes : Size or None
    color : bool
        False yields gray tiles.

    Raises
    ------
    MissingPhoto, ChangedPhoto, UnreadableImage
    """
    ledger = {photo.photo: photo for photo in photos}
    order = sorted(range(len(rows)), key=lambda index: rows[index].photo)
    groups = groupby(order, key=lambda index: rows[index].photo)
    by_photo = [(name, list(indices)) for name, indices in groups]
    for name, indices in progress(by_photo, "Reading tiles", "photo"):
        if name not in ledger:
            raise MissingPhoto(rows[indices[0]])
        photo = read_photo(ledger[name], folder)
        for index in indices:
            crop, rotation = rows[index].crop, rows[index].rotation
            for size in sizes:
                tile_size = size or Size(crop.width, crop.height)
                tile = cut_tile(photo, crop, tile_size, color=color, rotation=rotation)
                yield index, tile


def read_photo(photo: PhotoRow, folder: Path, *, check_content: bool = False) -> Image:
    """
    Read a photo of the ledger again.

    With `check_content`, its file must be the same; otherwise only its size must.

    Raises
    ------
    ChangedPhoto, UnreadableImage
    """
    # The file of a small image may be large: an animation, or one with long metadata.
    max_pixels = max(DEFAULT_MAX_PIXELS, photo.width * photo.height)
    path = photo_path(photo, folder)
    content = read_content(path, max_pixels)
    if check_content and sha256_of(content) != photo.sha256:
        raise ChangedPhoto(photo)
    image = decode_rgb(content, path, max_pixels)
    size = Size(*image.shape[1::-1])
    if size != (photo.width, photo.height):
        raise ChangedPhoto(photo, size)
    return image


def folder_ledger(
    rows: Sequence[TileRow], folder: Path, max_pixels: int
) -> list[PhotoRow]:
    """
    Return a ledger of the photos in a folder from which tiles were cut.

    Raises
    ------
    UnreadableImage
        A photo is missing or damaged.
    """
    photos = []
    for name in sorted({row.photo for row in rows}):
        path = str(folder / name)
        width, height = image_size(folder / name, max_pixels)
        row = PhotoRow(name, "folder", image_url=path, width=width, height=height)
        photos.append(row)
    return photos


def count_upscaled(rows: Sequence[TileRow], size: Size) -> int:
    """Return how many crops are smaller than the size at which they are rendered."""
    # Crops have the aspect ratio of the tiles, so comparing widths is enough.
    return sum(row.width < size.width for row in rows)


def largest_size(rows: Sequence[TileRow], tile: Size) -> Size:
    """Return the largest size, with a tile's aspect ratio, without upscaling."""
    return size_at_width(tile, min(row.width for row in rows))


def size_at_width(tile: Size, width: int) -> Size:
    """Return the size with a given width and a tile's aspect ratio."""
    return Size(width, max(1, round(width * tile.height / tile.width)))
