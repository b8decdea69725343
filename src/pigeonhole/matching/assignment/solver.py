"""An exact assignment solver with limits on how often each tile is used.

The problem is a transportation problem, a kind of minimum-cost flow. An auction
algorithm with a small epsilon (Bertsekas 1988) finds an assignment and dual prices that
satisfy epsilon-complementary slackness. Cells that violate complementary slackness are
then unassigned and reassigned along shortest augmenting paths (Jonker and Volgenant
1987), which makes the assignment optimal.

By weak duality, any dual prices prove a lower bound of the cost: the sum of each cell's
least reduced cost over *all* tiles, minus the most that the tiles can earn.

If each tile is used once, scipy.optimize.linear_sum_assignment has the same optimum.

References
----------
D. P. Bertsekas, "The auction algorithm: a distributed relaxation method for the
assignment problem", Annals of Operations Research 14, 1988.

R. Jonker and A. Volgenant, "A shortest augmenting path algorithm for dense and sparse
linear assignment problems", Computing 38, 1987.
"""

import numpy as np

from pigeonhole.core.arrays import Int64Array
from pigeonhole.matching.assignment.auction import auction
from pigeonhole.matching.assignment.greedy import assign_greedily, use_all_tiles
from pigeonhole.matching.assignment.problem import (
    UNASSIGNED,
    Problem,
    TimeBudget,
    min_reduced_costs,
    total_cost,
)
from pigeonhole.matching.assignment.residual import ResidualGraph, list_all_candidates
from pigeonhole.matching.assignment.shortest_paths import (
    RESERVE,
    PathSearch,
    assign_sources,
    unassign_violations,
)
from pigeonhole.matching.neighbors import Neighbors
from pigeonhole.matching.search.kernels import INFINITE_COST

# Measured: longer lists and smaller epsilons cost more time than they save.
SOLVER_CANDIDATES = 8
"""Number of candidate tiles of each cell."""
EPSILON = 0.002
"""Epsilon of the auction, relative to the mean cost of the nearest tiles."""
BIDS_PER_CHECK = 100_000
"""Number of bids between two checks of the time budget."""
PATHS_PER_CHECK = 64
"""Number of augmenting paths between two checks of the time budget."""


def solve(
    problem: Problem, min_uses: int, max_uses: int, budget: TimeBudget
) -> tuple[Int64Array, int]:
    """
    Find the placement with the least cost, and a lower bound of the cost.

    `min_uses`, 0 or 1, and `max_uses` limit the uses of each tile. The problem must
    have enough cells and tiles for them. The bound holds for any placement within the
    limits.
    """
    # Step 1: the auction, completed to a placement within the limits.
    graph = new_residual_graph(problem, max_uses)
    list_all_candidates(problem, graph)
    finished = run_auction(graph, problem, budget)
    bound = lower_bound(graph, problem, min_uses, max_uses)
    placed = complete(graph.tile_of.copy(), problem, min_uses, max_uses)
    if not finished or total_cost(problem, placed) == bound:
        return placed, bound
    # Step 2: shortest augmenting paths to the optimum.
    optimal = augment_to_optimum(graph, problem, min_uses, max_uses, budget)
    bound = max(bound, lower_bound(graph, problem, min_uses, max_uses))
    return (graph.tile_of if optimal else placed), bound


def new_residual_graph(problem: Problem, max_uses: int) -> ResidualGraph:
    """Return a graph without assignments in which all duals are 0."""
    m, n = len(problem.cells), len(problem.tiles)
    size = min(SOLVER_CANDIDATES, n)
    return ResidualGraph(
        tile_of=np.full(m, UNASSIGNED, np.int64),
        cost_of_cell=np.zeros(m, np.int64),
        first_cell=np.full(n, UNASSIGNED, np.int64),
        next_cell=np.full(m, UNASSIGNED, np.int64),
        free=np.full(n, max_uses, np.int64),
        reserve=np.zeros(n, np.int64),
        duals=np.zeros(n + 1, np.int64),
        candidates=np.zeros((m, size), np.int64),
        candidate_costs=np.zeros((m, size), np.int64),
        next_reduced_cost=np.zeros(m, np.int64),
    )


def run_auction(graph: ResidualGraph, problem: Problem, budget: TimeBudget) -> bool:
    """Run the auction; return whether it finished within the time budget."""
    m = len(graph.next_reduced_cost)
    epsilon = max(1, int(graph.candidate_costs[:, 0].mean() * EPSILON))
    bids = np.zeros(m, np.int64)
    waiting = np.concatenate(([m], np.arange(m)[::-1])).astype(np.int64)
    while auction(graph, problem, bids, waiting, epsilon, BIDS_PER_CHECK):
        if not budget:
            return False
    return True


def complete(
    placed: Int64Array, problem: Problem, min_uses: int, max_uses: int
) -> Int64Array:
    """Assign tiles to cells without one, and cells to tiles that must be used."""
    unassigned = np.flatnonzero(placed == UNASSIGNED)
    uses = np.bincount(placed[placed != UNASSIGNED], minlength=len(problem.tiles))
    nothing_near = Neighbors(np.zeros(len(placed) + 1, np.int64), np.zeros(0, np.int32))
    assign_greedily(problem, nothing_near, placed, uses, unassigned, max_uses)
    if min_uses:
        use_all_tiles(problem, placed, uses)
    return placed


def augment_to_optimum(
    graph: ResidualGraph,
    problem: Problem,
    min_uses: int,
    max_uses: int,
    budget: TimeBudget,
) -> bool:
    """Make the assignment optimal; return whether that finished within the budget."""
    nodes = len(graph.duals) + len(graph.next_reduced_cost)
    search = PathSearch(
        distances=np.full(nodes, INFINITE_COST, np.int64),
        parents=np.full(nodes, UNASSIGNED, np.int64),
        heap=np.zeros(nodes, np.int64),
        positions=np.full(nodes, UNASSIGNED, np.int64),
        touched=np.zeros(nodes, np.int64),
        state=np.array([0, 0, INFINITE_COST, 0], np.int64),
    )

    def assign_all(sources: Int64Array, max_reserve: int) -> bool:
        for start in range(0, len(sources), PATHS_PER_CHECK):
            if not budget:
                return False
            batch = sources[start : start + PATHS_PER_CHECK]
            assign_sources(graph, search, problem, batch, max_reserve)
        return True

    # Free units move to the reserve, so every unit is either used or in the reserve.
    graph.reserve[:] = graph.free
    graph.free[:] = 0
    list_all_candidates(problem, graph)
    unassign_violations(graph)
    # Step 1: assign the cells that have no tile.
    if not assign_all(np.flatnonzero(graph.tile_of == UNASSIGNED), max_uses):
        return False
    # Step 2: take a unit of each unused tile out of the reserve if it must be used, and
    # let other units take its place.
    unused = graph.reserve > max_uses - min_uses
    graph.reserve[unused] -= 1
    graph.free[unused] += 1
    units = np.full(unused.sum(), RESERVE, np.int64)
    return assign_all(units, max_uses - min_uses)


def lower_bound(
    graph: ResidualGraph, problem: Problem, min_uses: int, max_uses: int
) -> int:
    """Return the lower bound of the cost that the duals prove."""
    duals = graph.duals[:-1] - graph.duals[-1]
    earned = max_uses * np.maximum(duals, 0) + min_uses * np.minimum(duals, 0)
    return int(min_reduced_costs(problem, duals).sum() - earned.sum())
