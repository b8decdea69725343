"""Placements with a minimum distance between equal tiles: local search and a bound.

Finding the optimum is at least as hard as graph coloring, so the placement is built
greedily and improved by moves and swaps. The lower bound is the sum of the optima of
squares in which no tile can repeat, or the optimum without a minimum distance,
whichever is higher.
"""

import numpy as np

from pigeonhole.core.arrays import Int64Array
from pigeonhole.matching.assignment import solver
from pigeonhole.matching.assignment.greedy import (
    assign_greedily,
    move_cells,
    swap_cells,
    use_all_tiles,
)
from pigeonhole.matching.assignment.limits import RepetitionLimits, TooFewTiles
from pigeonhole.matching.assignment.problem import (
    UNASSIGNED,
    Problem,
    TimeBudget,
    min_reduced_costs,
)
from pigeonhole.matching.assignment.residual import list_all_candidates

SWAPS_PER_CHECK = 16
"""Number of cells to swap with all others between two checks of the time budget."""


def solve_with_spacing(
    problem: Problem,
    shape: tuple[int, int],
    limits: RepetitionLimits,
    budget: TimeBudget,
) -> tuple[Int64Array, bool]:
    """
    Find a placement that keeps equal tiles apart, by local search.

    Also return whether it converged: no move and no swap lowers the cost further.
    """
    max_uses = limits.max_uses or len(problem.cells)
    placement = initial_placement(problem, shape, limits, max_uses)
    uses = np.bincount(placement.ravel(), minlength=len(problem.tiles))
    if limits.use_all:
        use_all_tiles(problem, placement, uses)
    use_limits = (int(limits.use_all), max_uses)
    distance = limits.min_distance
    while budget:
        changes = move_cells(problem, placement, uses, distance, use_limits)
        for first in range(0, placement.size, SWAPS_PER_CHECK):
            if not budget:
                return placement, False
            last = min(first + SWAPS_PER_CHECK, placement.size)
            changes += swap_cells(problem, placement, distance, first, last)
        if not changes:
            return placement, True
    return placement, False


def initial_placement(
    problem: Problem, shape: tuple[int, int], limits: RepetitionLimits, max_uses: int
) -> Int64Array:
    """Assign tiles greedily, first the cells that would lose most by waiting."""
    graph = solver.new_residual_graph(problem, max_uses)
    list_all_candidates(problem, graph)
    regret = graph.candidate_costs[:, -1] - graph.candidate_costs[:, 0]
    order = np.argsort(-regret, kind="stable")
    placement = np.full(shape, UNASSIGNED, np.int64)
    uses = np.zeros(len(problem.tiles), np.int64)
    distance = limits.min_distance
    if assign_greedily(problem, placement, uses, order, distance, max_uses):
        return lattice_placement(shape, limits, max_uses, len(problem.tiles))
    return placement


def lattice_placement(
    shape: tuple[int, int], limits: RepetitionLimits, max_uses: int, tiles: int
) -> Int64Array:
    """Repeat each tile on a lattice, which is costly, or raise TooFewTiles."""
    step = limits.min_distance + 1
    placement = np.empty(shape, np.int64)
    used = 0
    for row, column in np.ndindex(min(step, shape[0]), min(step, shape[1])):
        lattice = placement[row::step, column::step]
        numbers = used + np.arange(lattice.size) // max_uses
        lattice[:] = numbers.reshape(lattice.shape)
        used = int(numbers[-1]) + 1
    if used > tiles:
        raise TooFewTiles(limits, tiles, used)
    return placement


def squares_bound(
    problem: Problem, shape: tuple[int, int], min_distance: int, budget: TimeBudget
) -> int:
    """Return the sum of the optima of squares in which no tile can repeat."""
    numbers = np.arange(shape[0] * shape[1]).reshape(shape)
    zero_duals = np.zeros(len(problem.tiles), np.int64)
    step = min_distance + 1
    bound = 0
    for row in range(0, shape[0], step):
        for column in range(0, shape[1], step):
            cells = numbers[row : row + step, column : column + step].ravel()
            square = problem._replace(
                cells=problem.cells[cells],
                costs=problem.costs[cells] if len(problem.costs) else problem.costs,
            )
            if budget:
                bound += solver.solve(square, 0, 1, budget)[1]
            else:
                bound += int(min_reduced_costs(square, zero_duals).sum())
    return bound
