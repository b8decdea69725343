"""Select tiles in the perceptual mode: one objective for every layout and limit."""

import logging
from collections.abc import Iterator, Sequence
from functools import partial

import numpy as np

from pigeonhole.core.arrays import (
    Int32Array,
    Int64Array,
)
from pigeonhole.core.repetition import has_limits
from pigeonhole.matching.assignment import assign_in_order
from pigeonhole.matching.perceptual.candidates import (
    MAX_CANDIDATES,
    Candidates,
    TilePool,
)
from pigeonhole.matching.perceptual.costs import LocalWeights
from pigeonhole.matching.perceptual.objective import PlacementProblem
from pigeonhole.matching.perceptual.place import (
    ObjectiveWeights,
    minimize,
    new_problem,
)
from pigeonhole.mosaic.cells import CellGroup, CellGroups, check_memory
from pigeonhole.mosaic.selection import Selection, repetition_limits
from pigeonhole.settings import MosaicOptions

COST_UNITS = 16
"""Units of one level squared in integer costs."""
NEVER = 2**28
"""Integer cost of a source that has no tile."""

log = logging.getLogger(__name__)


def select_perceptual(cells: CellGroups, options: MosaicOptions) -> Selection:
    """
    Select a tile for every cell by minimizing the objective of the perceptual mode.

    With limits on repetition, the search begins with a placement within the limits that
    is good without regard to the cells around; see `assign_in_order`.

    Raises
    ------
    TooFewTiles, TooFewCells, SettingsError
        The limits can't be satisfied, or the problem is too large.
    """
    seconds, sources = options.repetition.time_limit, cells.source_count
    if has_limits(options.repetition):
        costs, _ = source_costs(cells, options)
        limits = repetition_limits(options)
        start = assign_in_order(costs, limits, cells.layout.boxes)
        candidates = list_candidates(cells, options, start)
        chosen = (candidates.sources == start[:, None]).argmax(axis=1)
    else:
        candidates = list_candidates(cells, options)
        chosen = candidates.costs.argmin(axis=1)
    problem = perceptual_problem(cells, options, candidates)
    state = minimize(problem, chosen, sources, seconds)
    numbers = candidates.numbers[np.arange(len(chosen)), state.chosen]
    return Selection(numbers.astype(np.int64))


def perceptual_problem(
    cells: CellGroups, options: MosaicOptions, candidates: Candidates
) -> PlacementProblem:
    """Return the problem of choosing among the candidates of all cells."""
    return new_problem(
        candidates,
        cells.layout.boxes,
        (cells.tiles.shape[1], cells.tiles.shape[2]),
        cells.source_count,
        ObjectiveWeights(options.lowpass_weight, options.repetition_weight),
        repetition_limits(options),
        cells.graph,
    )


def local_weights(options: MosaicOptions) -> LocalWeights:
    """Return the weights of the local cost."""
    return LocalWeights(
        float(options.structure_weight),
        float(options.color_transfer),
        float(options.max_color_transfer),
    )


def list_candidates(
    cells: CellGroups, options: MosaicOptions, required: Int64Array | None = None
) -> Candidates:
    """
    Return the candidates of all cells, in the order of the layout.

    `required`, shape (m,), are sources that the candidates must include.
    """
    size = max(1, MAX_CANDIDATES // len(cells.layout))
    weights = local_weights(options)
    parts, numbers = [], []
    for group, pool in pools(cells, options):
        wanted = None if required is None else required[group.numbers]
        described = cells.features(group, options.space)
        parts.append(pool.candidates(described, weights, size, wanted))
        numbers.append(group.numbers)
    return join_candidates(parts, numbers)


def join_candidates(
    parts: Sequence[Candidates], numbers: Sequence[Int64Array]
) -> Candidates:
    """Return the candidates of all cells in order; `numbers` are those of each part."""
    if len(parts) == 1:
        return parts[0]
    order = np.argsort(np.concatenate(numbers))
    joined = (np.concatenate(arrays) for arrays in zip(*parts, strict=True))
    return Candidates(*(array[order] for array in joined))


def source_costs(
    cells: CellGroups, options: MosaicOptions, numbers: Int64Array | None = None
) -> tuple[Int32Array, Int32Array]:
    """
    Return the local cost of each source in each cell, and the tile that has this cost.

    `numbers` are the numbers of the cells, ascending; all by default. The costs are in
    units of 1 / `COST_UNITS` levels squared; both arrays have the shape (m, sources).
    """
    if numbers is None:
        numbers = np.arange(len(cells.layout))
    check_memory(cells, len(numbers))
    shape = len(numbers), cells.source_count
    costs, tiles = np.empty(shape, np.int32), np.empty(shape, np.int32)
    for group, pool in pools(cells, options):
        rows = np.flatnonzero(np.isin(numbers, group.numbers))
        if not rows.size:
            continue
        members = np.searchsorted(group.numbers, numbers[rows])
        for part, found in pool.costs(
            pool.describe(group.cells[members]), local_weights(options)
        ):
            scaled = np.minimum(np.rint(COST_UNITS * found.costs), NEVER)
            costs[rows[part]], tiles[rows[part]] = scaled, found.numbers
    return costs, tiles


def pools(
    cells: CellGroups, options: MosaicOptions
) -> Iterator[tuple[CellGroup, TilePool]]:
    """Yield the cells of each size with the tiles as they appear in them."""
    for box_group, group in zip(cells.layout.groups, cells, strict=True):
        tiles, sources = group.tiles, cells.sources
        width = box_group.columns.stop - box_group.columns.start
        # The visible part of a mirrored tile isn't the mirror image of the visible part
        # of the tile, so tiles that are cut off are listed with their mirror images.
        whole = options.mirror and width == box_group.size.width
        if whole:
            tiles, sources = tiles[: len(tiles) // 2], sources[: len(sources) // 2]
        key = "pool", len(tiles), box_group.view, options.space
        make = partial(TilePool, tiles, sources, options.space, mirror=False)
        yield group, cells.keep(key, make).variants(mirror=whole)
