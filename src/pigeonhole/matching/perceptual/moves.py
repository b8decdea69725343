"""Kernels that lower the objective by moves of single cells and by exchanges."""

import numpy as np

from pigeonhole.core.arrays import Float64Array, Int32Array, Int64Array
from pigeonhole.core.jit import inlined, kernel
from pigeonhole.matching.perceptual.objective import (
    PlacementProblem,
    PlacementState,
    add_penalties,
    candidate_cost,
    choose,
    lowpass_slope,
)

MIN_GAIN = 1e-9
"""Changes that gain a smaller share of the cost of a cell are rounding errors."""
SWAP_CANDIDATES = 8
"""Number of candidates of a cell for which exchanges are tried."""


@kernel
def move_cells(problem: PlacementProblem, state: PlacementState) -> int:
    """
    Move each stale cell in turn to the candidate that lowers the objective most.

    Limits on repetition stay satisfied. Return the number of cells that changed.
    """
    candidates = problem.candidates
    slope = np.empty(state.errors.shape[1])
    changes = 0
    for c in range(state.chosen.size):
        if not state.stale[c]:
            continue
        state.stale[c] = False
        old = state.chosen[c]
        if state.uses[candidates.sources[c, old]] <= problem.min_uses:
            continue
        curvature = lowpass_slope(problem, state, c, slope)
        saving = _largest_saving(slope, curvature)
        add_penalties(problem, state, c, 1.0)
        best = candidate_cost(problem, c, old, slope, curvature)
        best += state.penalties[candidates.sources[c, old]]
        best -= MIN_GAIN * abs(best)
        chosen = old
        for k in range(candidates.costs.shape[1]):
            source = candidates.sources[c, k]
            least = problem.graph.areas[c] * candidates.costs[c, k]
            least += state.penalties[source] - saving
            if least >= best or k == old or state.uses[source] >= problem.max_uses:
                continue
            cost = candidate_cost(problem, c, k, slope, curvature)
            cost += state.penalties[source]
            if cost < best:
                best, chosen = cost, k
        add_penalties(problem, state, c, -1.0)
        if chosen != old:
            choose(problem, state, c, chosen)
            state.stale[c] = False
            changes += 1
    return changes


@kernel
def choose_in_order(
    problem: PlacementProblem, order: Int64Array, sources: int, chosen: Int64Array
) -> None:
    """
    Choose the best candidate that the limits allow for each cell in turn.

    Parameters
    ----------
    problem : PlacementProblem
    order : int64 array, shape (m,)
        The cells.
    sources : int
        Number of sources.
    chosen : int64 array, shape (m,)
        Filled with the position of the candidate of each cell, -1 if none is left.
    """
    candidates, graph = problem.candidates, problem.graph
    uses = np.zeros(sources, np.int64)
    # The last cell next to which a source can't be used.
    marks = np.full(sources, -1, np.int64)
    chosen[:] = -1
    for c in order:
        for i in range(graph.starts[c], graph.starts[c + 1]):
            other = graph.cells[i]
            if graph.forbidden[i] and chosen[other] >= 0:
                marks[candidates.sources[other, chosen[other]]] = c
        best = np.inf
        for k in range(candidates.costs.shape[1]):
            source, cost = candidates.sources[c, k], candidates.costs[c, k]
            allowed = uses[source] < problem.max_uses and marks[source] != c
            if allowed and cost < best:
                best, chosen[c] = cost, k
        if chosen[c] >= 0:
            uses[candidates.sources[c, chosen[c]]] += 1


@inlined
def _largest_saving(slope: Float64Array, curvature: float) -> float:
    """Return how much low-pass error a tile saves at most, whatever its color."""
    squares = 0.0
    for channel in range(slope.size):
        squares += slope[channel] ** 2
    return squares / curvature if curvature > 0 else 0.0


@kernel
def swap_sources(problem: PlacementProblem, state: PlacementState) -> int:
    """
    Exchange the sources of two cells wherever that lowers the objective.

    The number of uses of each source stays the same, so this improves placements in
    which limits on the number of uses leave no room for `move_cells`. Each cell tries
    the candidates that gain most in it. Return the number of exchanges.
    """
    candidates, chosen = problem.candidates, state.chosen
    current = np.empty(chosen.size, np.int64)
    for c in range(chosen.size):
        current[c] = candidates.sources[c, chosen[c]]
    # The cells of each source are users[first[source] : first[source + 1]].
    users = np.argsort(current, kind="mergesort")
    slots = np.argsort(users, kind="mergesort")
    first = np.zeros(state.uses.size + 1, np.int64)
    first[1:] = np.cumsum(state.uses)
    changes = np.empty(candidates.costs.shape[1])
    swaps = 0
    for c in range(chosen.size):
        _changes(problem, state, c, changes)
        partner, k_c, k_partner = -1, 0, 0
        best = -MIN_GAIN * problem.graph.areas[c] * candidates.costs[c, chosen[c]]
        for k in np.argsort(changes, kind="mergesort")[:SWAP_CANDIDATES]:
            # One of the two cells gains; this is the turn of that cell.
            if changes[k] >= best or k == chosen[c]:
                continue
            wanted = candidates.sources[c, k]
            for slot in range(first[wanted], first[wanted + 1]):
                other = users[slot]
                position = _find(candidates.sources, other, current[c])
                if position >= 0:
                    change = _swap_change(problem, state, c, k, other, position)
                    if changes[k] + change < best:
                        best = changes[k] + change
                        partner, k_c, k_partner = other, k, position
        if partner < 0:
            continue
        choose(problem, state, c, k_c)
        choose(problem, state, partner, k_partner)
        slot, other_slot = slots[c], slots[partner]
        users[slot], users[other_slot] = partner, c
        slots[c], slots[partner] = other_slot, slot
        current[c], current[partner] = current[partner], current[c]
        swaps += 1
    return swaps


@kernel
def _changes(
    problem: PlacementProblem, state: PlacementState, c: int, changes: Float64Array
) -> None:
    """Fill in how much each candidate of a cell would change the objective."""
    candidates, old = problem.candidates, state.chosen[c]
    slope = np.empty(state.errors.shape[1])
    curvature = lowpass_slope(problem, state, c, slope)
    add_penalties(problem, state, c, 1.0)
    before = candidate_cost(problem, c, old, slope, curvature)
    before += state.penalties[candidates.sources[c, old]]
    for k in range(changes.size):
        changes[k] = candidate_cost(problem, c, k, slope, curvature)
        changes[k] += state.penalties[candidates.sources[c, k]] - before
    add_penalties(problem, state, c, -1.0)


@kernel
def _swap_change(
    problem: PlacementProblem,
    state: PlacementState,
    c: int,
    k: int,
    other: int,
    position: int,
) -> float:
    """Return how much a new candidate of a cell changes the objective after another."""
    candidates, old = problem.candidates, state.chosen[c]
    slope = np.empty(state.errors.shape[1])
    choose(problem, state, c, k)
    curvature = lowpass_slope(problem, state, other, slope)
    change = candidate_cost(problem, other, position, slope, curvature)
    change -= candidate_cost(problem, other, state.chosen[other], slope, curvature)
    add_penalties(problem, state, other, 1.0)
    change += state.penalties[candidates.sources[other, position]]
    change -= state.penalties[candidates.sources[other, state.chosen[other]]]
    add_penalties(problem, state, other, -1.0)
    choose(problem, state, c, old)
    return float(change)


@inlined
def _find(sources: Int32Array, c: int, source: int) -> int:
    """Return the position of a source among a cell's candidates, or -1."""
    low, high = 0, sources.shape[1]
    while low < high:
        middle = (low + high) // 2
        if sources[c, middle] < source:
            low = middle + 1
        else:
            high = middle
    found = low < sources.shape[1] and sources[c, low] == source
    return low if found else -1
