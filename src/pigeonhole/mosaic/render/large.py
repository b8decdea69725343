"""Render mosaics at any size: cut the tiles from the photos and draw strip by strip."""

import logging
import mmap
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from itertools import cycle
from pathlib import Path
from shutil import disk_usage
from tempfile import TemporaryFile, gettempdir
from time import perf_counter
from typing import NamedTuple

import numpy as np

from pigeonhole.core.arrays import BoolArray, Float32Array, Image, Int64Array
from pigeonhole.core.atomic import DiskFull, translate_disk_full
from pigeonhole.core.geometry import Size
from pigeonhole.imaging.codecs import write_jpeg, write_png
from pigeonhole.imaging.pyramid import LargeImageOptions, strip_height, write_strips
from pigeonhole.imaging.resize import to_rgb
from pigeonhole.mosaic.compose import Mosaic
from pigeonhole.mosaic.credits import xmp_packet
from pigeonhole.mosaic.render.color import blend_target
from pigeonhole.mosaic.render.drawing import AUTO_PIXELS, Drawing, TileWidth
from pigeonhole.mosaic.render.kernels import draw_cells
from pigeonhole.mosaic.render.page import Page
from pigeonhole.photos.ledger import PhotoRow
from pigeonhole.tiles import TileRow
from pigeonhole.tiles.crops import count_upscaled, iter_crops

log = logging.getLogger(__name__)

PAGE_BACKGROUND = 255
"""Gray level where no cell is: white, like paper."""


def write_large(
    path: Path,
    drawing: Drawing,
    page: Page,
    photos: Sequence[PhotoRow],
    folder: Path,
    options: LargeImageOptions | None = None,
) -> None:
    """
    Render a mosaic at any size into a file, in constant memory, and log the speed.

    Parameters
    ----------
    path : Path
        See `write_strips`.
    drawing : Drawing
    page : Page
    photos : sequence of PhotoRow
        The ledger. The tiles are cut from the photos again.
    folder : Path
        Folder of downloaded and generated photos.
    options : LargeImageOptions, optional
        Default XMP metadata credits the photos.

    Raises
    ------
    MissingPhoto, UnreadableImage
        The photo of a tile is missing or damaged.
    JpegTooLarge, WriteError
    """
    options = options or LargeImageOptions()
    if not options.xmp:
        packet = xmp_packet("Photo mosaic", drawing.placed_rows())
        options = replace(options, xmp=packet)
    edges = cell_edges(drawing, page)
    if _keeps_transparency(path, options) and not _is_covered(edges, page.size):
        options = replace(options, transparent=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    _warn_if_upscaled(drawing.placed_rows(), _tile_sizes(drawing, edges)[0])
    with (
        translate_disk_full(path),
        _cut_tiles(drawing, edges, photos, folder, path.parent) as tiles,
    ):
        start = perf_counter()
        strips = _strips(drawing, page, edges, tiles, transparent=options.transparent)
        write_strips(path, strips, page.size, options)
        seconds = perf_counter() - start
    speed = page.size.height / seconds
    template = "%s: %s pixels in %.1f s, %.0f rows per second"
    log.info(template, path.name, page.size, seconds, speed)


def _keeps_transparency(path: Path, options: LargeImageOptions) -> bool:
    """Return whether empty cells are transparent; elsewhere they are white paper."""
    suffix = path.suffix.lower()
    is_lossless = suffix in (".png", ".tif", ".tiff") or (
        suffix == ".dzi" and options.lossless
    )
    return is_lossless and not options.paper


def _is_covered(edges: Int64Array, size: Size) -> bool:
    """Return whether cells, which don't overlap, cover a page."""
    top, left, bottom, right = edges.T
    heights = np.minimum(bottom, size.height) - np.maximum(top, 0)
    widths = np.minimum(right, size.width) - np.maximum(left, 0)
    areas = np.maximum(heights, 0) * np.maximum(widths, 0)
    return int(areas.sum()) == size.width * size.height


def save_mosaic(
    path: Path,
    mosaic: Mosaic,
    drawing: Drawing,
    tile_width: TileWidth,
    photos: Sequence[PhotoRow],
    folder: Path,
    name: str,
) -> None:
    """
    Write a mosaic as PNG, with its credit as XMP metadata.

    Without a tile width, the pixels are those of the tile set; see also `save_image`.
    """
    if tile_width is None:
        mosaic.save_image(path, name)
        return
    xmp = drawing.xmp(name)
    save_image(path, drawing, tile_width, photos, folder, xmp)


def save_image(
    path: Path,
    drawing: Drawing,
    tile_width: TileWidth,
    photos: Sequence[PhotoRow],
    folder: Path,
    xmp: str,
) -> Size:
    """
    Render a mosaic as PNG or JPEG and return its size; see `write_large`.

    Empty cells are transparent in a PNG and white in a JPEG.
    """
    page = drawing.page(tile_width)
    if page.size.width * page.size.height > AUTO_PIXELS:
        write_large(path, drawing, page, photos, folder, LargeImageOptions(xmp))
        return page.size
    image = draw_page(drawing, page, photos, folder)
    if path.suffix.lower() != ".png":
        write_jpeg(path, image, mosaic=True)
        return page.size
    coverage = _strip_coverage(image, 0, cell_edges(drawing, page))
    if not coverage.all():
        image = np.dstack([image, 255 * coverage.astype(np.uint8)])
    write_png(path, image, xmp, fast=True, mosaic=True)
    return page.size


def draw_page(
    drawing: Drawing, page: Page, photos: Sequence[PhotoRow], folder: Path
) -> Image:
    """Render a page in memory, shape (height, width, 3); see `write_large`.

    Only the photos of visible tiles are read.
    """
    edges = cell_edges(drawing, page)
    top_left, bottom_right = edges[:, :2], edges[:, 2:]
    visible = (bottom_right > 0) & (top_left < (page.size.height, page.size.width))
    drawing = drawing.subset(np.all(visible, axis=1))
    edges = cell_edges(drawing, page)
    with _cut_tiles(drawing, edges, photos, folder, None) as tiles:
        return np.concatenate(list(_strips(drawing, page, edges, tiles)))


def cell_edges(drawing: Drawing, page: Page) -> Int64Array:
    """Return top, left, bottom and right of each cell on the page, shape (n, 4).

    Adjacent cells share their edges at any scale, without gaps or overlap.
    """
    top, left, height, width = drawing.boxes.T
    rows = np.stack([top, top + height])
    columns = np.stack([left, left + width])
    rows = _scale(rows, page.mosaic.height, drawing.size.height) + page.top
    columns = _scale(columns, page.mosaic.width, drawing.size.width) + page.left
    return np.column_stack([rows[0], columns[0], rows[1], columns[1]])


def _scale(coordinates: Int64Array, new: int, old: int) -> Int64Array:
    """Scale and round in integers."""
    return np.asarray((2 * coordinates * new + old) // (2 * old))


class _TileBytes(NamedTuple):
    """The pixels of all rendered tiles; position and width of the tile of each cell."""

    content: mmap.mmap
    starts: Int64Array
    widths: Int64Array

    def release_memory(self) -> None:
        """Drop the pages that were read from memory; they stay in the file."""
        if hasattr(mmap, "MADV_DONTNEED"):
            self.content.madvise(mmap.MADV_DONTNEED)


@contextmanager
def _cut_tiles(
    drawing: Drawing,
    edges: Int64Array,
    photos: Sequence[PhotoRow],
    folder: Path,
    scratch: Path | None,
) -> Iterator[_TileBytes]:
    """Cut each placed tile once per cell size, into an unnamed temporary file."""
    sizes, size_numbers = _tile_sizes(drawing, edges)
    used, places = np.unique(drawing.numbers, return_inverse=True)
    rows = [drawing.rows[number] for number in used]
    lengths = np.array([3 * size.width * size.height for size in sizes], np.int64)
    # All sizes of a tile are stored next to each other.
    offsets = np.cumsum(lengths) - lengths
    _check_space(scratch or Path(gettempdir()), len(rows) * int(lengths.sum()))
    with TemporaryFile(dir=scratch) as file:
        crops = iter_crops(rows, photos, folder, *sizes, color=drawing.color)
        for (place, tile), offset in zip(crops, cycle(offsets.tolist()), strict=False):
            file.seek(place * int(lengths.sum()) + offset)
            file.write(to_rgb(tile).data)
        # An empty file can't be mapped, even if the image has no cells.
        file.truncate(max(1, len(rows) * int(lengths.sum())))
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
            starts = places.ravel() * lengths.sum() + offsets[size_numbers]
            widths = np.array([size.width for size in sizes], np.int64)
            yield _TileBytes(content, starts, widths[size_numbers])


def _check_space(folder: Path, needed: int) -> None:
    """Raise `DiskFull` if the pixels of the tiles don't fit on a disk."""
    if needed > (free := disk_usage(folder).free):
        reason = f"the tiles need {needed / 1e6:,.1f} MB of temporary space and "
        reason += f"{free / 1e6:,.1f} MB are free; smaller tiles need less"
        raise DiskFull(folder, reason)


def _tile_sizes(drawing: Drawing, edges: Int64Array) -> tuple[list[Size], Int64Array]:
    """Return the sizes at which tiles are cut, and the number of each cell's size.

    Because of rounding, cells of one size in the matched mosaic may differ by a pixel
    on the page. Tiles are cut at the larger size and clipped.
    """
    shapes, numbers = np.unique(drawing.boxes[:, 2:], axis=0, return_inverse=True)
    numbers = numbers.ravel()
    sizes = np.zeros((len(shapes), 2), np.int64)
    np.maximum.at(sizes, numbers, (edges[:, 2:] - edges[:, :2])[:, ::-1])
    return [Size(*size) for size in np.maximum(sizes, 1).tolist()], numbers


def _warn_if_upscaled(rows: Sequence[TileRow], sizes: Sequence[Size]) -> None:
    size = max(sizes)
    if count := count_upscaled(rows, size):
        log.warning(
            "%d of %d tiles are larger in the image (%s) than in their photos, "
            "by a factor of up to %.1f.",
            count,
            len(rows),
            size,
            size.width / min(row.width for row in rows),
        )


def _strips(
    drawing: Drawing,
    page: Page,
    edges: Int64Array,
    tiles: _TileBytes,
    *,
    transparent: bool = False,
) -> Iterator[Image]:
    order = np.argsort(edges[:, 0], kind="stable")
    tops = edges[order, 0]
    tallest = int((edges[:, 2] - edges[:, 0]).max(initial=0))
    height, width = page.size.height, page.size.width
    rows = strip_height(page.size)
    for top in range(0, height, rows):
        strip = np.full((min(rows, height - top), width, 3), PAGE_BACKGROUND, np.uint8)
        first, last = np.searchsorted(tops, [top - tallest, top + len(strip)])
        cells = order[first:last]
        # A new array for each strip: the file can't be closed while one exists.
        content = np.frombuffer(tiles.content, np.uint8)
        places = tiles.starts[cells], tiles.widths[cells]
        mirrored, gains = drawing.mirrored[cells], drawing.gains[cells]
        colors = gains, drawing.offsets[cells]
        draw_cells(strip, top, edges[cells], content, *places, mirrored, *colors)
        del content
        # Bricks may extend beyond the edges of the mosaic.
        strip[:, : max(0, page.left)] = PAGE_BACKGROUND
        strip[:, max(0, page.left + page.mosaic.width) :] = PAGE_BACKGROUND
        tiles.release_memory()
        strip = _with_overlay(strip, top, drawing, page, edges[cells])
        if transparent:
            opacity = 255 * _strip_coverage(strip, top, edges[cells]).astype(np.uint8)
            strip = np.dstack([strip, opacity])
        yield strip


def _with_overlay(
    strip: Image, top: int, drawing: Drawing, page: Page, edges: Int64Array
) -> Image:
    """Blend the target over the cells of a strip."""
    if not drawing.overlay:
        return strip
    # The part of the mosaic that is inside the strip, in pixels of the page.
    first = max(top, page.top)
    last = min(top + len(strip), page.top + page.mosaic.height)
    left = max(page.left, 0)
    right = min(page.left + page.mosaic.width, page.size.width)
    if first >= last:
        return strip
    target = _resize_part(
        to_rgb(drawing.target),
        page.mosaic,
        range(first - page.top, last - page.top),
        range(left - page.left, right - page.left),
    )
    part = strip[first - top : last - top, left:right]
    coverage = _strip_coverage(strip, top, edges)[first - top : last - top, left:right]
    part[...] = blend_target(part, target, drawing.overlay, coverage)
    return strip


def _strip_coverage(strip: Image, top: int, edges: Int64Array) -> BoolArray:
    covered = np.zeros(strip.shape[:2], np.bool_)
    for first, left, last, right in np.maximum(edges - (top, 0, top, 0), 0).tolist():
        covered[first:last, left:right] = True
    return covered


def _resize_part(target: Image, size: Size, rows: range, columns: range) -> Image:
    """Return a part of a target as if all of it were resized, bilinearly."""
    above, below, row_weights = _interpolation(rows, len(target), size.height)
    left, right, weights = _interpolation(columns, target.shape[1], size.width)
    start = above[0]
    used = target[start : below[-1] + 1].astype(np.float32)
    wide = used[:, left] * (1 - weights[:, None]) + used[:, right] * weights[:, None]
    part = np.empty((len(rows), len(columns), 3), np.uint8)
    for row, weight in enumerate(row_weights):
        upper, lower = wide[above[row] - start], wide[below[row] - start]
        part[row] = np.rint(upper * (1 - weight) + lower * weight)
    return part


def _interpolation(
    positions: range, old: int, new: int
) -> tuple[Int64Array, Int64Array, Float32Array]:
    """Return the source pixels before and after each position, and the second's weight.

    Pixel centers are aligned, as in OpenCV's bilinear interpolation.
    """
    source = (np.arange(positions.start, positions.stop) + 0.5) * old / new - 0.5
    source = np.clip(source, 0, old - 1)
    first = source.astype(np.int64)
    return first, np.minimum(first + 1, old - 1), (source - first).astype(np.float32)
