"""Select tiles quickly, for previews: nearly the result of `select_tiles`."""

from copy import deepcopy
from functools import partial

import numpy as np

from pigeonhole.core.arrays import Int64Array
from pigeonhole.core.repetition import has_limits
from pigeonhole.matching.assignment import assign_in_order
from pigeonhole.matching.assignment.limits import check_limits
from pigeonhole.matching.assignment.problem import UNASSIGNED
from pigeonhole.matching.perceptual.candidates import Candidates
from pigeonhole.matching.perceptual.moves import choose_in_order
from pigeonhole.matching.perceptual.objective import PlacementProblem
from pigeonhole.matching.perceptual.place import REPETITION_STEPS, minimize
from pigeonhole.mosaic.cells import CellGroups, check_memory
from pigeonhole.mosaic.costs import source_costs
from pigeonhole.mosaic.perceptual import (
    COST_UNITS,
    NEVER,
    join_candidates,
    local_weights,
    perceptual_problem,
    pools,
)
from pigeonhole.mosaic.select import select_tiles
from pigeonhole.mosaic.selection import Selection, repetition_limits
from pigeonhole.settings import MosaicOptions

CANDIDATES = 48
"""Number of candidates of each cell of a small mosaic."""
DRAFT_CANDIDATES = 200_000
"""Number of candidates of all cells together from which on there are fewer for each."""
MIN_CANDIDATES = 32
SECONDS = 0.05
"""Time after which no further exchanges of sources are tried."""


def draft_selection(cells: CellGroups, options: MosaicOptions) -> Selection:
    """
    Select a tile for every cell quickly, within the limits on repetition.

    In the perceptual mode, each cell chooses among few sources, which are found by a
    sketch of the tiles. In other modes, tiles are selected by
    `select_tiles`; with limits on repetition, cells choose in turn.

    Raises
    ------
    TooFewTiles, TooFewCells, SettingsError
        The limits can't be satisfied, or the problem is too large.
    """
    if options.match == "perceptual":
        return _draft_perceptual(cells, options)
    if not has_limits(options.repetition):
        return select_tiles(cells, options)
    costs, tiles = source_costs(cells, options)
    limits = repetition_limits(options)
    placed = assign_in_order(costs, limits, cells.layout.boxes)
    return Selection(tiles[np.arange(len(placed)), placed].astype(np.int64))


def _draft_perceptual(cells: CellGroups, options: MosaicOptions) -> Selection:
    limits, sources = repetition_limits(options), cells.source_count
    check_limits(limits, sources, cells.layout.boxes)
    candidates = cells.keep_newest(
        (local_weights(options), options.space), partial(_shortlist, cells, options)
    )
    # The candidates that are kept for the next draft stay as they are.
    candidates = deepcopy(candidates)
    problem = perceptual_problem(cells, options, candidates)
    chosen = candidates.costs.argmin(axis=1)
    if has_limits(options.repetition):
        chosen = _choose_in_order(problem, sources)
    if limits.use_all or not _fill_cells(cells, options, problem, chosen):
        start = _start(cells, options)
        candidates = _shortlist(cells, options, start)
        problem = perceptual_problem(cells, options, candidates)
        chosen = (candidates.sources == start[:, None]).argmax(axis=1)
    # The steps before the last one are worth their time in small mosaics only.
    is_small = chosen.size * CANDIDATES <= DRAFT_CANDIDATES
    steps = REPETITION_STEPS if is_small else REPETITION_STEPS[-1:]
    state = minimize(problem, chosen, sources, SECONDS, steps)
    numbers = candidates.numbers[np.arange(chosen.size), state.chosen]
    return Selection(numbers.astype(np.int64))


def _shortlist(
    cells: CellGroups, options: MosaicOptions, required: Int64Array | None = None
) -> Candidates:
    """Return few candidates of each cell; `required` are sources that they include."""
    size = DRAFT_CANDIDATES // len(cells.layout)
    size = max(MIN_CANDIDATES, min(CANDIDATES, size))
    parts, numbers = [], []
    for group, pool in pools(cells, options):
        wanted = None if required is None else required[group.numbers]
        described = cells.features(group, options.space)
        parts.append(pool.shortlist(described, local_weights(options), size, wanted))
        numbers.append(group.numbers)
    return join_candidates(parts, numbers)


def _choose_in_order(problem: PlacementProblem, sources: int) -> Int64Array:
    """
    Return candidates within the limits, -1 where none is left.

    The cells that would lose most by waiting choose first.
    """
    costs = problem.candidates.costs
    best = np.partition(costs, min(1, costs.shape[1] - 1), axis=1)
    order = np.argsort(best[:, 0] - best[:, 1:2].sum(axis=1), kind="stable")
    chosen = np.empty(len(costs), np.int64)
    choose_in_order(problem, order, sources, chosen)
    return chosen


def _fill_cells(
    cells: CellGroups,
    options: MosaicOptions,
    problem: PlacementProblem,
    chosen: Int64Array,
) -> bool:
    """
    Replace the candidates of cells without any that is left; one of them still is.

    Return False if the limits leave no source for a cell.
    """
    candidates, graph, weights = (
        problem.candidates,
        problem.graph,
        local_weights(options),
    )
    placed = candidates.sources[np.arange(chosen.size), chosen].astype(np.int64)
    placed[chosen < 0] = UNASSIGNED
    uses = np.bincount(placed[chosen >= 0], minlength=cells.source_count)
    for group, pool in pools(cells, options):
        rows = np.flatnonzero(chosen[group.numbers] < 0)
        if not rows.size:
            continue
        described = cells.features(group, options.space).take(rows)
        numbers = group.numbers[rows]
        costs = pool.approximate_costs(described, weights)
        for c, row in zip(numbers.tolist(), costs, strict=True):
            part = slice(graph.starts[c], graph.starts[c + 1])
            near = placed[graph.cells[part][graph.forbidden[part]]]
            row[uses >= problem.max_uses] = np.inf
            row[near[near != UNASSIGNED]] = np.inf
            placed[c] = row.argmin()
            if row[placed[c]] == np.inf:
                return False
            uses[placed[c]] += 1
        size = candidates.sources.shape[1]
        found = pool.shortlist(described, weights, size, placed[numbers])
        candidates.sources[numbers] = found.sources
        candidates.numbers[numbers] = found.numbers
        candidates.costs[numbers] = found.costs
        candidates.residuals[numbers] = found.residuals
        chosen[numbers] = (found.sources == placed[numbers, None]).argmax(axis=1)
    return True


def _start(cells: CellGroups, options: MosaicOptions) -> Int64Array:
    """Return a source for each cell, among all sources and within the limits."""
    check_memory(cells, len(cells.layout))
    costs = np.empty((len(cells.layout), cells.source_count), np.int32)
    for group, pool in pools(cells, options):
        described = cells.features(group, options.space)
        found = pool.approximate_costs(described, local_weights(options))
        costs[group.numbers] = np.clip(np.rint(COST_UNITS * found), 0, NEVER)
    limits = repetition_limits(options)
    return assign_in_order(costs, limits, cells.layout.boxes)
