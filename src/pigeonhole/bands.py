"""Write pictures of any size at constant memory, band by band: the user of libvips.

libvips asks for rows when it wants them. It has no way to take them from Python as they
are, so that they are handed over as a TIFF file that exists nowhere: a header, then the
bands in their order, made when they are read.
"""

import logging
import struct
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from shutil import rmtree
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pyvips

from pigeonhole.errors import RenderError
from pigeonhole.files import beside, write_text
from pigeonhole.images import Picture
from pigeonhole.progress import counting
from pigeonhole.settings import Size

# It tells of every thread that ends.
logging.getLogger("pyvips").setLevel("WARNING")
# Nothing is asked for twice: kept results would only take memory.
pyvips.cache_set_max(0)

FORMS = {
    ".tif": "tif",
    ".tiff": "tif",
    ".png": "png",
    ".jpg": "jpg",
    ".jpeg": "jpg",
    ".dzi": "dzi",
}
BAND_BYTES = 8 * 2**20
"""About how much of the picture is made at a time."""
STRIP_ROWS = 16
"""Rows that libvips reads at a time; more would only take memory."""
JPEG_SIDE = 65_535
"""Longest side that JPEG can hold, in pixels."""
CLASSIC_BYTES = 2**31
"""Beyond them a TIFF becomes a BigTIFF, which fewer programs read."""
TILE = 256
"""Side of the tiles of TIFF and Deep Zoom, in pixels."""


class TooLarge(RenderError):
    """The format can't hold so many pixels."""

    def __init__(self, path: Path, size: Size) -> None:
        super().__init__(
            f"{path} can't be {size} pixels large, JPEG ends at {JPEG_SIDE} a side: "
            "take tif, png or dzi, or a smaller mosaic.tile_pixels."
        )


class Unwritten(RenderError):
    """The file can't be written: the disk is full, or worse."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path} can't be written: {reason}.")


@dataclass(frozen=True, slots=True)
class Facts:
    """
    What a large picture says of itself, and how it is packed.

    Attributes
    ----------
    xmp : str
        XMP packet; Deep Zoom has it in a file beside.
    dpi : float
        Pixels per inch on paper.
    quality : int
        Of JPEG, from 1 to 100.
    lossless : bool
        TIFF without loss (deflate) in place of JPEG inside, several times as large;
        Deep Zoom of PNGs.
    """

    xmp: str = ""
    dpi: float = 72.0
    quality: int = 90
    lossless: bool = False


def band_rows(size: Size) -> int:
    """Return how many rows of a picture a band should have."""
    return max(1, BAND_BYTES // (3 * size.width))


def write_bands(
    path: Path, bands: Iterator[Picture], size: Size, facts: Facts | None = None
) -> None:
    """
    Write a picture that never is in memory as a whole; the file appears whole or not.

    Parameters
    ----------
    path : Path
        Its suffix says what is written: .png, .jpg or .tif, a tiled TIFF with all
        smaller sizes in it; .dzi has its tiles in NAME_files, its packet in NAME.xmp.
        Pictures are sRGB and say so.
    bands : iterator of uint8 arrays, shape (rows, width, 3)
        From top to bottom, of any heights.
    size : Size
        Of the picture.
    facts : Facts, optional

    Raises
    ------
    TooLarge
        JPEG ends at 65,535 pixels a side.
    Unwritten
        The disk is full, for example.
    """
    facts = facts or Facts()
    form = FORMS[path.suffix.lower()]
    if form == "jpg" and max(size) > JPEG_SIDE:
        raise TooLarge(path, size)
    stream = _Stream(bands, size)
    if form == "dzi":
        _save_deep_zoom(stream, path, facts)
        return
    savers = {"tif": _tiff, "png": _png, "jpg": _jpeg}
    with beside(path) as draft:
        _save(stream, path, savers[form](draft, size, facts), facts)
        _check(draft, path, size)


Saver = Callable[[pyvips.Image], None]


def _tiff(path: Path, size: Size, facts: Facts) -> Saver:
    raw = 4 * size.width * size.height
    way: dict[str, Any] = {"compression": "jpeg", "Q": facts.quality}
    if facts.lossless:
        way = {"compression": "deflate", "predictor": "horizontal"}
    return lambda image: image.tiffsave(
        str(path),
        tile=True,
        tile_width=TILE,
        tile_height=TILE,
        pyramid=True,
        bigtiff=raw > CLASSIC_BYTES,
        resunit="inch",
        profile="srgb",
        **way,
    )


def _png(path: Path, _: Size, __: Facts) -> Saver:
    return lambda image: image.pngsave(str(path), profile="srgb")


def _jpeg(path: Path, _: Size, facts: Facts) -> Saver:
    # Optimal Huffman tables would hold the whole picture in memory.
    return lambda image: image.jpegsave(str(path), Q=facts.quality, profile="srgb")


def _save_deep_zoom(stream: "_Stream", path: Path, facts: Facts) -> None:
    # Thousands of tiles: none of them repeats the profile and the packet.
    suffix = ".png" if facts.lossless else f".jpg[Q={facts.quality}]"
    name = path.stem
    path.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=path.parent, prefix=f".{name}-") as draft:
        folder = Path(draft)

        def save(image: pyvips.Image) -> None:
            image.dzsave(
                str(folder / name),
                suffix=suffix,
                tile_size=TILE - 2,
                overlap=1,
                keep="none",
            )

        _save(stream, path, save)
        files = path.with_name(f"{name}_files")
        # It has the time in it, and nothing that anyone needs.
        (folder / files.name / "vips-properties.xml").unlink(missing_ok=True)
        # The file that names the tiles goes first and comes last.
        path.unlink(missing_ok=True)
        rmtree(files, ignore_errors=True)
        write_text(path.with_suffix(".xmp"), facts.xmp)
        (folder / files.name).rename(files)
        (folder / path.name).rename(path)


def _save(
    stream: "_Stream", path: Path, saver: Saver, facts: Facts | None = None
) -> None:
    """Let libvips draw a picture through, in a thread: this one stays interruptible."""
    source = pyvips.SourceCustom()
    source.on_read(stream.read)
    source.on_seek(stream.seek)

    def work() -> None:
        image = pyvips.Image.tiffload_source(
            source, access="sequential", fail_on="truncated"
        )
        stream.image = _told(image, facts or Facts())
        saver(stream.image)

    with ThreadPoolExecutor(1) as pool, stream.bar:
        try:
            pool.submit(work).result()
        except pyvips.Error as error:
            if stream.error:
                raise stream.error from None
            lines = str(error).strip().splitlines()
            raise Unwritten(path, lines[-1].strip()) from None
        finally:
            stream.stop()
    if stream.error:
        raise stream.error


def _told(image: pyvips.Image, facts: Facts) -> pyvips.Image:
    """Return an image with its resolution and its packet."""
    per_mm = facts.dpi / 25.4
    image = image.copy(xres=per_mm, yres=per_mm, interpretation="srgb")
    image.set_type(pyvips.GValue.gstr_type, "resolution-unit", "in")
    if facts.xmp:
        packet = facts.xmp.encode()
        image.set_type(pyvips.GValue.blob_type, "xmp-data", packet)
    return image


def _check(draft: Path, path: Path, size: Size) -> None:
    """Open what was written."""
    try:
        image = pyvips.Image.new_from_file(str(draft))
        found = Size(image.width, image.height)
    except pyvips.Error:
        found = Size(0, 0)
    if found != size:
        raise Unwritten(path, f"it has {found} pixels and should have {size}")


class _Stream:
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
        self._place = offset + (0, self._place, self._end)[whence]
        return self._place

    def read(self, length: int) -> bytes | None:
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
