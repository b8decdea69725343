"""Find the best placement under limits on repetition, with a bound on the optimum."""

from dataclasses import dataclass, replace

import numpy as np

from pigeonhole.core.arrays import Image, Int32Array, Int64Array
from pigeonhole.core.checks import check_array, check_integer, check_same_length
from pigeonhole.matching.assignment import solver
from pigeonhole.matching.assignment.greedy import use_all_tiles
from pigeonhole.matching.assignment.limits import RepetitionLimits, check_limits
from pigeonhole.matching.assignment.problem import (
    Problem,
    TimeBudget,
    new_problem,
    total_cost,
)
from pigeonhole.matching.assignment.spacing import (
    cliques_bound,
    initial_placement,
    solve_with_spacing,
)
from pigeonhole.matching.neighbors import find_neighbors
from pigeonhole.matching.search.simd import CACHE_LINE


@dataclass(frozen=True, slots=True)
class Assignment:
    """
    A placement that satisfies limits on repetition.

    Attributes
    ----------
    limits : RepetitionLimits
    placement : int64 array, shape (rows, columns) or (m,)
    cost, bound : int
        Sum of the distances of all cells from their tiles, and a lower bound of it for
        any placement that satisfies the limits.
    expired : float or None
        The time limit in seconds, if it ended the search.
    """

    limits: RepetitionLimits
    placement: Int64Array
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
            f"a placement at most {self.gap:.2%} above the optimum"
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
    rows, columns = (check_integer("grid_shape", side, 1) for side in grid_shape)
    if rows * columns != len(cells):
        raise ValueError(f"{len(cells)} cells don't fill a grid of {rows}x{columns}")
    positions = np.indices(grid_shape).reshape(2, -1).T
    boxes = np.hstack([positions, np.ones_like(positions)])
    check_limits(limits, len(tiles), boxes)
    budget = TimeBudget(time_limit)
    found = _solve(new_problem(cells, tiles), boxes, limits, budget)
    return replace(found, placement=found.placement.reshape(grid_shape))


def assign_costs(
    costs: Int32Array,
    limits: RepetitionLimits,
    time_limit: float = 60.0,
    boxes: Int64Array | None = None,
) -> Assignment:
    """
    Find the placement with the least cost in any layout; see `assign`.

    Parameters
    ----------
    costs : int32 array, shape (m, n)
        Cost of each tile in each cell. Limits count the columns, so that those of
        sources limit the uses of sources.
    boxes : int64 array, shape (m, 4), optional
        Row, column, height and width of each cell, in pixels. ValueError is raised if
        they are missing and the limits have a minimum distance.
    """
    if boxes is None:
        if limits.min_distance:
            raise ValueError("a minimum distance needs the boxes of the cells")
        boxes = np.tile([0, 0, 1, 1], (len(costs), 1)).astype(np.int64)
    _check_costs(costs, boxes)
    check_limits(limits, costs.shape[1], boxes)
    no_cells, no_tiles = (np.zeros((k, 0, CACHE_LINE), np.uint8) for k in costs.shape)
    problem = Problem(no_cells, no_tiles, costs)
    return _solve(problem, boxes, limits, TimeBudget(time_limit))


def assign_in_order(
    costs: Int32Array, limits: RepetitionLimits, boxes: Int64Array
) -> Int64Array:
    """
    Find a placement within limits quickly, without improving it; see `assign_costs`.

    The cells choose in turn, first those that would lose most by waiting.
    """
    _check_costs(costs, boxes)
    check_limits(limits, costs.shape[1], boxes)
    no_cells, no_tiles = (np.zeros((k, 0, CACHE_LINE), np.uint8) for k in costs.shape)
    problem = Problem(no_cells, no_tiles, costs)
    near = find_neighbors(boxes, limits.min_distance)
    max_uses = limits.max_uses or len(costs)
    placement = initial_placement(problem, near, limits, max_uses)
    if limits.use_all:
        uses = np.bincount(placement, minlength=costs.shape[1])
        use_all_tiles(problem, placement, uses)
    return placement


def _check_costs(costs: Int32Array, boxes: Int64Array) -> None:
    check_array("costs", costs, np.int32, 2)
    check_same_length(costs=costs, boxes=boxes)
    if costs.size and costs.min() < 0:
        raise ValueError(f"costs must be 0 or more, not {costs.min():,}")


def _solve(
    problem: Problem,
    boxes: Int64Array,
    limits: RepetitionLimits,
    budget: TimeBudget,
) -> Assignment:
    spacing, converged, bound = limits.min_distance, True, 0
    if spacing:
        near = find_neighbors(boxes, spacing)
        # The search would leave no time for the bound, which takes little.
        bound = cliques_bound(problem, near, budget)
        placed, converged = solve_with_spacing(problem, near, limits, budget)
    if limits.max_uses or limits.use_all or not spacing:
        m, n = len(problem.cells), len(problem.tiles)
        min_uses = int(limits.use_all)
        max_uses = min(limits.max_uses or m, m - min_uses * (n - 1))
        optimal, relaxed_bound = solver.solve(problem, min_uses, max_uses, budget)
        bound = max(bound, relaxed_bound)
        if not spacing:
            placed = optimal
    cost = total_cost(problem, placed)
    finished = converged and (budget or cost == bound)
    expired = None if finished else budget.seconds
    return Assignment(limits, placed, cost, bound, expired)
