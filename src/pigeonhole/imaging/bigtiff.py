"""Bands of a picture as a TIFF file that exists nowhere, for libvips to read.

libvips asks for rows when it wants them and has no way to take them from Python as they
are made. But it reads files through callbacks: it gets a header, then the bands in
their order, each made when its first byte is read.
"""

import struct
from collections.abc import Iterator

import numpy as np
import pyvips

from pigeonhole.core.arrays import Picture
from pigeonhole.core.geometry import Size
from pigeonhole.core.progress import counting

STRIP_ROWS = 16
"""Rows that libvips reads at a time; more would only take memory."""


class TiffStream:
    """A TIFF file whose bytes are made when they are read."""

    def __init__(self, bands: Iterator[Picture], size: Size) -> None:
        self.error: BaseException | None = None
        self.bar = counting("Rendering", "row", size.height)
        self.image: pyvips.Image | None = None
        self._stopped = False
        self._bands = bands
        self._head = _header(size)
        self._end = len(self._head) + 3 * size.width * size.height
        self._line = 3 * size.width
        self._place = 0
        # The band that is read now, and the place of its first byte in the file.
        self._band = memoryview(self._head)
        self._start = 0

    def stop(self) -> None:
        """Give no more bytes, so that libvips ends."""
        self._stopped = True
        # Otherwise it would go on to the end without a pixel.
        if self.image:
            self.image.set_kill(True)

    def seek(self, offset: int, whence: int) -> int:
        """Go to a place as `io.IOBase.seek` does."""
        self._place = offset + (0, self._place, self._end)[whence]
        return self._place

    def read(self, length: int) -> bytes | None:
        """Return up to so many bytes; None after an error, which `error` keeps."""
        # An exception would be printed and forgotten on its way through libvips.
        try:
            return None if self._stopped else self._read(length)
        except BaseException as error:  # noqa: BLE001
            self.error = error
            self.stop()
            return None

    def _read(self, length: int) -> bytes | None:
        if self._place < self._start:
            if self._place >= len(self._head):
                raise RuntimeError("libvips read a band for the second time")
            return self._taken(memoryview(self._head), self._place, length)
        while self._place >= self._start + len(self._band):
            band = next(self._bands, None)
            if band is None:
                raise ValueError(f"the bands end before byte {self._end}")
            self._start += len(self._band)
            self._band = np.ascontiguousarray(band).data.cast("B")
            self.bar.update(len(self._band) // self._line)
        return self._taken(self._band, self._place - self._start, length)

    def _taken(self, part: memoryview, start: int, length: int) -> bytes:
        taken = bytes(part[start : start + length])
        self._place += len(taken)
        return taken


def _header(size: Size) -> bytes:
    """Return all of an uncompressed RGB BigTIFF that comes before its pixels.

    After TIFF 6.0 and libtiff's description of BigTIFF: the signature, one directory of
    tags (number, type, count, value), and where each strip begins and how long it is.
    """
    strips = -(-size.height // STRIP_ROWS)
    line, strip = 3 * size.width, 3 * size.width * STRIP_ROWS
    short, long, wide = 3, 4, 16
    tables = 16 + 8 + 20 * 9 + 8
    pixels = tables + 16 * strips
    starts = pixels + strip * np.arange(strips, dtype="<u8")
    lengths = np.full(strips, strip, "<u8")
    lengths[-1] = line * size.height - strip * (strips - 1)
    # The value of a single strip stands in the tag itself.
    places = (tables, tables + 8 * strips)
    if strips == 1:
        places = (int(starts[0]), int(lengths[0]))
    tags = [
        (256, long, 1, size.width),
        (257, long, 1, size.height),
        (258, short, 3, 8 | 8 << 16 | 8 << 32),  # bits of each channel
        (259, short, 1, 1),  # not compressed
        (262, short, 1, 2),  # RGB
        (273, wide, strips, places[0]),
        (277, short, 1, 3),  # channels
        (278, long, 1, STRIP_ROWS),
        (279, wide, strips, places[1]),
    ]
    head = struct.pack("<2sHHHQQ", b"II", 43, 8, 0, 16, len(tags))
    head += b"".join(struct.pack("<HHQQ", *tag) for tag in tags) + bytes(8)
    return head + starts.tobytes() + lengths.tobytes()
