"""Present strips of an image to libvips as a TIFF file that is never on disk.

libvips pulls rows when it needs them; it has no interface for pushing rows from Python.
But it can read files through callbacks. This module answers such reads with a header
and then the strips in order, each rendered when its first byte is read.
"""

import struct
from collections.abc import Iterator

import numpy as np
import pyvips

from pigeonhole.core.arrays import Image
from pigeonhole.core.geometry import Size
from pigeonhole.core.progress import progress_bar

ROWS_PER_STRIP = 16
"""Rows that libvips reads at a time; more would only need memory."""


class TiffStream:
    """
    A virtual TIFF file of an image.

    Its strips, from top to bottom, are uint8 (rows, width, channels) with any number of
    rows; a fourth channel is the opacity.
    """

    def __init__(self, strips: Iterator[Image], size: Size, channels: int = 3) -> None:
        self.error: BaseException | None = None
        self.progress = progress_bar("Rendering", "row", size.height)
        self.image: pyvips.Image | None = None
        self._stopped = False
        self._strips = strips
        self._row_bytes = channels * size.width
        self._header = _header(size, channels)
        self._file_size = len(self._header) + self._row_bytes * size.height
        self._position = 0
        # The strip that is being read, and the position of its first byte.
        self._strip = memoryview(self._header)
        self._strip_start = 0

    def stop(self) -> None:
        """Refuse further reads so that libvips stops."""
        self._stopped = True
        # Otherwise libvips would process the rest of the image without data.
        if self.image:
            self.image.set_kill(True)

    def seek(self, offset: int, whence: int) -> int:
        """Change the position as `io.IOBase.seek` does."""
        self._position = offset + (0, self._position, self._file_size)[whence]
        return self._position

    def read(self, length: int) -> bytes | None:
        """Return up to `length` bytes, or None after an error, which sets `error`."""
        # libvips would only print an exception and lose it.
        try:
            return None if self._stopped else self._read(length)
        except BaseException as error:  # noqa: BLE001
            self.error = error
            self.stop()
            return None

    def _read(self, length: int) -> bytes | None:
        if self._position < self._strip_start:
            if self._position >= len(self._header):
                raise RuntimeError("libvips read a strip for the second time")
            return self._advance(memoryview(self._header), self._position, length)
        while self._position >= self._strip_start + len(self._strip):
            strip = next(self._strips, None)
            if strip is None:
                raise ValueError(f"the strips end before byte {self._file_size}")
            self._strip_start += len(self._strip)
            self._strip = np.ascontiguousarray(strip).data.cast("B")
            self.progress.update(len(self._strip) // self._row_bytes)
        return self._advance(self._strip, self._position - self._strip_start, length)

    def _advance(self, data: memoryview, start: int, length: int) -> bytes:
        content = bytes(data[start : start + length])
        self._position += len(content)
        return content


def _header(size: Size, channels: int) -> bytes:
    """
    Return the part of an uncompressed RGB or RGBA BigTIFF that precedes its pixels.

    It follows TIFF 6.0 and libtiff's description of BigTIFF: a signature, one directory
    of tags (number, type, count, value), and the offset and length of each strip.
    """
    strips = -(-size.height // ROWS_PER_STRIP)
    bits = 0x0008_0008_0008_0008 % 2 ** (16 * channels)
    row_bytes = channels * size.width
    strip_bytes = row_bytes * ROWS_PER_STRIP
    short, long, long8 = 3, 4, 16
    tables_start = 16 + 8 + 20 * (9 + (channels == 4)) + 8
    pixels_start = tables_start + 16 * strips
    offsets = pixels_start + strip_bytes * np.arange(strips, dtype="<u8")
    lengths = np.full(strips, strip_bytes, "<u8")
    lengths[-1] = row_bytes * size.height - strip_bytes * (strips - 1)
    # With a single strip the tags hold the values themselves, not their positions.
    tables = (tables_start, tables_start + 8 * strips)
    if strips == 1:
        tables = (int(offsets[0]), int(lengths[0]))
    tags = [
        (256, long, 1, size.width),  # ImageWidth
        (257, long, 1, size.height),  # ImageLength
        (258, short, channels, bits),  # BitsPerSample
        (259, short, 1, 1),  # Compression: none
        (262, short, 1, 2),  # PhotometricInterpretation: RGB
        (273, long8, strips, tables[0]),  # StripOffsets
        (277, short, 1, channels),  # SamplesPerPixel
        (278, long, 1, ROWS_PER_STRIP),  # RowsPerStrip
        (279, long8, strips, tables[1]),  # StripByteCounts
    ]
    if channels == 4:
        tags.append((338, short, 1, 2))  # ExtraSamples: opacity, not premultiplied
    header = struct.pack("<2sHHHQQ", b"II", 43, 8, 0, 16, len(tags))
    header += b"".join(struct.pack("<HHQQ", *tag) for tag in tags) + bytes(8)
    return header + offsets.tobytes() + lengths.tobytes()
