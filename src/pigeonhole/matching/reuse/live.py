"""Frames under a rule, at camera rate: each cell takes the nearest tile left."""

import numpy as np

from pigeonhole.images import Picture
from pigeonhole.matching.grid import Placement, cells_of
from pigeonhole.matching.kernels import paired_distances
from pigeonhole.matching.reuse.assign import assign
from pigeonhole.matching.reuse.kernels import (
    NOBODY,
    Blocks,
    Costs,
    Numbers,
    nearest_lists,
    place_fast,
)
from pigeonhole.matching.reuse.pictures import blocks_of
from pigeonhole.matching.reuse.rule import Reuse, TooFewTiles
from pigeonhole.matching.reuse.steady import improve

# Measured: the order needs few, and what is used up is searched anew.
LISTED = 8


class LiveReuse:
    """
    Places frames under limits on repetition, exactly kept but not at the least cost.

    Cells choose one after another, first those whose list of nearest tiles gets worse
    fastest; where the list is used up, all tiles are searched.

    Parameters
    ----------
    tiles : uint8 array, shape (n, height, width[, 3])
    rule : Reuse
        With `at_most` or `apart` or both; `everyone` is for still pictures.
    """

    def __init__(self, tiles: Picture, rule: Reuse) -> None:
        if rule.everyone:
            raise ValueError("every tile at least once is for still pictures only")
        self._size = tiles.shape[1:3]
        self._rule = rule
        blocks = blocks_of(tiles)
        sums = blocks.sum(axis=(1, 2), dtype=np.int64)
        self._numbers = np.argsort(sums, kind="stable")
        self._sums = sums[self._numbers]
        self._tiles = blocks[self._numbers]
        self._parts = _partial_sums(self._tiles)

    def place(
        self, frame: Picture, before: Placement | None = None, steadiness: float = 0.0
    ) -> Placement:
        """
        Choose a tile for every cell of a frame.

        Parameters
        ----------
        frame : uint8 array, shape (rows * height, columns * width[, 3])
        before : int64 array, shape (rows, columns), optional
            What was placed on the frame before.
        steadiness : float
            A cell keeps the tile before unless another that the rule leaves it is
            nearer by this share; unless the whole frame can be, as in a new scene.

        Returns
        -------
        int64 array, shape (rows, columns)

        Raises
        ------
        TooFewTiles
            Some cell could find no tile left.
        """
        grid = cells_of(frame, *self._size)
        shape = grid.shape[:2]
        self._check(*shape)
        cells = blocks_of(grid.reshape(-1, *grid.shape[2:]))
        parts = _partial_sums(cells)
        sums = parts.sum(axis=1, dtype=np.int64)
        size = min(LISTED, len(self._tiles))
        numbers, distances = nearest_lists(
            cells,
            sums,
            parts,
            self._tiles,
            self._sums,
            self._parts,
            size,
        )
        order = np.argsort(distances[:, 0] - distances[:, -1], kind="stable")
        placement = np.full(shape, NOBODY, np.int64)
        place_fast(
            cells,
            sums,
            parts,
            self._tiles,
            self._sums,
            self._parts,
            numbers,
            order,
            placement,
            self._rule.apart,
            self._rule.at_most or len(cells),
        )
        if before is not None and steadiness:
            steady = self._steady(cells, before, steadiness, numbers, distances)
            anew, still = (
                self._distances(cells, each).sum() for each in (placement, steady)
            )
            placement = placement if anew < (1 - steadiness) * still else steady
        chosen: Placement = self._numbers[placement]
        return chosen

    def _steady(
        self,
        cells: Blocks,
        before: Placement,
        steadiness: float,
        numbers: Numbers,
        distances: Numbers,
    ) -> Placement:
        """Begin with the tiles before, and let cells go only to much nearer ones."""
        places = np.empty(len(self._numbers), np.int64)
        places[self._numbers] = np.arange(len(self._numbers))
        placement = places[before]
        kept = self._distances(cells, placement)
        limits = np.asarray((1 - steadiness) * kept, np.float64)
        gains = kept - distances[:, 0]
        order = np.argsort(-gains, kind="stable")
        improve(
            placement,
            order[distances[order, 0] < limits[order]],
            numbers,
            distances,
            limits,
            np.bincount(placement.ravel(), minlength=len(self._tiles)),
            self._rule.apart,
            self._rule.at_most or len(cells),
        )
        return placement

    def _distances(self, cells: Blocks, placement: Placement) -> Numbers:
        rows, tiles = (stack.reshape(len(stack), -1) for stack in (cells, self._tiles))
        return paired_distances(rows, tiles, placement.ravel())

    def _check(self, rows: int, columns: int) -> None:
        """Refuse a pool in which a cell could find no tile left."""
        side = 2 * self._rule.apart + 1
        around = min(side, rows) * min(side, columns) - 1
        used_up = (rows * columns - 1) // (self._rule.at_most or rows * columns)
        if (needed := around + used_up + 1) > len(self._tiles):
            raise TooFewTiles(self._rule, len(self._tiles), needed)


def _partial_sums(blocks: Blocks) -> Costs:
    sums: Costs = blocks.reshape(len(blocks), 16, -1).sum(axis=2, dtype=np.int32)
    return sums


def loss(
    frame: Picture,
    tiles: Picture,
    rule: Reuse,
    placement: Placement,
    seconds: float = 60.0,
) -> float:
    """Return the share by which a placement costs more than the least, at most."""
    grid = cells_of(frame, *tiles.shape[1:3])
    cells = grid.reshape(-1, *grid.shape[2:])
    best = assign(cells, tiles, placement.shape, rule, seconds)
    gaps = cells.astype(np.int64) - tiles[placement.ravel()]
    cost = int(np.abs(gaps).sum())
    return (cost - best.bound) / best.bound if best.bound else float(cost > 0)
