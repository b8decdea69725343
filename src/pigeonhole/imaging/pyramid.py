"""Write images of any size with libvips, strip by strip in constant memory."""

import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyvips

from pigeonhole.core.arrays import Image
from pigeonhole.core.atomic import (
    TEMPORARY_SUFFIX,
    OutputError,
    atomic_write,
    short_name,
    sync_directory,
    sync_tree,
    write_text,
)
from pigeonhole.core.geometry import Size
from pigeonhole.imaging.bigtiff import TiffStream

FORMAT_BY_SUFFIX = {"tif": "tiff", "jpg": "jpeg", "dzi": "dz"}
"""libvips' names of formats that differ from the file's suffix."""
STRIP_BYTES = 8 * 2**20
"""Approximate size of the strips in which an image is rendered."""
JPEG_MAX_SIDE = 65_535
"""Maximum side of a JPEG file in pixels."""
CLASSIC_TIFF_BYTES = 2**31
"""Larger TIFF files are written as BigTIFF, which fewer programs can read."""
TILE_NAME = re.compile(r"\d+/\d+_\d+\.(jpg|png)|vips-properties\.xml")
"""Paths of files among the tiles of Deep Zoom."""
TILE_SIDE = 256
"""Side of the tiles of TIFF and Deep Zoom in pixels."""


class JpegTooLarge(OutputError):
    """A JPEG file can't have this many pixels per side."""

    template = (
        "{path} can't be {reason} pixels, the maximum of JPEG is "
        f"{JPEG_MAX_SIDE:,} per side: choose tif, png or dzi, or a smaller tile width."
    )


class WriteError(OutputError):
    """A file can't be written, for example because the disk is full."""

    template = (
        "{path} can't be written: {reason}. "
        "Check that the disk has free space and run the command again."
    )


class NotDeepZoom(OutputError):
    """The folder for the tiles of a Deep Zoom image has other files."""

    template = "{path} can't be replaced: {reason}. Choose another name or folder."


@dataclass(frozen=True, slots=True)
class LargeImageOptions:
    """Metadata and compression of a large image."""

    xmp: str = ""
    """XMP packet; for Deep Zoom it is written to a separate file."""
    dpi: float = 72.0
    """Resolution on paper in pixels per inch."""
    quality: int = 90
    """JPEG quality, 1 to 100."""
    lossless: bool = False
    """Compress TIFF with deflate instead of JPEG, which makes it several times larger,
    and write the tiles of Deep Zoom as PNG."""
    paper: bool = False
    """Write TIFF as print shops expect it: a single image in strips, no pyramid,
    compressed with LZW."""
    transparent: bool = False
    """The image has a fourth channel, the opacity. TIFF is compressed with deflate, and
    Deep Zoom must be lossless; JPEG has no opacity."""


def strip_height(size: Size) -> int:
    """Return how many rows of an image a strip should have."""
    return max(1, STRIP_BYTES // (3 * size.width))


def write_strips(
    path: Path,
    strips: Iterator[Image],
    size: Size,
    options: LargeImageOptions | None = None,
) -> None:
    """
    Write an image from strips, atomically; it is never in memory as a whole.

    Parameters
    ----------
    path : Path
        The suffix chooses the format: .png, .jpg, .tif (tiled, with all smaller sizes
        as pages) or .dzi (Deep Zoom, with tiles in NAME_files and the XMP packet in
        NAME.xmp). All have an sRGB profile, except Deep Zoom's tiles.
    strips : iterator of uint8 arrays, shape (rows, width, 3 or 4)
        Parts of the image from top to bottom, of any height.

    Raises
    ------
    JpegTooLarge, WriteError
    """
    options = options or LargeImageOptions()
    suffix = path.suffix[1:].lower()
    file_format = FORMAT_BY_SUFFIX.get(suffix, suffix)
    if file_format == "jpeg" and max(size) > JPEG_MAX_SIDE:
        raise JpegTooLarge(path, size)
    stream = TiffStream(strips, size, 4 if options.transparent else 3)
    with _no_cache():
        if file_format == "dz":
            _save_deep_zoom(stream, path, options)
            return
        arguments = _save_arguments(file_format, size, options)
        with atomic_write(path) as temporary:

            def save(image: pyvips.Image) -> None:
                getattr(image, f"{file_format}save")(str(temporary), **arguments)

            _save(stream, path, save, options)
            _check_size(temporary, path, size)


@contextmanager
def _no_cache() -> Iterator[None]:
    """Turn off libvips' cache of results, which would only need memory here."""
    size = pyvips.cache_get_max()
    pyvips.cache_set_max(0)
    try:
        yield
    finally:
        pyvips.cache_set_max(size)


def _save_arguments(
    file_format: str, size: Size, options: LargeImageOptions
) -> dict[str, Any]:
    """Return the arguments of libvips' function that saves a format."""
    arguments: dict[str, Any] = {"profile": "srgb"}
    if file_format == "jpeg":
        # Optimized Huffman tables would need the whole image in memory.
        arguments["Q"] = options.quality
    elif file_format == "tiff":
        big = 4 * size.width * size.height > CLASSIC_TIFF_BYTES
        arguments |= {"resunit": "inch", "bigtiff": big}
        if options.paper:
            arguments |= {"compression": "lzw", "predictor": "horizontal"}
        elif options.lossless or options.transparent:
            arguments |= {"compression": "deflate", "predictor": "horizontal"}
        else:
            arguments |= {"compression": "jpeg", "Q": options.quality}
        if not options.paper:
            arguments |= {"tile": True, "pyramid": True}
            arguments |= {"tile_width": TILE_SIDE, "tile_height": TILE_SIDE}
    return arguments


def _save_deep_zoom(stream: TiffStream, path: Path, options: LargeImageOptions) -> None:
    suffix = ".png" if options.lossless else f".jpg[Q={options.quality}]"
    files = path.with_name(f"{path.stem}_files")
    path.parent.mkdir(parents=True, exist_ok=True)
    prefix = f".{short_name(path.stem, 10 + len(TEMPORARY_SUFFIX))}-"
    with TemporaryDirectory(TEMPORARY_SUFFIX, prefix, path.parent) as temporary:
        folder = Path(temporary)

        def save(image: pyvips.Image) -> None:
            tiles = {"suffix": suffix, "tile_size": TILE_SIDE - 2, "overlap": 1}
            # The profile and the packet would be repeated in thousands of tiles.
            image.dzsave(str(folder / "image"), **tiles, keep="none")

        _save(stream, path, save)
        # It contains the time of writing and nothing of use.
        (folder / "image_files" / "vips-properties.xml").unlink(missing_ok=True)
        sync_tree(folder)
        _check_is_pyramid(files)
        # The .dzi file is removed first and written last: where it exists, all of its
        # tiles do. Old tiles are deleted with the temporary folder.
        path.unlink(missing_ok=True)
        if files.is_dir():
            files.rename(folder / "old")
        (folder / "image_files").rename(files)
        (folder / "image.dzi").rename(path)
        write_text(path.with_suffix(".xmp"), options.xmp)
        sync_directory(path.parent)


def _check_is_pyramid(files: Path) -> None:
    """Raise `NotDeepZoom` if a folder has other files than the tiles of a Deep Zoom."""
    if files.is_symlink() or files.is_file():
        raise NotDeepZoom(files, "it isn't a folder")
    for file in files.rglob("*"):
        name = file.relative_to(files).as_posix()
        if not file.is_dir() and not TILE_NAME.fullmatch(name):
            raise NotDeepZoom(files, f"it has other files than tiles: {file.name}")


def _save(
    stream: TiffStream,
    path: Path,
    save: Callable[[pyvips.Image], None],
    options: LargeImageOptions | None = None,
) -> None:
    """Run a libvips pipeline in a thread, so that Ctrl-C works in this one."""
    source = pyvips.SourceCustom()
    source.on_read(stream.read)
    source.on_seek(stream.seek)

    def run() -> None:
        load = pyvips.Image.tiffload_source
        image = load(source, access="sequential", fail_on="truncated")
        stream.image = _with_metadata(image, options or LargeImageOptions())
        save(stream.image)

    with ThreadPoolExecutor(1) as pool, stream.progress:
        try:
            pool.submit(run).result()
        except pyvips.Error as error:
            if stream.error:
                raise stream.error from None
            lines = str(error).strip().splitlines()
            raise WriteError(path, lines[-1].strip()) from None
        finally:
            stream.stop()
    if stream.error:
        raise stream.error


def _with_metadata(image: pyvips.Image, options: LargeImageOptions) -> pyvips.Image:
    """Set the resolution and the XMP packet of an image."""
    per_mm = options.dpi / 25.4
    image = image.copy(xres=per_mm, yres=per_mm, interpretation="srgb")
    image.set_type(pyvips.GValue.gstr_type, "resolution-unit", "in")
    if options.xmp:
        image.set_type(pyvips.GValue.blob_type, "xmp-data", options.xmp.encode())
    return image


def _check_size(temporary: Path, path: Path, size: Size) -> None:
    """Open the written file and raise `WriteError` if its size is wrong."""
    try:
        image = pyvips.Image.new_from_file(str(temporary))
        actual = Size(image.width, image.height)
    except pyvips.Error:
        actual = Size(0, 0)
    if actual != size:
        raise WriteError(path, f"it has {actual} pixels and should have {size}")
