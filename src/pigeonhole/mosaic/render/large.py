"""A placement drawn at any size: tiles from their photos, rows by bands."""

import logging
import mmap
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from itertools import cycle
from pathlib import Path
from tempfile import TemporaryFile
from time import perf_counter
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from pigeonhole.core.arrays import Picture
from pigeonhole.core.atomic import telling_of_space
from pigeonhole.core.geometry import Size
from pigeonhole.imaging.pyramid import Facts, band_rows, write_bands
from pigeonhole.imaging.resize import rgb_of
from pigeonhole.mosaic.credits import xmp_packet
from pigeonhole.mosaic.layout import Mask
from pigeonhole.mosaic.render.color import overlaid
from pigeonhole.mosaic.render.drawing import Drawing, Ints, Page
from pigeonhole.mosaic.render.kernels import draw_cells
from pigeonhole.photos.ledger import PhotoRow
from pigeonhole.tiles import TileRow
from pigeonhole.tiles.crops import each_crop, enlarged

log = logging.getLogger(__name__)

Shares = npt.NDArray[np.float32]
PAPER = 255
"""What shows where no cell is."""


def write_large(
    path: Path,
    drawing: Drawing,
    page: Page,
    photos: Sequence[PhotoRow],
    folder: Path,
    facts: Facts | None = None,
) -> None:
    """
    Draw a mosaic at any size, at constant memory, and tell how fast.

    Parameters
    ----------
    path : Path
        See `write_bands`.
    drawing : Drawing
    page : Page
    photos : sequence of PhotoRow
        The ledger: the tiles are cut from the photos again.
    folder : Path
        Where downloaded and made photos lie.
    facts : Facts, optional
        Without an XMP packet in it the file still tells whose photos it shows.

    Raises
    ------
    LostPhoto, UnreadablePhoto
        A tile's photo is gone.
    TooLarge, Unwritten
    """
    facts = facts or Facts()
    if not facts.xmp:
        packet = xmp_packet("Photo mosaic", drawing.shown(), "")
        facts = replace(facts, xmp=packet)
    edges = edges_of(drawing, page)
    path.parent.mkdir(parents=True, exist_ok=True)
    _warn(drawing.shown(), _kinds(drawing, edges)[0])
    scratch = path.parent
    with (
        telling_of_space(path),
        _tiles(drawing, edges, photos, folder, scratch) as tiles,
    ):
        start = perf_counter()
        write_bands(path, _bands(drawing, page, edges, tiles), page.size, facts)
        seconds = perf_counter() - start
    log.info(
        "%s: %s pixels in %.1f s, %.0f rows a second",
        path,
        page.size,
        seconds,
        page.size.height / seconds,
    )


def draw_page(
    drawing: Drawing, page: Page, photos: Sequence[PhotoRow], folder: Path
) -> Picture:
    """
    Return a page in memory, shape (height, width, 3); see `write_large`.

    Only the tiles that it shows are read from their photos: a page may be a small part
    of a picture of any size.
    """
    edges = edges_of(drawing, page)
    first, last = edges[:, :2], edges[:, 2:]
    inside = (last > 0) & (first < (page.size.height, page.size.width))
    drawing = drawing.only(np.all(inside, axis=1))
    edges = edges_of(drawing, page)
    with _tiles(drawing, edges, photos, folder, None) as tiles:
        return np.concatenate(list(_bands(drawing, page, edges, tiles)))


def edges_of(drawing: Drawing, page: Page) -> Ints:
    """Return top, left, bottom and right of each cell on the page, shape (n, 4).

    Neighbours share their edges whatever the scale: no gap and no overlap.
    """
    top, left, height, width = drawing.boxes.T
    rows = np.stack([top, top + height])
    columns = np.stack([left, left + width])
    rows = _scaled(rows, page.picture.height, drawing.size.height) + page.top
    columns = _scaled(columns, page.picture.width, drawing.size.width) + page.left
    return np.column_stack([rows[0], columns[0], rows[1], columns[1]])


def _scaled(places: Ints, new: int, old: int) -> Ints:
    """Scale and round, in integers."""
    return np.asarray((2 * places * new + old) // (2 * old))


class _Tiles(NamedTuple):
    """The bytes of all drawn tiles, and which of them each cell shows."""

    content: mmap.mmap
    starts: Ints
    strides: Ints

    def forget(self) -> None:
        """Give back the memory of what was read; it stays in the file."""
        if hasattr(mmap, "MADV_DONTNEED"):
            self.content.madvise(mmap.MADV_DONTNEED)


@contextmanager
def _tiles(
    drawing: Drawing,
    edges: Ints,
    photos: Sequence[PhotoRow],
    folder: Path,
    scratch: Path | None,
) -> Iterator[_Tiles]:
    """Draw each placed tile once for each size of cells, into a file without a name."""
    sizes, kinds = _kinds(drawing, edges)
    used, places = np.unique(drawing.numbers, return_inverse=True)
    rows = [drawing.rows[number] for number in used]
    lengths = np.array([3 * size.width * size.height for size in sizes], np.int64)
    # All sizes of a tile lie side by side.
    inside = np.cumsum(lengths) - lengths
    with TemporaryFile(dir=scratch) as file:
        cut = each_crop(rows, photos, folder, *sizes, colour=drawing.colour)
        for (place, tile), start in zip(cut, cycle(inside.tolist()), strict=False):
            file.seek(place * int(lengths.sum()) + start)
            file.write(rgb_of(tile).data)
        # Not even a picture without cells may be an empty file.
        file.truncate(max(1, len(rows) * int(lengths.sum())))
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
            starts = places.ravel() * lengths.sum() + inside[kinds]
            widths = np.array([size.width for size in sizes], np.int64)
            yield _Tiles(content, starts, widths[kinds])


def _kinds(drawing: Drawing, edges: Ints) -> tuple[list[Size], Ints]:
    """Return the sizes in which tiles are drawn, and which of them each cell takes.

    Cells of one size in the matched mosaic may differ by a pixel on the page: they take
    the larger, and show what fits.
    """
    shapes, kinds = np.unique(drawing.boxes[:, 2:], axis=0, return_inverse=True)
    kinds = kinds.ravel()
    sizes = np.zeros((len(shapes), 2), np.int64)
    np.maximum.at(sizes, kinds, (edges[:, 2:] - edges[:, :2])[:, ::-1])
    return [Size(*size) for size in np.maximum(sizes, 1).tolist()], kinds


def _warn(rows: Sequence[TileRow], sizes: Sequence[Size]) -> None:
    size = max(sizes)
    if count := enlarged(rows, size):
        log.warning(
            "%d of %d tiles are drawn larger than their photos have them (%s): "
            "up to %.1f times.",
            count,
            len(rows),
            size,
            size.width / min(row.width for row in rows),
        )


def _bands(
    drawing: Drawing, page: Page, edges: Ints, tiles: _Tiles
) -> Iterator[Picture]:
    order = np.argsort(edges[:, 0], kind="stable")
    tops = edges[order, 0]
    tallest = int((edges[:, 2] - edges[:, 0]).max(initial=0))
    rows, width = band_rows(page.size), page.size.width
    for top in range(0, page.size.height, rows):
        band = np.full((min(rows, page.size.height - top), width, 3), PAPER, np.uint8)
        first, last = np.searchsorted(tops, [top - tallest, top + len(band)])
        cells = order[first:last]
        # Made anew for each band: held over the whole run it couldn't be closed.
        content = np.frombuffer(tiles.content, np.uint8)
        draw_cells(
            band,
            top,
            edges[cells],
            content,
            tiles.starts[cells],
            tiles.strides[cells],
            drawing.mirrored[cells],
            drawing.shifts[cells],
        )
        del content
        tiles.forget()
        yield _overlaid(band, top, drawing, page, edges[cells])


def _overlaid(
    band: Picture, top: int, drawing: Drawing, page: Page, edges: Ints
) -> Picture:
    """Lay the target over the part of a band that cells cover."""
    if not drawing.overlay:
        return band
    first, last = (
        max(top, page.top),
        min(top + len(band), page.top + page.picture.height),
    )
    left, right = (
        max(page.left, 0),
        min(page.left + page.picture.width, page.size.width),
    )
    if first >= last:
        return band
    over = _target_part(
        rgb_of(drawing.target),
        page.picture,
        range(first - page.top, last - page.top),
        range(left - page.left, right - page.left),
    )
    part = band[first - top : last - top, left:right]
    where = _covered(band, top, edges)[first - top : last - top, left:right]
    part[...] = overlaid(part, over, drawing.overlay, where)
    return band


def _covered(band: Picture, top: int, edges: Ints) -> Mask:
    covered = np.zeros(band.shape[:2], np.bool_)
    for first, left, last, right in np.maximum(edges - (top, 0, top, 0), 0).tolist():
        covered[first:last, left:right] = True
    return covered


def _target_part(target: Picture, size: Size, rows: range, columns: range) -> Picture:
    """Return a part of a target as if all of it had been resized, bilinearly."""
    above, below, down = _between(rows, len(target), size.height)
    left, right, along = _between(columns, target.shape[1], size.width)
    start = above[0]
    used = target[start : below[-1] + 1].astype(np.float32)
    wide = used[:, left] * (1 - along[:, None]) + used[:, right] * along[:, None]
    part = np.empty((len(rows), len(columns), 3), np.uint8)
    for row, share in enumerate(down):
        upper, lower = wide[above[row] - start], wide[below[row] - start]
        part[row] = np.rint(upper * (1 - share) + lower * share)
    return part


def _between(places: range, old: int, new: int) -> tuple[Ints, Ints, Shares]:
    """Return between which of `old` pixels some of `new` ones lie, and how far."""
    found = (np.arange(places.start, places.stop) + 0.5) * old / new - 0.5
    found = np.clip(found, 0, old - 1)
    first = found.astype(np.int64)
    return first, np.minimum(first + 1, old - 1), (found - first).astype(np.float32)
