"""Cells and tiles brought to the same size, and what is compared of them."""

from collections.abc import Iterator
from typing import Literal, NamedTuple

import numpy as np

from pigeonhole.core.arrays import Picture
from pigeonhole.core.geometry import Size
from pigeonhole.imaging.resize import resize
from pigeonhole.matching import TileIndex, matcher
from pigeonhole.matching.search.kernels import paired_distances
from pigeonhole.matching.strategies import compared
from pigeonhole.mosaic.layout import Group, Layout, Numbers
from pigeonhole.settings import LookSettings


class Pair(NamedTuple):
    """
    The cells of a group and all tiles as they would look in them.

    Attributes
    ----------
    numbers : int64 array, shape (m,)
        Of the cells in the layout.
    cells, tiles : uint8 arrays, shapes (m, height, width[, 3]) and (n, ...)
    """

    numbers: Numbers
    cells: Picture
    tiles: Picture


def pairs(frame: Picture, tiles: Picture, layout: Layout) -> Iterator[Pair]:
    """Cut the cells out of a frame, group by group."""
    for group in layout.groups():
        yield Pair(group.cells, group.cut(frame), tiles_for(group, tiles))


def tiles_for(group: Group, tiles: Picture) -> Picture:
    """Return what is seen of tiles in the cells of a group."""
    return np.ascontiguousarray(shrunk(tiles, group.size)[:, :, group.part])


def shrunk(tiles: Picture, size: Size) -> Picture:
    """Bring tiles to a size whose sides are theirs, halved some times."""
    count, height, width = tiles.shape[:3]
    if (width, height) == size:
        return tiles
    # Laid below each other; a tile's side is a whole number of new pixels.
    tall = tiles.reshape(count * height, width, *tiles.shape[3:])
    small = resize(tall, size.width, count * size.height)
    return small.reshape(count, size.height, size.width, *tiles.shape[3:])


def bytes_of(pair: Pair, looks: LookSettings) -> tuple[Picture, Picture]:
    """Return the bytes of cells and tiles whose differences are summed."""
    mode: Literal["exact", "mixed"] = "mixed" if looks.match == "mixed" else "exact"
    cells, tiles = (
        compared(stack, mode, looks.space, looks.far)
        for stack in (pair.cells, pair.tiles)
    )
    return cells, tiles


def nearest(
    pair: Pair, looks: LookSettings, index: TileIndex | None = None
) -> tuple[Numbers, Numbers]:
    """
    Return the nearest tile of each cell by itself, and its distance.

    An index of the pair's own tiles spares making one.
    """
    if index:
        return index.nearest(pair.cells)
    cells, tiles = bytes_of(pair, looks)
    return TileIndex(tiles).nearest(cells)


def by_short_cut(pair: Pair, looks: LookSettings) -> Numbers:
    """Choose by mean or four points; cells below each other are a frame as well."""
    count, height, width = pair.cells.shape[:3]
    frame = pair.cells.reshape(count * height, width, *pair.cells.shape[3:])
    return matcher(looks.match, pair.tiles, looks.space)(frame).ravel()


def distances_of(
    frame: Picture,
    tiles: Picture,
    layout: Layout,
    placement: Numbers,
    looks: LookSettings | None = None,
) -> Numbers:
    """
    Return the difference of each cell and its tile.

    In pixels, or in what is compared with these looks.
    """
    distances = np.zeros(len(layout), np.int64)
    for pair in pairs(frame, tiles, layout):
        stacks = bytes_of(pair, looks) if looks else (pair.cells, pair.tiles)
        cells, rows = (stack.reshape(len(stack), -1) for stack in stacks)
        numbers = placement[pair.numbers]
        distances[pair.numbers] = paired_distances(cells, rows, numbers)
    return distances


def painted(tiles: Picture, layout: Layout, placement: Numbers) -> Picture:
    """Put the placed tiles into a picture that is white where no cell is."""
    shape = (layout.size.height, layout.size.width, *tiles.shape[3:])
    picture = np.full(shape, 255, np.uint8)
    for group in layout.groups():
        group.paste(picture, tiles_for(group, tiles)[placement[group.cells]])
    return picture
