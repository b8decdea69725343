"""Find the best placement under limits on repetition, with a bound on the optimum."""

from dataclasses import dataclass

import numpy as np

from pigeonhole.core.arrays import Image, Int32Array
from pigeonhole.matching.assignment import solver
from pigeonhole.matching.assignment.limits import RepetitionLimits, check_tile_count
from pigeonhole.matching.assignment.problem import (
    Problem,
    TimeBudget,
    new_problem,
    total_cost,
)
from pigeonhole.matching.assignment.spacing import solve_with_spacing, squares_bound
from pigeonhole.matching.grid import Placement
from pigeonhole.matching.search.simd import CACHE_LINE


@dataclass(frozen=True, slots=True)
class Assignment:
    """
    A placement that satisfies limits on repetition.

    Attributes
    ----------
    limits : RepetitionLimits
    placement : int64 array, shape (rows, columns)
    cost, bound : int
        Sum of the distances of all cells from their tiles, and a lower bound of it for
        any placement that satisfies the limits.
    expired : float or None
        The time limit in seconds, if it ended the search.
    """

    limits: RepetitionLimits
    placement: Placement
    cost: int
    bound: int
    expired: float | None = None

    @property
    def gap(self) -> float:
        """Optimality gap: how far the cost may be above the optimum, as a share."""
        return relative_gap(self.cost, self.bound)

    @property
    def summary(self) -> str:
        """One sentence about the optimality gap and how the placement was found."""
        if self.cost == self.bound:
            return f"With {self.limits}: the placement is optimal."
        quality = (
            f"a placement at most {100 * self.gap:.2f} % above the optimum"
            if self.bound
            else "a placement whose distance from the optimum is unknown"
        )
        if self.expired is None:
            return f"With {self.limits}: local search found {quality}."
        return (
            f"With {self.limits}: the search stopped after {self.expired:g} s with "
            f"{quality}."
        )


def relative_gap(cost: int, bound: int) -> float:
    """Return how far a cost is above a lower bound, as a share of the bound."""
    if cost == bound:
        return 0.0
    return (cost - bound) / bound if bound else float("inf")


def assign(
    cells: Image,
    tiles: Image,
    grid_shape: tuple[int, int],
    limits: RepetitionLimits,
    time_limit: float = 60.0,
) -> Assignment:
    """
    Find the placement with the least sum of absolute differences under limits.

    The result doesn't depend on the number of threads. It depends on the speed of the
    machine only if the time limit ends the search; then `expired` is set.

    Parameters
    ----------
    cells, tiles : uint8 arrays, shapes (rows * columns, ...) and (n > 0, ...)
        Images of the same shape.
    grid_shape : (rows, columns)
    limits : RepetitionLimits
    time_limit : float
        Seconds after which the best placement found so far is returned. Computing the
        distances and an initial placement isn't limited.

    Raises
    ------
    TooFewTiles, TooFewCells
        No placement satisfies the limits.
    TypeError, ValueError
        The arrays have the wrong data type or don't match.
    """
    rows, columns = grid_shape
    if rows * columns != len(cells):
        raise ValueError(f"{len(cells)} cells don't fill a grid of {rows}x{columns}")
    check_tile_count(limits, len(tiles), rows, columns)
    budget = TimeBudget(time_limit)
    return _solve(new_problem(cells, tiles), grid_shape, limits, budget)


def assign_costs(
    costs: Int32Array, limits: RepetitionLimits, time_limit: float = 60.0
) -> Assignment:
    """
    Find the placement with the least cost for cells without a grid; see `assign`.

    `costs`, shape (m, n), has the cost of each tile in each cell. ValueError is raised
    if the limits have a minimum distance.
    """
    if limits.min_distance:
        raise ValueError("a minimum distance needs a grid")
    cells, tiles = costs.shape
    check_tile_count(limits, tiles, 1, cells)
    no_cells, no_tiles = (np.zeros((k, 0, CACHE_LINE), np.uint8) for k in costs.shape)
    problem = Problem(no_cells, no_tiles, costs)
    return _solve(problem, (1, cells), limits, TimeBudget(time_limit))


def _solve(
    problem: Problem,
    grid_shape: tuple[int, int],
    limits: RepetitionLimits,
    budget: TimeBudget,
) -> Assignment:
    spacing, converged, bound = limits.min_distance, True, 0
    if spacing:
        placed, converged = solve_with_spacing(problem, grid_shape, limits, budget)
        bound = squares_bound(problem, grid_shape, spacing, budget)
    if limits.max_uses or limits.use_all or not spacing:
        m, n = len(problem.cells), len(problem.tiles)
        min_uses = int(limits.use_all)
        max_uses = min(limits.max_uses or m, m - min_uses * (n - 1))
        optimal, relaxed_bound = solver.solve(problem, min_uses, max_uses, budget)
        bound = max(bound, relaxed_bound)
        if not spacing:
            placed = optimal
    cost = total_cost(problem, placed.ravel())
    finished = converged and (budget or cost == bound)
    expired = None if finished else budget.seconds
    return Assignment(limits, placed.reshape(grid_shape), cost, bound, expired)
