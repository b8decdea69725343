"""The objective of the perceptual mode, and the kernels that lower it cell by cell.

With the area *a* of each cell relative to a whole tile, the objective is the sum of

- a * local cost, over all cells;
- lowpass weight * a * |low-pass error|**2 / channels, at the centers of all cells;
- repetition weight * cost of repetition, over all pairs of cells with the same source.

The low-pass error at a point is the average difference of the mean colors around it,
with the weights of a Gaussian whose standard deviation is half a tile, as in
quality.json. So the errors of adjacent cells may compensate for each other. The
repetition of a source costs more the nearer its two cells are; see `Graph`.
"""

from typing import NamedTuple

import numpy as np

from pigeonhole.core.arrays import BoolArray, Float64Array, Int64Array
from pigeonhole.core.jit import inlined, kernel
from pigeonhole.matching.perceptual.candidates import Candidates
from pigeonhole.matching.perceptual.graph import Graph


class PlacementProblem(NamedTuple):
    """Candidates and interactions of the cells, weights and limits."""

    candidates: Candidates
    graph: Graph
    lowpass_weight: float
    repetition_weight: float
    max_uses: int
    """Maximum number of uses of each source."""
    min_uses: int
    """1 if every source that is used must stay in use, otherwise 0."""


class PlacementState(NamedTuple):
    """
    A placement, which the kernels change in place.

    Attributes
    ----------
    chosen : int64 array, shape (m,)
        Position of the chosen candidate of each cell.
    errors : float64 array, shape (m, channels)
        Low-pass error at the center of each cell.
    uses : int64 array, shape (sources,)
        Number of uses of each source.
    penalties : float64 array, shape (sources,)
        Zeros; working memory.
    stale : bool array, shape (m,)
        Cells whose surroundings have changed since they were last visited.
    """

    chosen: Int64Array
    errors: Float64Array
    uses: Int64Array
    penalties: Float64Array
    stale: BoolArray


def new_state(
    problem: PlacementProblem, chosen: Int64Array, sources: int
) -> PlacementState:
    """Return the state of a placement."""
    candidates = problem.candidates
    cells = np.arange(len(chosen))
    used = candidates.sources[cells, chosen]
    errors = np.zeros((len(chosen), candidates.residuals.shape[2]))
    _add_errors(candidates, problem.graph, chosen, errors)
    return PlacementState(
        chosen,
        errors,
        np.bincount(used, minlength=sources),
        np.zeros(sources),
        np.ones(len(chosen), np.bool_),
    )


@kernel
def _add_errors(
    candidates: Candidates, graph: Graph, chosen: Int64Array, errors: Float64Array
) -> None:
    for c in range(chosen.size):
        for channel in range(errors.shape[1]):
            residual = candidates.residuals[c, chosen[c], channel]
            errors[c, channel] += graph.own[c] * residual
            for i in range(graph.starts[c], graph.starts[c + 1]):
                errors[graph.cells[i], channel] += graph.lowpass[i] * residual


@kernel
def objective(problem: PlacementProblem, state: PlacementState) -> float:
    """Return the objective of a placement."""
    candidates, graph, chosen = problem.candidates, problem.graph, state.chosen
    channels = state.errors.shape[1]
    total = 0.0
    for c in range(chosen.size):
        total += graph.areas[c] * candidates.costs[c, chosen[c]]
        for channel in range(channels):
            squares = graph.areas[c] * state.errors[c, channel] ** 2
            total += problem.lowpass_weight * squares / channels
        source = candidates.sources[c, chosen[c]]
        for i in range(graph.starts[c], graph.starts[c + 1]):
            other = graph.cells[i]
            if candidates.sources[other, chosen[other]] == source:
                # Each pair is met twice.
                total += problem.repetition_weight * graph.repetition[i] / 2
    return total


@inlined
def lowpass_slope(
    problem: PlacementProblem, state: PlacementState, c: int, slope: Float64Array
) -> float:
    """
    Return the low-pass error that a cell causes by itself, for a unit residual.

    With the residual *r* of its tile, the low-pass part of the objective is a constant
    plus ``2 * slope . r + curvature * |r|**2``; the slope is filled in.
    """
    candidates, graph = problem.candidates, problem.graph
    weight = problem.lowpass_weight / slope.size
    curvature = graph.areas[c] * graph.own[c] ** 2
    for channel in range(slope.size):
        slope[channel] = graph.areas[c] * graph.own[c] * state.errors[c, channel]
    for i in range(graph.starts[c], graph.starts[c + 1]):
        share = graph.lowpass[i]
        if share:
            other = graph.cells[i]
            factor = graph.areas[other] * share
            curvature += factor * share
            for channel in range(slope.size):
                slope[channel] += factor * state.errors[other, channel]
    for channel in range(slope.size):
        residual = candidates.residuals[c, state.chosen[c], channel]
        slope[channel] = weight * (slope[channel] - curvature * residual)
    return float(weight * curvature)


@inlined
def candidate_cost(
    problem: PlacementProblem, c: int, k: int, slope: Float64Array, curvature: float
) -> float:
    """Return what a candidate adds to the objective, without repetition."""
    candidates = problem.candidates
    total = problem.graph.areas[c] * candidates.costs[c, k]
    for channel in range(slope.size):
        residual = candidates.residuals[c, k, channel]
        total += (2 * slope[channel] + curvature * residual) * residual
    return float(total)


@inlined
def add_penalties(
    problem: PlacementProblem, state: PlacementState, c: int, sign: float
) -> None:
    """Add the cost of repetition of each source near a cell, or take it away."""
    candidates, graph = problem.candidates, problem.graph
    for i in range(graph.starts[c], graph.starts[c + 1]):
        other = graph.cells[i]
        source = candidates.sources[other, state.chosen[other]]
        if sign > 0:
            cost = problem.repetition_weight * graph.repetition[i]
            state.penalties[source] += np.inf if graph.forbidden[i] else cost
        else:
            state.penalties[source] = 0


@inlined
def choose(problem: PlacementProblem, state: PlacementState, c: int, k: int) -> None:
    """Replace the candidate of a cell, and update the state."""
    candidates, graph = problem.candidates, problem.graph
    old = state.chosen[c]
    state.uses[candidates.sources[c, old]] -= 1
    state.uses[candidates.sources[c, k]] += 1
    state.chosen[c] = k
    for channel in range(state.errors.shape[1]):
        change = candidates.residuals[c, k, channel]
        change -= candidates.residuals[c, old, channel]
        state.errors[c, channel] += graph.own[c] * change
        for i in range(graph.starts[c], graph.starts[c + 1]):
            state.errors[graph.cells[i], channel] += graph.lowpass[i] * change
    state.stale[c] = True
    for i in range(graph.starts[c], graph.starts[c + 1]):
        state.stale[graph.cells[i]] = True
