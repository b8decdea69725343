"""Place frames under limits on repetition at camera rate."""

import numpy as np

from pigeonhole.core.arrays import Image
from pigeonhole.matching.assignment.assign import assign, relative_gap
from pigeonhole.matching.assignment.frames import place_greedily
from pigeonhole.matching.assignment.greedy import switch_tiles
from pigeonhole.matching.assignment.limits import RepetitionLimits, TooFewTiles
from pigeonhole.matching.assignment.problem import UNASSIGNED
from pigeonhole.matching.grid import Placement, check_grid, split_cells
from pigeonhole.matching.search.descriptors import compute_descriptors
from pigeonhole.matching.search.index import TileIndex
from pigeonhole.matching.search.kernels import paired_distances
from pigeonhole.matching.search.top_k import top_k_tiles

FRAME_CANDIDATES = 8
"""Number of candidates of each cell; measured: longer lists save no time."""


class LiveAssignment:
    """
    A greedy matcher that places frames within limits on repetition.

    Cells choose one after another, first those that would lose most by waiting. Where
    all candidates of a cell are used up, all tiles are searched.

    Parameters
    ----------
    tiles : uint8 array, shape (n, height, width[, 3])
    limits : RepetitionLimits
        Limits without `use_all`, which still mosaics only support.
    index : TileIndex, optional
        An index of the same tiles, to avoid building one.
    """

    def __init__(
        self, tiles: Image, limits: RepetitionLimits, index: TileIndex | None = None
    ) -> None:
        if limits.use_all:
            raise ValueError("use_all is supported in still mosaics only")
        self._tiles = tiles.reshape(len(tiles), -1)
        self._limits = limits
        self._index = index or TileIndex(tiles)

    def place(
        self, frame: Image, previous: Placement | None = None, steadiness: float = 0.0
    ) -> Placement:
        """
        Choose a tile for every cell of a frame.

        Parameters
        ----------
        frame : uint8 array, shape (rows * height, columns * width[, 3])
        previous : int64 array, shape (rows, columns), optional
            Placement of the previous frame.
        steadiness : float
            A cell keeps its previous tile unless an allowed one is nearer by this
            share. If the whole frame can be better by this share, as after a scene
            change, the frame is placed from scratch.

        Raises
        ------
        TooFewTiles
            A cell could be left without an allowed tile.
        """
        shape, blocks, count = self._index.shape, self._index.blocks, len(self._tiles)
        check_grid(frame, shape.height, shape.width)
        rows, columns = frame.shape[0] // shape.height, frame.shape[1] // shape.width
        self._check_tile_count(rows, columns)
        spacing = self._limits.min_distance
        max_uses = self._limits.max_uses or rows * columns
        # Step 1: the nearest tiles of each cell.
        pyramid, cells = shape.pyramid, compute_descriptors(frame, shape)
        size = min(FRAME_CANDIDATES, count)
        numbers, distances = top_k_tiles(cells, pyramid, blocks, count, size)
        # Step 2: greedy placement in the order of regret.
        order = np.argsort(distances[:, 0] - distances[:, -1], kind="stable")
        placement = np.full((rows, columns), UNASSIGNED, np.int64)
        uses = np.zeros(count, np.int64)
        place_greedily(
            cells, blocks, pyramid, uses, numbers, order, placement, spacing, max_uses
        )
        if previous is None or not steadiness:
            return placement
        # Step 3: switch to much nearer tiles only, in the order of what is gained.
        steady = previous.copy()
        pixels = np.ascontiguousarray(cells.pixels[:, : self._tiles.shape[1]])
        kept = paired_distances(pixels, self._tiles, previous.ravel())
        thresholds = np.asarray((1 - steadiness) * kept, np.float64)
        order = np.argsort(distances[:, 0] - kept, kind="stable")
        order = order[distances[order, 0] < thresholds[order]]
        uses = np.bincount(previous.ravel(), minlength=count)
        switch_tiles(
            steady, order, numbers, distances, thresholds, uses, spacing, max_uses
        )
        # Step 4: use the new placement if it is much better as a whole.
        new_cost, steady_cost = (
            paired_distances(pixels, self._tiles, placed.ravel()).sum()
            for placed in (placement, steady)
        )
        return placement if new_cost < (1 - steadiness) * steady_cost else steady

    def _check_tile_count(self, rows: int, columns: int) -> None:
        """Raise TooFewTiles if a cell could be left without an allowed tile."""
        side = 2 * self._limits.min_distance + 1
        neighbors = min(side, rows) * min(side, columns) - 1
        used_up = (rows * columns - 1) // (self._limits.max_uses or rows * columns)
        if (needed := neighbors + used_up + 1) > len(self._tiles):
            raise TooFewTiles(self._limits, len(self._tiles), needed)


def optimality_gap(
    frame: Image,
    tiles: Image,
    limits: RepetitionLimits,
    placement: Placement,
    time_limit: float = 60.0,
) -> float:
    """Return how far the cost of a placement may be above the optimum, as a share."""
    grid = split_cells(frame, *tiles.shape[1:3])
    cells = grid.reshape(-1, *grid.shape[2:])
    best = assign(cells, tiles, placement.shape, limits, time_limit)
    differences = cells.astype(np.int64) - tiles[placement.ravel()]
    return relative_gap(int(np.abs(differences).sum()), best.bound)
