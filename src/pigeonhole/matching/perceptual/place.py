"""Place tiles by minimizing the objective of the perceptual mode."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from pigeonhole.core.arrays import Int64Array
from pigeonhole.core.cancellation import check_canceled
from pigeonhole.core.checks import (
    check_indices,
    check_integer,
    check_number,
    check_same_length,
)
from pigeonhole.matching.assignment.limits import RepetitionLimits
from pigeonhole.matching.assignment.problem import TimeBudget
from pigeonhole.matching.perceptual.candidates import Candidates
from pigeonhole.matching.perceptual.graph import NEAR_DISTANCE, Graph, build_graph
from pigeonhole.matching.perceptual.moves import move_cells, swap_sources
from pigeonhole.matching.perceptual.objective import (
    PlacementProblem,
    PlacementState,
    new_state,
)

GraphMaker = Callable[[Int64Array, tuple[int, int], int, int], Graph]
"""Type of `build_graph`."""

MAX_SWEEPS = 100
"""Maximum number of sweeps; about 10 converge."""
REPETITION_STEPS = (0.1, 0.3, 1.0)
"""Shares of the weight of repetition, in which a placement is improved."""
MIN_REPETITION_UNIT = 16.0
"""Least unit of the cost of repetition, in levels squared."""
SOURCES_PER_CELL = 2
"""Number of sources for each nearby cell from which on these cells can differ."""


class ObjectiveWeights(NamedTuple):
    """Weights of the low-pass error and of repetition, relative to the local cost."""

    lowpass: float
    repetition: float


def new_problem(
    candidates: Candidates,
    boxes: Int64Array,
    tile: tuple[int, int],
    sources: int,
    weights: ObjectiveWeights,
    limits: RepetitionLimits,
    make_graph: GraphMaker = build_graph,
) -> PlacementProblem:
    """
    Return the problem of placing tiles in the cells of a layout.

    The unit of repetition is the median of the least local costs of the cells, so that
    its weight means the same for every target and every set of photos.

    Parameters
    ----------
    candidates : Candidates
    boxes : int64 array, shape (m, 4)
        Row, column, height and width of each cell, in pixels.
    tile : (height, width)
        Size of a whole tile.
    sources : int
        Number of sources.
    weights : ObjectiveWeights
    limits : RepetitionLimits
    make_graph : callable, optional
        Returns what `build_graph` does; it may keep graphs for the next problem.
    """
    check_same_length(boxes=boxes, candidates=candidates.sources)
    sources = check_integer("sources", sources, 1)
    for name, weight in zip(weights._fields, weights, strict=True):
        check_number(f"the {name} weight", weight, 0)
    near = NEAR_DISTANCE
    while near and SOURCES_PER_CELL * (2 * near + 1) ** 2 > sources:
        near -= 1
    unit = float(np.median(candidates.costs.min(axis=1))) + MIN_REPETITION_UNIT
    return PlacementProblem(
        candidates,
        make_graph(boxes, tile, near, limits.min_distance),
        float(weights.lowpass),
        float(weights.repetition) * unit,
        limits.max_uses or len(boxes),
        int(limits.use_all),
    )


def minimize(
    problem: PlacementProblem,
    chosen: Int64Array,
    sources: int,
    seconds: float,
    steps: Sequence[float] = REPETITION_STEPS,
) -> PlacementState:
    """
    Improve a placement until no move of a cell, and no exchange, lowers the objective.

    The cost of repetition rises in steps: if it were high from the start, the cells
    would be stuck with the sources that their neighbors leave.

    Parameters
    ----------
    problem : PlacementProblem
    chosen : int64 array, shape (m,)
        Position of the candidate of each cell, within the limits; it is copied.
    sources : int
        Number of sources.
    seconds : float
        Time after which no further exchanges are tried.
    steps : sequence of float
        Shares of the weight of repetition; the last one is 1.
    """
    candidates = problem.candidates
    check_indices("sources of candidates", candidates.sources, sources)
    check_same_length(cells=candidates.sources, chosen=chosen)
    check_indices("chosen", chosen, candidates.sources.shape[1])
    budget = TimeBudget(seconds)
    for share in steps:
        weight = share * problem.repetition_weight
        step = problem._replace(repetition_weight=weight)
        state = new_state(step, chosen.copy(), sources)
        _descend(step, state, budget)
        chosen = state.chosen
    return state


def _descend(
    problem: PlacementProblem, state: PlacementState, budget: TimeBudget
) -> None:
    """Move cells until nothing changes, and exchange sources if uses are limited."""
    limited = problem.min_uses > 0 or problem.max_uses < state.chosen.size
    while True:
        for _ in range(MAX_SWEEPS):
            check_canceled()
            if not move_cells(problem, state):
                break
        if not limited or not budget or not swap_sources(problem, state):
            return
