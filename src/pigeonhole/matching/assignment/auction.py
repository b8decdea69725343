"""Kernels of the auction algorithm: cells bid for tiles (Bertsekas 1988)."""

import numpy as np

from pigeonhole.core.arrays import Int64Array
from pigeonhole.core.jit import kernel
from pigeonhole.matching.assignment.problem import UNASSIGNED, Number, Problem, cost_row
from pigeonhole.matching.assignment.residual import (
    ResidualGraph,
    list_candidates,
    reassign,
    unassign,
)
from pigeonhole.matching.search.kernels import INFINITE_COST


@kernel
def lowest_bidder(graph: ResidualGraph, bids: Int64Array, t: Number) -> Number:
    """Return the cell with the lowest bid among those that use a tile."""
    lowest = graph.first_cell[t]
    c = graph.next_cell[lowest]
    while c != UNASSIGNED:
        if bids[c] < bids[lowest]:
            lowest = c
        c = graph.next_cell[c]
    return np.int64(lowest)


@kernel
def compute_bid(
    graph: ResidualGraph, problem: Problem, c: Number, epsilon: Number
) -> tuple[int, Number]:
    """
    Return the index of a cell's best candidate, and its bid for it.

    At this price, the best candidate would be `epsilon` worse than the second best.
    """
    while True:
        # Step 1: the two least reduced costs among the candidates.
        first, best, second = 0, INFINITE_COST, INFINITE_COST
        for k in range(graph.candidates.shape[1]):
            dual = graph.duals[graph.candidates[c, k]]
            reduced_cost = graph.candidate_costs[c, k] + dual
            if reduced_cost < best:
                second = best
                best = reduced_cost
                first = k
            elif reduced_cost < second:
                second = reduced_cost
        # Step 2: if other tiles could be better, list the candidates again.
        if second <= graph.next_reduced_cost[c]:
            break
        list_candidates(graph, c, cost_row(problem, c))
    # With a single tile there is no second best.
    margin = second - best if second < INFINITE_COST else np.int64(0)
    return first, graph.duals[graph.candidates[c, first]] + margin + epsilon


@kernel
def auction(
    graph: ResidualGraph,
    problem: Problem,
    bids: Int64Array,
    waiting: Int64Array,
    epsilon: Number,
    rounds: int,
) -> int:
    """
    Run bids of unassigned cells until none is left or the rounds are over.

    While a tile has free units, its dual price is 0. Otherwise its price is the lowest
    bid among its cells, and a new bid replaces that cell. The assignment satisfies
    epsilon-complementary slackness: each cell's tile is within `epsilon` of the least
    reduced cost.

    All arrays are changed in place: `bids` has the last bid of each cell, and `waiting`
    is a stack of unassigned cells (its size, then the cells). Return the number of
    cells without a tile.
    """
    while rounds > 0 and waiting[0] > 0:
        rounds -= 1
        # Step 1: the cell on top of the stack bids for its best candidate.
        c = waiting[waiting[0]]
        k, bid = compute_bid(graph, problem, c, epsilon)
        t = graph.candidates[c, k]
        # Step 2: it takes a free unit or replaces the lowest bidder.
        if graph.free[t] > 0:
            graph.free[t] -= 1
            waiting[0] -= 1
        else:
            loser = lowest_bidder(graph, bids, t)
            unassign(graph, loser)
            waiting[waiting[0]] = loser
        bids[c] = bid
        reassign(graph, c, t, graph.candidate_costs[c, k])
        # Step 3: the price of a full tile rises to its lowest bid.
        if graph.free[t] == 0:
            graph.duals[t] = bids[lowest_bidder(graph, bids, t)]
    return int(waiting[0])
