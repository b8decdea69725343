"""Cut single tiles from their photos on demand, at the size at which they are seen."""

import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from pigeonhole.core.arrays import Image
from pigeonhole.core.geometry import Box, Size
from pigeonhole.imaging.codecs import content_size, decode_small, read_content
from pigeonhole.tiles import TileRow
from pigeonhole.tiles.crop import cut_tile

OVERSAMPLING = 2
"""How much larger than on the screen a photo is decoded. Then, crops are less than a
quarter of a pixel away from their place, because they begin at whole pixels."""
MAX_CACHE_BYTES = 192 * 2**20
"""Maximum size of the decoded photos in memory; at least one photo is kept."""


@dataclass(slots=True)
class _DecodedPhoto:
    """A photo at a fraction of its size, which is decoded again if that's too low."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    image: Image | None = None
    scale: float = 0.0


class CropReader:
    """
    Read crops of photos. Decoded photos are kept, because many tiles show the same.

    Any thread may call `read`; different photos are decoded at the same time.

    Parameters
    ----------
    folder : Path
        Folder of the photos.
    max_pixels : int
        Photos with more pixels are refused.
    """

    def __init__(self, folder: Path, max_pixels: int) -> None:
        self._folder, self._max_pixels = folder, max_pixels
        self._photos: OrderedDict[str, _DecodedPhoto] = OrderedDict()
        self._lock = threading.Lock()

    def read(self, row: TileRow, size: Size, *, color: bool = True) -> Image:
        """
        Return the crop of a tile at a size, shape (height, width[, 3]).

        At the full resolution of the photo, it equals what `iter_crops` yields.

        Raises
        ------
        UnreadableImage
            The photo is missing or damaged.
        """
        wanted = min(1.0, OVERSAMPLING * size.width / row.width)
        photo, scale = self._decode(row.photo, wanted)
        box = row.crop
        if scale != 1:
            box = _scale_box(box, scale, Size(*photo.shape[1::-1]))
        return cut_tile(photo, box, size, color=color, rotation=row.rotation)

    def _decode(self, name: str, scale: float) -> tuple[Image, float]:
        """Return a photo at a scale or more, and its scale."""
        with self._lock:
            entry = self._photos.setdefault(name, _DecodedPhoto())
            self._photos.move_to_end(name)
        with entry.lock:
            if entry.image is None or entry.scale < scale:
                entry.image, entry.scale = self._read(self._folder / name, scale)
            image, scale = entry.image, entry.scale
        self._forget_oldest()
        return image, scale

    def _forget_oldest(self) -> None:
        with self._lock:
            images = [photo.image for photo in self._photos.values()]
            total = sum(image.nbytes for image in images if image is not None)
            while total > MAX_CACHE_BYTES and len(self._photos) > 1:
                _, oldest = self._photos.popitem(last=False)
                total -= 0 if oldest.image is None else oldest.image.nbytes

    def _read(self, path: Path, scale: float) -> tuple[Image, float]:
        content = read_content(path, self._max_pixels)
        size = content_size(content, path, self._max_pixels)
        side = int(np.ceil(scale * max(size)))
        image = decode_small(content, path, side, self._max_pixels)
        return image, max(image.shape[:2]) / max(size)


def _scale_box(box: Box, scale: float, photo: Size) -> Box:
    """Return a box in a smaller version of a photo; it stays inside, and not empty."""
    left = min(round(scale * box.x), photo.width - 1)
    top = min(round(scale * box.y), photo.height - 1)
    width = max(1, round(scale * box.width))
    height = max(1, round(scale * box.height))
    width, height = min(width, photo.width - left), min(height, photo.height - top)
    return Box(left, top, width, height)
