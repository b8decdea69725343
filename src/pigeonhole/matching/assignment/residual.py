"""Kernels of the residual graph: assignments, dual prices and candidate lists."""

from typing import NamedTuple

import numpy as np

from pigeonhole.core.arrays import Int32Array, Int64Array
from pigeonhole.core.jit import kernel, parallel_kernel, prange
from pigeonhole.matching.assignment.problem import UNASSIGNED, Number, Problem, cost_row
from pigeonhole.matching.search.kernels import INFINITE_COST


class ResidualGraph(NamedTuple):
    """
    The current assignment, its dual prices, and the candidates of each cell.

    A *unit* is one use of a tile. The reduced cost of a tile in a cell is its cost plus
    its dual price. Candidates are the tiles with the least reduced cost when the list
    was made.
    """

    tile_of: Int64Array  # (m,): tile of each cell, or UNASSIGNED
    cost_of_cell: Int64Array  # (m,): cost of each cell's tile
    first_cell: Int64Array  # (n,): first cell that uses each tile, or UNASSIGNED
    next_cell: Int64Array  # (m,): next cell that uses the same tile, or UNASSIGNED
    free: Int64Array  # (n,): units of each tile that can be assigned
    reserve: Int64Array  # (n,): units of each tile that are deliberately unused
    duals: Int64Array  # (n + 1,): dual price of each tile, and of the reserve
    candidates: Int64Array  # (m, size): tile numbers
    candidate_costs: Int64Array  # (m, size)
    next_reduced_cost: Int64Array  # (m,): lower bound for all tiles not in the list


@kernel
def list_candidates(graph: ResidualGraph, c: Number, row: Int32Array) -> None:
    """List a cell's candidates by insertion sort; `row` has the cost of every tile."""
    size, duals = graph.candidates.shape[1], graph.duals
    best = np.full(size + 1, INFINITE_COST, np.int64)
    numbers = np.zeros(size + 1, np.int64)
    for t in range(row.size):
        reduced_cost = np.int64(row[t]) + duals[t]
        if reduced_cost < best[size]:
            k = size
            while k > 0 and best[k - 1] > reduced_cost:
                best[k] = best[k - 1]
                numbers[k] = numbers[k - 1]
                k -= 1
            best[k] = reduced_cost
            numbers[k] = t
    for k in range(size):
        graph.candidates[c, k] = numbers[k]
        graph.candidate_costs[c, k] = row[numbers[k]]
    graph.next_reduced_cost[c] = best[size]


@parallel_kernel
def list_all_candidates(problem: Problem, graph: ResidualGraph) -> None:
    """List the candidates of every cell."""
    for c in prange(graph.next_reduced_cost.size):
        list_candidates(graph, c, cost_row(problem, c))


@kernel
def unassign(graph: ResidualGraph, c: Number) -> None:
    """Remove a cell from the list of the tile that it uses."""
    t = graph.tile_of[c]
    user = graph.first_cell[t]
    if user == c:
        graph.first_cell[t] = graph.next_cell[c]
    else:
        while graph.next_cell[user] != c:
            user = graph.next_cell[user]
        graph.next_cell[user] = graph.next_cell[c]
    graph.tile_of[c] = UNASSIGNED


@kernel
def reassign(graph: ResidualGraph, c: Number, t: Number, cost: Number) -> None:
    """Assign a tile to a cell, in place of the tile that it has, if any."""
    if graph.tile_of[c] != UNASSIGNED:
        unassign(graph, c)
    graph.tile_of[c] = t
    graph.cost_of_cell[c] = cost
    graph.next_cell[c] = graph.first_cell[t]
    graph.first_cell[t] = c
