"""List the candidates of each cell: the best variant of each of its best sources."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from pigeonhole.core.arrays import (
    Float32Array,
    Float64Array,
    Image,
    Int32Array,
    Int64Array,
)
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

BLOCK_PRODUCTS = 4_000_000
"""Number of products of cells and tiles in memory at a time."""
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
        self.features = Features.of(tiles, space).take(self._order)
        self.sources = count

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
        channels = cells.means.shape[1]
        _, width = compared_size(*self._size, channels)
        turned_values = mirrored(cells.values, width, channels)
        values = np.where(turned, turned_values, cells.values)
        tiles = self.features.values[positions]
        products = np.einsum("ij,ij->i", values, tiles, dtype=np.float64)
        errors = np.empty(len(numbers))
        residuals = np.empty((len(numbers), 1, channels), np.float32)
        placed_errors(products, cells, self.features, positions, weights, errors)
        shown_residuals(cells, self.features, positions[:, None], weights, residuals)
        return errors, residuals[:, 0]

    def _blocks(self, cells: int) -> Iterator[slice]:
        step = max(16, BLOCK_PRODUCTS // len(self._order))
        for first in range(0, cells, step):
            yield slice(first, min(first + step, cells))

    def _block_costs(self, cells: Features, weights: LocalWeights) -> SourceCosts:
        tiles = self.features.values.T
        products = cells.values @ tiles
        turned = np.empty((0, 0), np.float32)
        if self._mirror:
            channels = cells.means.shape[1]
            _, width = compared_size(*self._size, channels)
            turned = mirrored(cells.values, width, channels) @ tiles
        shape = (len(products), self.sources)
        found = SourceCosts(
            np.empty(shape, np.int32),
            np.empty(shape, np.float32),
            np.empty((len(products), 2)),
        )
        best_variants(
            products, turned, cells, self.features, self._starts, weights, *found
        )
        count = len(self._order)
        turns, positions = np.divmod(found.numbers, count)
        found.numbers[...] = self._order[positions] + count * turns
        return found

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
    # Equal costs are in the order of the sources, so that the choice is unique.
    order = np.argsort(costs, axis=1, kind="stable")[:, :size]
    return np.sort(order, axis=1)
