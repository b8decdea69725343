"""Limits on repetition at camera rate."""

from dataclasses import replace

import numpy as np

from pigeonhole.core.arrays import ByteArray, Image, Int64Array
from pigeonhole.core.checks import (
    check_images,
    check_indices,
    check_integer,
    check_number,
    check_same_length,
)
from pigeonhole.core.jit import get_num_threads
from pigeonhole.matching.assignment.assign import assign_costs, relative_gap
from pigeonhole.matching.assignment.frames import (
    nearest_sources,
    place_greedily,
    switch_tiles,
)
from pigeonhole.matching.assignment.limits import RepetitionLimits, TooFewTiles
from pigeonhole.matching.assignment.problem import UNASSIGNED, pairwise_costs
from pigeonhole.matching.grid import (
    Placement,
    check_grid,
    check_placement,
    split_cells,
)
from pigeonhole.matching.search.descriptor_kernels import Descriptors
from pigeonhole.matching.search.descriptors import compute_descriptors
from pigeonhole.matching.search.index import TileIndex
from pigeonhole.matching.search.kernels import INFINITE_DISTANCE, paired_distances

FRAME_CANDIDATES = 4
"""Number of candidates of each cell; measured: longer lists save no time."""


class LiveAssignment:
    """
    A greedy matcher that places frames within limits on repetition.

    The limits count sources. Cells choose one after another, first those that would
    lose most by waiting. Where all candidates of a cell are used up, all tiles are
    searched.

    Parameters
    ----------
    tiles : uint8 array, shape (n, height, width[, 3])
    limits : RepetitionLimits
        Limits without `use_all`, which still mosaics only support.
    sources : int64 array, shape (n,), optional
        Number of the photo or face of each tile, from 0 without gaps. By default, each
        tile has its own.
    index : TileIndex, optional
        An index of the same tiles, to avoid building one.
    """

    def __init__(
        self,
        tiles: Image,
        limits: RepetitionLimits,
        sources: Int64Array | None = None,
        index: TileIndex | None = None,
    ) -> None:
        if limits.use_all:
            raise ValueError("use_all is supported in still mosaics only")
        check_images("tiles", tiles)
        if index:
            index.check_tiles(tiles)
        if sources is not None:
            _check_sources(sources, tiles)
        self._tiles = tiles.reshape(len(tiles), -1)
        self._limits = limits
        self._sources = np.arange(len(tiles)) if sources is None else sources
        self._source_count = int(self._sources.max()) + 1
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
        shape = self._index.shape
        steadiness = check_number("steadiness", steadiness, 0, 1)
        check_images("frames", frame[None])
        check_grid(frame, shape.height, shape.width)
        rows, columns = frame.shape[0] // shape.height, frame.shape[1] // shape.width
        channels = 1 if frame.ndim == 2 else frame.shape[2]
        if channels != shape.channels:
            raise ValueError(
                f"a frame of {channels} channels doesn't match tiles of "
                f"{shape.channels}"
            )
        if previous is not None:
            _check_placement("previous", previous, (rows, columns), len(self._tiles))
        check_source_count(self._limits, self._source_count, rows, columns)
        cells = compute_descriptors(frame, shape)
        size = min(FRAME_CANDIDATES, self._source_count)
        numbers = np.full((rows * columns, size), UNASSIGNED, np.int64)
        candidates = numbers, np.full(numbers.shape, INFINITE_DISTANCE, np.int64)
        empty = np.full((rows, columns), UNASSIGNED, np.int64)
        if previous is None or not steadiness:
            return self._place_from_scratch(cells, candidates, empty)
        # Step 1: the tiles much nearer than the previous ones, and allowed next to
        # them. On a still scene there are few, so that the search is short.
        pixels = np.ascontiguousarray(cells.pixels[:, : self._tiles.shape[1]])
        kept = paired_distances(pixels, self._tiles, previous.ravel())
        thresholds = np.asarray((1 - steadiness) * kept, np.float64)
        limits = np.ceil(thresholds).astype(np.int64) - 1
        self._find_candidates(cells, limits, previous, candidates)
        # Step 2: switch cells in the order of what is gained.
        nearest = np.minimum(candidates[1][:, 0], kept)
        order = np.argsort(nearest - kept, kind="stable")
        order = order[nearest[order] < kept[order]]
        steady = previous.copy()
        switch_tiles(
            steady,
            order,
            *candidates,
            thresholds,
            self._sources,
            np.bincount(self._sources[steady.ravel()], minlength=self._source_count),
            self._limits.min_distance,
            self._limits.max_uses or steady.size,
        )
        # Step 3: place the frame from scratch if that can be much better as a whole. On
        # a new scene, most cells have all their candidates already.
        steady_cost = paired_distances(pixels, self._tiles, steady.ravel()).sum()
        if nearest.sum() >= (1 - steadiness) * steady_cost:
            return steady
        placement = self._place_from_scratch(cells, candidates, empty)
        new_cost = paired_distances(pixels, self._tiles, placement.ravel()).sum()
        return placement if new_cost < (1 - steadiness) * steady_cost else steady

    def _find_candidates(
        self,
        cells: Descriptors,
        limits: Int64Array,
        placement: Placement,
        candidates: tuple[Int64Array, Int64Array],
    ) -> None:
        """Complete lists by the nearest tiles that a placement allows."""
        nearest_sources(
            cells,
            self._index.shape.pyramid,
            self._index.blocks,
            self._sources,
            self._source_count,
            limits,
            placement,
            self._limits.min_distance,
            *candidates,
            get_num_threads(),
        )

    def _place_from_scratch(
        self,
        cells: Descriptors,
        candidates: tuple[Int64Array, Int64Array],
        placement: Placement,
    ) -> Placement:
        """Complete the lists and fill an empty placement, in the order of regret."""
        no_limits = np.full(placement.size, INFINITE_DISTANCE, np.int64)
        self._find_candidates(cells, no_limits, placement, candidates)
        numbers, distances = candidates
        order = np.argsort(distances[:, 0] - distances[:, -1], kind="stable")
        place_greedily(
            cells,
            self._index.shape.pyramid,
            self._index.blocks,
            self._sources,
            np.zeros(self._source_count, np.int64),
            numbers,
            order,
            placement,
            self._limits.min_distance,
            self._limits.max_uses or placement.size,
        )
        return placement


def _check_sources(sources: Int64Array, tiles: ByteArray) -> None:
    check_same_length(tiles=tiles, sources=sources)
    check_indices("sources", sources, len(tiles))


def _check_placement(
    name: str, placement: Placement, grid_shape: tuple[int, ...], tiles: int
) -> None:
    if placement.shape != grid_shape:
        raise ValueError(f"{name} has shape {placement.shape}, not {grid_shape}")
    check_placement(name, placement, tiles)


def keep_steady(
    cells: ByteArray,
    tiles: ByteArray,
    placement: Placement,
    previous: Placement,
    steadiness: float,
    limits: RepetitionLimits,
    sources: Int64Array,
) -> Placement:
    """
    Keep previous tiles unless the new ones are allowed and nearer by the given share.

    Cells and tiles have shapes (m, bytes) and (n, bytes); both placements satisfy the
    limits. If the new placement as a whole is better by the share, it is returned.
    """
    steadiness = check_number("steadiness", steadiness, 0, 1)
    _check_sources(sources, tiles)
    _check_placement("previous", previous, placement.shape, len(tiles))
    new, kept = (
        paired_distances(cells, tiles, placed.ravel())
        for placed in (placement, previous)
    )
    steady = previous.copy()
    switch_tiles(
        steady,
        np.argsort(new - kept, kind="stable"),
        placement.reshape(-1, 1),
        new[:, None],
        np.asarray((1 - steadiness) * kept, np.float64),
        sources,
        np.bincount(sources[steady.ravel()], minlength=int(sources.max()) + 1),
        limits.min_distance,
        limits.max_uses or steady.size,
    )
    steady_cost = paired_distances(cells, tiles, steady.ravel()).sum()
    return placement if new.sum() < (1 - steadiness) * steady_cost else steady


def largest_distance(
    limits: RepetitionLimits, sources: int, rows: int, columns: int
) -> int | None:
    """
    Return the largest minimum distance, up to that of the limits, for live mosaics.

    None means that `max_uses` alone needs more sources.
    """
    # Longer distances than the grid allow the same placements.
    longest = min(limits.min_distance, max(rows, columns))
    distances: list[int] = [limits.min_distance, *range(longest, -1, -1)]
    for distance in distances:
        shorter = replace(limits, min_distance=distance)
        if _sources_needed(shorter, rows, columns) <= sources:
            return distance
    return None


def check_source_count(
    limits: RepetitionLimits, sources: int, rows: int, columns: int
) -> None:
    """Raise TooFewTiles if a cell of a live mosaic could be left without a tile."""
    if (needed := _sources_needed(limits, rows, columns)) > sources:
        feasible = largest_distance(limits, sources, rows, columns)
        raise TooFewTiles(limits, sources, needed, feasible)


def _sources_needed(limits: RepetitionLimits, rows: int, columns: int) -> int:
    """Return the number of sources that leaves one to each cell, in any order."""
    rows, columns = check_integer("rows", rows, 1), check_integer("columns", columns, 1)
    side = 2 * limits.min_distance + 1
    used_up = (rows * columns - 1) // (limits.max_uses or rows * columns)
    return min(side, rows) * min(side, columns) + used_up


def optimality_gap(
    frame: Image,
    tiles: Image,
    limits: RepetitionLimits,
    placement: Placement,
    time_limit: float = 60.0,
    sources: Int64Array | None = None,
) -> float:
    """Return how far the cost of a placement may be above the optimum, as a share."""
    check_images("tiles", tiles)
    grid = split_cells(frame, *tiles.shape[1:3])
    _check_placement("placement", placement, grid.shape[:2], len(tiles))
    if sources is not None:
        _check_sources(sources, tiles)
    cells = grid.reshape(-1, *grid.shape[2:])
    costs = pairwise_costs(cells, tiles)
    cost = int(np.take_along_axis(costs, placement.reshape(-1, 1), axis=1).sum())
    if sources is not None:
        order = np.argsort(sources, kind="stable")
        starts = np.searchsorted(sources[order], np.arange(sources.max() + 1))
        costs = np.minimum.reduceat(costs[:, order], starts, axis=1)
    positions = np.indices(placement.shape).reshape(2, -1).T
    boxes = np.hstack([positions, np.ones_like(positions)])
    best = assign_costs(costs, limits, time_limit, boxes)
    return relative_gap(cost, best.bound)
