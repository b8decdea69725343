"""Frames under a rule, at camera rate: each cell takes the nearest tile left."""

import numpy as np

from pigeonhole.core.arrays import Picture
from pigeonhole.matching.assignment.assign import assign
from pigeonhole.matching.assignment.costs import NOBODY, Numbers
from pigeonhole.matching.assignment.frames import nearest_lists, place_fast
from pigeonhole.matching.assignment.limits import Reuse, TooFewTiles
from pigeonhole.matching.assignment.steadiness import improve
from pigeonhole.matching.grid import Placement, cells_of, check_grid
from pigeonhole.matching.search.features import described
from pigeonhole.matching.search.index import TileIndex
from pigeonhole.matching.search.kernels import paired_distances

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
    index : TileIndex, optional
        Of these very tiles, if there is one already.
    """

    def __init__(
        self, tiles: Picture, rule: Reuse, index: TileIndex | None = None
    ) -> None:
        if rule.everyone:
            raise ValueError("every tile at least once is for still pictures only")
        self._tiles = tiles.reshape(len(tiles), -1)
        self._rule = rule
        self._index = index or TileIndex(tiles)
        # Where each tile stands in the pool, whose last block is filled up.
        self._places = self._index.pool.order[: len(tiles)].argsort()

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
        shape, pool = self._index.shape, self._index.pool
        check_grid(frame, shape.height, shape.width)
        rows, columns = frame.shape[0] // shape.height, frame.shape[1] // shape.width
        self._check(rows, columns)
        cells, count = described(frame, shape), len(self._tiles)
        size = min(LISTED, count)
        numbers, distances = nearest_lists(cells, pool, shape.plan, self._places, size)
        turns = np.argsort(distances[:, 0] - distances[:, -1], kind="stable")
        placement = np.full((rows, columns), NOBODY, np.int64)
        limits = self._rule.apart, self._rule.at_most or placement.size
        place_fast(cells, pool, shape.plan, count, numbers, turns, placement, *limits)
        if before is None or not steadiness:
            return placement
        seen = np.ascontiguousarray(cells.lines[:, : self._tiles.shape[1]])
        steady = self._steady(seen, before, steadiness, numbers, distances)
        anew, still = (
            self._distances(seen, each).sum() for each in (placement, steady)
        )
        return placement if anew < (1 - steadiness) * still else steady

    def _steady(
        self,
        cells: Picture,
        before: Placement,
        steadiness: float,
        numbers: Numbers,
        distances: Numbers,
    ) -> Placement:
        """Begin with the tiles before, and let cells go only to much nearer ones."""
        placement = before.copy()
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

    def _distances(self, cells: Picture, placement: Placement) -> Numbers:
        return paired_distances(cells, self._tiles, placement.ravel())

    def _check(self, rows: int, columns: int) -> None:
        """Refuse a pool in which a cell could find no tile left."""
        side = 2 * self._rule.apart + 1
        around = min(side, rows) * min(side, columns) - 1
        used_up = (rows * columns - 1) // (self._rule.at_most or rows * columns)
        if (needed := around + used_up + 1) > len(self._tiles):
            raise TooFewTiles(self._rule, len(self._tiles), needed)


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
