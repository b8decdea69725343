"""Write pictures of any size at constant memory, band by band, through libvips."""

import logging
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from shutil import rmtree
from tempfile import TemporaryDirectory
from typing import Any

import pyvips

from pigeonhole.core.arrays import Picture
from pigeonhole.core.atomic import DRAFT, beside, write_text
from pigeonhole.core.errors import RenderError
from pigeonhole.core.geometry import Size
from pigeonhole.imaging.bigtiff import TiffStream

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
        super().__init__(
            f"{path} can't be written: {reason}. "
            "See that the disk has room, then give the command again."
        )


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
    paper : bool
        TIFF as print shops take it: one picture in strips, no smaller sizes.
    """

    xmp: str = ""
    dpi: float = 72.0
    quality: int = 90
    lossless: bool = False
    paper: bool = False


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
    stream = TiffStream(bands, size)
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
    if not facts.paper:
        way |= {"tile": True, "tile_width": TILE, "tile_height": TILE, "pyramid": True}
    return lambda image: image.tiffsave(
        str(path),
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


def _save_deep_zoom(stream: TiffStream, path: Path, facts: Facts) -> None:
    # Thousands of tiles: none of them repeats the profile and the packet.
    suffix = ".png" if facts.lossless else f".jpg[Q={facts.quality}]"
    name = path.stem
    path.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(DRAFT, f".{name}-", path.parent) as draft:
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
    stream: TiffStream, path: Path, saver: Saver, facts: Facts | None = None
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
