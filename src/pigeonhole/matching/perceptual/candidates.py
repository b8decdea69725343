"""List the candidates of each cell: the best variant of each of its best sources."""

from collections.abc import Iterator
from copy import copy
from typing import NamedTuple

import numpy as np

from pigeonhole.core.arrays import (
    Float32Array,
    Float64Array,
    Image,
    Int32Array,
    Int64Array,
)
from pigeonhole.core.cancellation import check_canceled
from pigeonhole.core.checks import (
    check_images,
    check_indices,
    check_integer,
    check_same_length,
)
from pigeonhole.imaging.color_spaces import Space
from pigeonhole.matching.perceptual.costs import (
    LocalWeights,
    best_variants,
    placed_errors,
    shown_residuals,
)
from pigeonhole.matching.perceptual.features import (
    Features,
    compared_size,
    mirrored,
)
from pigeonhole.matching.perceptual.shortlist import (
    Sketch,
    TileSketch,
    candidate_costs,
    search_sources,
)

BLOCK_PRODUCTS = 4_000_000
"""Number of products of cells and tiles in memory at a time."""
SEARCHED_TILES, SEARCHED_PAIRS = 12_000, 26_000_000
"""Number of tiles, and of pairs of cells and tiles, up to which `shortlist` compares
all variants of each source; beyond both, it compares only the first ones."""
STEP_PRODUCTS = 1_000_000_000
"""Number of multiplications after which work can be canceled."""
MAX_CANDIDATES = 12_000_000
"""Maximum number of candidates of all cells together, of 24 bytes each."""


class SourceCosts(NamedTuple):
    """
    Costs of the sources in some cells.

    Attributes
    ----------
    numbers : int32 array, shape (m, sources)
        Tile number of the best variant of each source. Numbers from the number of tiles
        on are mirror images.
    costs : float32 array, shape (m, sources)
        Local costs; infinite for sources without a tile.
    minima : float64 array, shape (m, 2)
        Least mean squared error of any tile, and the least part of it that is due to
        the mean color.
    """

    numbers: Int32Array
    costs: Float32Array
    minima: Float64Array


class Candidates(NamedTuple):
    """
    The sources among which each cell chooses, ascending.

    Attributes
    ----------
    sources, numbers : int32 arrays, shape (m, size)
        Source and tile number of each candidate.
    costs : float32 array, shape (m, size)
        Local costs; infinite for candidates that can't be used.
    residuals : float32 array, shape (m, size, channels)
        Difference of the mean colors of tile and cell that color transfer leaves.
    minima : float64 array, shape (m, 2)
        See `SourceCosts`.
    """

    sources: Int32Array
    numbers: Int32Array
    costs: Float32Array
    residuals: Float32Array
    minima: Float64Array


class TilePool:
    """
    Tiles whose variants are grouped by source, ready to be compared with cells.

    Parameters
    ----------
    tiles : uint8 array, shape (n, height, width[, 3])
    sources : int64 array, shape (n,)
        Number of the source of each tile.
    space : {"gray", "rgb", "lab"}
    mirror : bool
        Whether the mirror images are variants, too.
    """

    def __init__(
        self, tiles: Image, sources: Int64Array, space: Space, *, mirror: bool
    ) -> None:
        check_images("tiles", tiles)
        check_same_length(tiles=tiles, sources=sources)
        if not np.issubdtype(sources.dtype, np.integer) or sources.min() < 0:
            raise ValueError("sources must be integers that are 0 or more")
        self._order = np.argsort(sources, kind="stable")
        self._places = np.argsort(self._order)
        count = int(sources.max()) + 1
        self._starts = np.searchsorted(sources[self._order], np.arange(count + 1))
        self._space: Space = space
        self._mirror = mirror
        self._size = tiles.shape[1], tiles.shape[2]
        self.features = Features.of(tiles, space)
        if (np.diff(sources) < 0).any():
            self.features = self.features.take(self._order)
        self.sources = count
        channels = self.features.means.shape[1]
        compared = compared_size(*self._size, channels)
        self._sketch = TileSketch(self.features, self._starts, compared)

    @property
    def nbytes(self) -> int:
        """Memory of the features in bytes."""
        return sum(array.nbytes for array in self.features)

    def variants(self, *, mirror: bool) -> "TilePool":
        """Return the same tiles, with or without their mirror images as variants."""
        pool = copy(self)
        pool._mirror = mirror
        return pool

    def describe(self, cells: Image) -> Features:
        """Return the features of cells, uint8 (m, height, width[, 3])."""
        check_images("cells", cells)
        return Features.of(cells, self._space)

    def costs(
        self, cells: Features, weights: LocalWeights
    ) -> Iterator[tuple[slice, SourceCosts]]:
        """Yield the costs of all sources in the cells, block by block."""
        for part in self._blocks(len(cells.stds)):
            yield part, self._block_costs(cells.take(part), weights)

    def candidates(
        self,
        cells: Features,
        weights: LocalWeights,
        size: int,
        required: Int64Array | None = None,
    ) -> Candidates:
        """
        Return the best candidates of each cell, at most `size`.

        `required`, shape (m,), are sources that the candidates must include.
        """
        size = min(check_integer("size", size, 1), self.sources)
        if required is not None:
            check_same_length(cells=cells.stds, required=required)
            check_indices("required", required, self.sources)
        count, channels = cells.means.shape
        shape = count, size
        found = Candidates(
            np.empty(shape, np.int32),
            np.empty(shape, np.int32),
            np.empty(shape, np.float32),
            np.empty((*shape, channels), np.float32),
            np.empty((count, 2)),
        )
        for part in self._blocks(count):
            block = cells.take(part)
            costs = self._block_costs(block, weights)
            chosen = _least(
                costs.costs, size, None if required is None else required[part]
            )
            found.sources[part] = chosen
            found.numbers[part] = np.take_along_axis(costs.numbers, chosen, 1)
            found.costs[part] = np.take_along_axis(costs.costs, chosen, 1)
            found.minima[part] = costs.minima
            positions = self._positions(found.numbers[part])
            shown_residuals(
                block, self.features, positions, weights, found.residuals[part]
            )
        return found

    def shortlist(
        self,
        cells: Features,
        weights: LocalWeights,
        size: int,
        required: Int64Array | None = None,
    ) -> Candidates:
        """
        Return candidates quickly, among which are most of the best; see `candidates`.

        Their costs are exact; the minima of tiles that aren't candidates are unknown.
        """
        size = min(check_integer("size", size, 1), self.sources)
        shape = len(cells.stds), size
        sources, numbers = np.empty(shape, np.int32), np.empty(shape, np.int32)
        none = np.empty((0, 0), np.float32)
        if required is None:
            required = np.empty(0, np.int64)
        self._search(cells, weights, required, sources, numbers, none)
        costs = np.empty(shape, np.float32)
        residuals = np.empty((*shape, cells.means.shape[1]), np.float32)
        _, width = compared_size(*self._size, cells.means.shape[1])
        candidate_costs(cells, width, self.features, numbers, weights, costs, residuals)
        minima = np.zeros((len(costs), 2))
        return Candidates(sources, self._in_order(numbers), costs, residuals, minima)

    def approximate_costs(self, cells: Features, weights: LocalWeights) -> Float32Array:
        """Return about the costs of all sources in the cells, shape (m, sources)."""
        costs = np.empty((len(cells.stds), self.sources), np.float32)
        best = np.empty((len(cells.stds), 1), np.int32)
        self._search(cells, weights, np.empty(0, np.int64), best, best.copy(), costs)
        return costs

    def _search(
        self,
        cells: Features,
        weights: LocalWeights,
        required: Int64Array,
        sources: Int32Array,
        numbers: Int32Array,
        costs: Float32Array,
    ) -> None:
        """Fill in the best sources of the cells by the sketch of the tiles."""
        sketch = self._sketch
        facts = cells.values.shape[1], cells.means.shape[1], self._mirror
        compared = max(SEARCHED_TILES, SEARCHED_PAIRS // max(1, len(cells.stds)))
        search_sources(
            Sketch.of(cells, sketch.basis),
            sketch.tiles,
            sketch.layers.first(compared),
            facts,
            weights,
            required,
            sources,
            numbers,
            costs,
        )
        # Variants of sources become places of tiles, after which mirror images follow.
        variants, turned = np.divmod(numbers, 2)
        numbers[...] = self._starts[sources] + variants + turned * len(self._order)

    def placed(
        self, cells: Features, numbers: Int64Array, weights: LocalWeights
    ) -> tuple[Float64Array, Float32Array]:
        """
        Return the errors of placed tiles.

        Parameters
        ----------
        cells : Features
        numbers : int64 array, shape (m,)
            Tile of each cell.
        weights : LocalWeights

        Returns
        -------
        errors : float64 array, shape (m,)
            Mean squared errors.
        residuals : float32 array, shape (m, channels)
            Difference of the mean colors that color transfer leaves.
        """
        check_same_length(cells=cells.stds, numbers=numbers)
        check_indices("numbers", numbers, len(self._order) * (1 + self._mirror))
        positions = self._positions(numbers)
        turned = (numbers >= len(self._order))[:, None]
        values = np.where(turned, self._mirrored(cells), cells.values)
        tiles = self.features.values[positions]
        products = np.einsum("ij,ij->i", values, tiles, dtype=np.float64)
        errors = np.empty(len(numbers))
        residuals = np.empty((len(numbers), 1, cells.means.shape[1]), np.float32)
        placed_errors(products, cells, self.features, positions, weights, errors)
        shown_residuals(cells, self.features, positions[:, None], weights, residuals)
        return errors, residuals[:, 0]

    def _blocks(self, cells: int) -> Iterator[slice]:
        step = max(16, BLOCK_PRODUCTS // len(self._order))
        for first in range(0, cells, step):
            yield slice(first, min(first + step, cells))

    def _block_costs(self, cells: Features, weights: LocalWeights) -> SourceCosts:
        products = self._products(cells.values)
        turned = np.empty((0, 0), np.float32)
        if self._mirror:
            turned = self._products(self._mirrored(cells))
        shape = (len(products), self.sources)
        found = SourceCosts(
            np.empty(shape, np.int32),
            np.empty(shape, np.float32),
            np.empty((len(products), 2)),
        )
        best_variants(
            products, turned, cells, self.features, self._starts, weights, *found
        )
        found.numbers[...] = self._in_order(found.numbers)
        return found

    def _in_order(self, positions: Int32Array) -> Int32Array:
        """Return the numbers of tiles and mirror images at places in `features`."""
        count = len(self._order)
        turned = positions >= count
        numbers = self._order[np.where(turned, positions - count, positions)]
        return np.asarray(numbers + count * turned, np.int32)

    def _products(self, cells: Float32Array) -> Float32Array:
        """Return the dot products of the features of cells and all tiles."""
        tiles = self.features.values
        products = np.empty((len(cells), len(tiles)), np.float32)
        step = max(1, STEP_PRODUCTS // max(1, cells.size))
        for first in range(0, len(tiles), step):
            check_canceled()
            part = slice(first, first + step)
            np.matmul(cells, tiles[part].T, out=products[:, part])
        return products

    def _mirrored(self, cells: Features) -> Float32Array:
        """Return the features of the mirror images of cells."""
        channels = cells.means.shape[1]
        _, width = compared_size(*self._size, channels)
        return mirrored(cells.values, width, channels)

    def _positions(self, numbers: Int32Array | Int64Array) -> Int64Array:
        """Return the places of tiles among the features."""
        return self._places[numbers % len(self._order)]


def _least(costs: Float32Array, size: int, required: Int64Array | None) -> Int64Array:
    """Return the columns of the least values of each row, ascending."""
    if size == costs.shape[1]:
        return np.broadcast_to(np.arange(size), costs.shape)
    if required is not None:
        costs = costs.copy()
        costs[np.arange(len(costs)), required] = -np.inf
    largest = np.partition(costs, size - 1, axis=1)[:, size - 1 : size]
    chosen = costs < largest
    # Of equal costs, the first ones are chosen, so that the choice is unique.
    missing = size - np.count_nonzero(chosen, axis=1, keepdims=True)
    ties = costs == largest
    chosen |= ties & (np.cumsum(ties, axis=1) <= missing)
    return np.nonzero(chosen)[1].reshape(len(costs), size)
