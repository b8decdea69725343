"""The cells of a target and the tiles at their sizes: cut, compared and rendered."""

from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Self, TypeVar

import numpy as np

from pigeonhole.core.arrays import BoolArray, Image, Int64Array
from pigeonhole.core.errors import SettingsError
from pigeonhole.core.geometry import Size
from pigeonhole.imaging.color_spaces import Space
from pigeonhole.imaging.resize import resize
from pigeonhole.matching import Matcher, TileIndex
from pigeonhole.matching.assignment import problem
from pigeonhole.matching.color_transfer import PixelStatistics, pixel_statistics
from pigeonhole.matching.options import MatchOptions
from pigeonhole.matching.perceptual.features import Features
from pigeonhole.matching.perceptual.graph import Graph, build_graph
from pigeonhole.matching.search.kernels import paired_distances
from pigeonhole.matching.strategies import STRATEGIES, match_descriptors
from pigeonhole.mosaic.layout import BoxGroup, Layout
from pigeonhole.mosaic.tile_cache import Kept, TileCache
from pigeonhole.settings import MosaicOptions

Value = TypeVar("Value")


class CellGroup(NamedTuple):
    """
    Cells of one size, and all tiles as they would appear in them.

    `numbers` are the numbers of the m cells in the layout; `cells` and `tiles` have the
    shapes (m, height, width[, 3]) and (n, height, width[, 3]).
    """

    numbers: Int64Array
    cells: Image
    tiles: Image


@dataclass
class CellGroups:
    """
    The cells of a frame, grouped by size; iterating yields each `CellGroup`.

    The cells are cut on first use and kept, so that selection, edits and distances
    share one copy of the pixels.

    Attributes
    ----------
    frame : uint8 array, shape (height, width[, 3])
        The target, in the channels and tones in which it is matched.
    tiles : uint8 array, shape (n, height, width[, 3])
    layout : Layout
    sources : int64 array, shape (n,)
        Number of the source of each tile, from 0. All tiles that were cut from one
        photo or face, and their mirror images, have the same source.
    cache : TileCache, optional
        That of the tile set.
    """

    frame: Image
    tiles: Image
    layout: Layout
    sources: Int64Array
    cache: TileCache | None = None
    _groups: Sequence[CellGroup] | None = None
    _graphs: dict[tuple[int, int], Graph] = field(default_factory=dict)
    _features: dict[tuple[int, Space], Features] = field(default_factory=dict)
    _statistics: dict[int, PixelStatistics] = field(default_factory=dict)
    _newest: tuple[Hashable, Any] = (None, None)

    def __iter__(self) -> Iterator[CellGroup]:
        if self._groups is None:
            self._groups = [
                CellGroup(g.numbers, g.cut(self.frame), self._fit_tiles(g))
                for g in self.layout.groups
            ]
        return iter(self._groups)

    def graph(
        self, boxes: Int64Array, tile: tuple[int, int], near: int, distance: int
    ) -> Graph:
        """Return the graph of the layout, which is kept; see `build_graph`."""
        if (near, distance) not in self._graphs:
            graph = build_graph(boxes, tile, near, distance)
            self._graphs[near, distance] = graph
        return self._graphs[near, distance]

    def features(self, group: CellGroup, space: Space) -> Features:
        """Return the features of the cells of a group, which are kept."""
        key = int(group.numbers[0]), space
        if key not in self._features:
            self._features[key] = Features.of(group.cells, space)
        return self._features[key]

    def statistics(self, group: BoxGroup) -> PixelStatistics:
        """Return the colors of the cells of a group, which are kept."""
        key = int(group.numbers[0])
        if key not in self._statistics:
            self._statistics[key] = pixel_statistics(group.cut(self.frame))
        return self._statistics[key]

    def keep_newest(self, key: Hashable, make: Callable[[], Value]) -> Value:
        """Return what `make` returns, which is kept until there is another key."""
        if self._newest[0] != key:
            self._newest = key, make()
        value: Value = self._newest[1]
        return value

    def keep(self, key: Hashable, make: Callable[[], Kept]) -> Kept:
        """Return what `make` returns, from the cache if it was made before."""
        if self.cache is None:
            return make()
        return self.cache.get(key, make)

    def _fit_tiles(self, group: BoxGroup) -> Image:
        key = len(self.tiles), group.view
        return self.keep(key, lambda: fit_tiles(group, self.tiles))

    def cell_range(self, first: int, last: int) -> Self:
        """Return the cells from `first` up to, not including, `last`."""
        if (first, last) == (0, len(self.layout)):
            return self
        layout = self.layout.cell_range(first, last)
        return type(self)(self.frame, self.tiles, layout, self.sources, self.cache)

    def with_tiles(self, tiles: BoolArray) -> Self:
        """Return the same cells with some of the tiles; sources are renumbered."""
        groups = [group._replace(tiles=group.tiles[tiles]) for group in self]
        _, sources = np.unique(self.sources[tiles], return_inverse=True)
        tile_images = self.tiles[tiles]
        return type(self)(self.frame, tile_images, self.layout, sources, None, groups)

    @property
    def source_count(self) -> int:
        """Number of sources."""
        return int(self.sources.max()) + 1

    def distances(self, placement: Int64Array) -> Int64Array:
        """Return the sum of absolute differences between each cell and its tile."""
        distances = np.zeros(len(self.layout), np.int64)
        for group in self:
            cells, tiles = (stack.reshape(len(stack), -1) for stack in group[1:])
            placed = placement[group.numbers]
            distances[group.numbers] = paired_distances(cells, tiles, placed)
        return distances


def fit_tiles(group: BoxGroup, tiles: Image) -> Image:
    """Return the visible part of all tiles at the size of a group's cells."""
    return np.ascontiguousarray(shrink(tiles, group.size)[:, :, group.columns])


def shrink(tiles: Image, size: Size) -> Image:
    """Downscale tiles, to their own size divided by a power of two."""
    count, height, width = tiles.shape[:3]
    if (width, height) == size:
        return tiles
    # Stacked vertically they are one image; no new pixel spans two tiles.
    stacked = tiles.reshape(count * height, width, *tiles.shape[3:])
    small = resize(stacked, size.width, count * size.height)
    return small.reshape(count, size.height, size.width, *tiles.shape[3:])


def compared_bytes(group: CellGroup, options: MosaicOptions) -> tuple[Image, Image]:
    """Return the bytes of cells and tiles whose absolute differences are summed."""
    cells, tiles = (
        match_descriptors(stack, options.match, match_options(options))
        for stack in (group.cells, group.tiles)
    )
    return cells, tiles


def nearest_tiles(
    group: CellGroup, options: MosaicOptions, index: TileIndex | None = None
) -> tuple[Int64Array, Int64Array]:
    """Return the nearest tile of each cell and its distance.

    Without an index of exactly the group's tiles, one is built.
    """
    if index:
        return index.nearest(group.cells)
    cells, tiles = compared_bytes(group, options)
    return TileIndex(tiles).nearest(cells)


def match_options(options: MosaicOptions) -> MatchOptions:
    """Return the options of the match mode."""
    return MatchOptions(options.space, options.lowpass_weight, options.structure_weight)


def make_matcher(tiles: Image, options: MosaicOptions) -> Matcher:
    """Return the function that matches entire frames in the match mode."""
    return STRATEGIES[options.match].make_matcher(tiles, match_options(options))


def match_group(group: CellGroup, options: MosaicOptions) -> Int64Array:
    """Return the tile of each cell, for match modes that support any layout."""
    count, height, width = group.cells.shape[:3]
    # Stacked vertically the cells are a frame with one column.
    frame = group.cells.reshape(count * height, width, *group.cells.shape[3:])
    return make_matcher(group.tiles, options)(frame).ravel()


def render_cells(tiles: Image, layout: Layout, placement: Int64Array) -> Image:
    """Return an image of the placed tiles, white where there is no cell."""
    shape = (layout.size.height, layout.size.width, *tiles.shape[3:])
    image = np.full(shape, 255, np.uint8)
    for group in layout.groups:
        group.paste(image, fit_tiles(group, tiles)[placement[group.numbers]])
    return image


def most_cells(cells: CellGroups) -> int:
    """Return the number of cells of which the costs of all sources fit into memory."""
    # Costs and tiles need twice the memory of costs alone.
    return problem.MAX_STORED_COSTS // (2 * cells.source_count)


def check_memory(cells: CellGroups, count: int) -> None:
    """Raise SettingsError if the costs of all sources in `count` cells don't fit."""
    if count > most_cells(cells):
        raise SettingsError(
            "mosaic.repetition",
            f"limits on {count:,} cells",
            f"these cells and {cells.source_count:,} photos need too much memory; use "
            "fewer cells (a smaller width) or photos, or no limits on repetition.",
        )
