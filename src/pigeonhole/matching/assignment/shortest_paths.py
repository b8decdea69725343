"""Kernels of successive shortest augmenting paths (Jonker and Volgenant 1987).

A *unit* is one use of a tile. Nodes of the search are tiles (0 to n - 1), the reserve
of unused units (n), and for each cell c a node n + 1 + c that represents the tiles
beyond its candidates. Cells themselves aren't nodes: a path enters a cell through its
tile only.
"""

from typing import NamedTuple

import numpy as np

from pigeonhole.core.arrays import Int64Array
from pigeonhole.core.jit import kernel
from pigeonhole.matching.assignment.problem import (
    UNASSIGNED,
    Number,
    Problem,
    cost_of,
    cost_row,
)
from pigeonhole.matching.assignment.residual import (
    ResidualGraph,
    list_candidates,
    reassign,
    unassign,
)
from pigeonhole.matching.search.kernels import INFINITE_COST

RESERVE = -2
"""Source or parent that represents the reserve."""
SETTLED = -2
"""Heap position of a node whose distance is final."""


class PathSearch(NamedTuple):
    """
    State of a search by Dijkstra's algorithm; arrays have one element for each node.

    `state` is the size of the heap, the number of touched nodes, the distance of the
    nearest end (a tile with a free unit), and that tile.
    """

    distances: Int64Array  # from the source
    parents: Int64Array  # the cell before each node on the path
    heap: Int64Array  # binary heap of nodes
    positions: Int64Array  # position of each node in the heap
    touched: Int64Array  # nodes that have been reached
    state: Int64Array


@kernel
def sift_up(search: PathSearch, position: Number) -> None:
    """Move a node up the heap to its position."""
    heap, positions, distances = search.heap, search.positions, search.distances
    node = heap[position]
    while position > 0:
        above = (position - 1) // 2
        if distances[heap[above]] <= distances[node]:
            break
        heap[position] = heap[above]
        positions[heap[position]] = position
        position = above
    heap[position] = node
    positions[node] = position


@kernel
def pop_nearest(search: PathSearch) -> np.int64:
    """Remove the nearest node from the heap and return it."""
    heap, positions, distances = search.heap, search.positions, search.distances
    top = heap[0]
    positions[top] = SETTLED
    search.state[0] -= 1
    size = search.state[0]
    if size == 0:
        return np.int64(top)
    # Move the last node to the top and sift it down.
    node = heap[size]
    position = 0
    while 2 * position + 1 < size:
        below = 2 * position + 1
        if below + 1 < size and distances[heap[below + 1]] < distances[heap[below]]:
            below += 1
        if distances[heap[below]] >= distances[node]:
            break
        heap[position] = heap[below]
        positions[heap[position]] = position
        position = below
    heap[position] = node
    positions[node] = position
    return np.int64(top)


@kernel
def relax(search: PathSearch, node: Number, distance: Number, parent: Number) -> None:
    """Update the distance of a node if the path is shorter and can improve the end."""
    state = search.state
    if distance >= search.distances[node] or distance >= state[2]:
        return
    if search.distances[node] == INFINITE_COST:
        search.touched[state[1]] = node
        state[1] += 1
    search.distances[node] = distance
    search.parents[node] = parent
    if search.positions[node] == UNASSIGNED:
        search.positions[node] = state[0]
        search.heap[state[0]] = node
        state[0] += 1
    sift_up(search, search.positions[node])


@kernel
def relax_tile(
    graph: ResidualGraph,
    search: PathSearch,
    t: Number,
    distance: Number,
    parent: Number,
) -> None:
    """Relax the arc to a tile; a tile with a free unit is an end of the path."""
    if graph.free[t] == 0:
        relax(search, t, distance, parent)
    elif distance < search.state[2]:
        search.parents[t] = parent
        search.state[2] = distance
        search.state[3] = t


@kernel
def scan_cell(
    graph: ResidualGraph, search: PathSearch, c: Number, base: Number
) -> None:
    """Relax the arcs from a cell to its candidates and to the tiles beyond them."""
    for k in range(graph.candidates.shape[1]):
        t = graph.candidates[c, k]
        distance = base + graph.candidate_costs[c, k] + graph.duals[t]
        relax_tile(graph, search, t, distance, c)
    if graph.next_reduced_cost[c] < INFINITE_COST:
        beyond = graph.duals.size + c
        relax(search, beyond, base + graph.next_reduced_cost[c], c)


@kernel
def scan_beyond(
    graph: ResidualGraph, search: PathSearch, problem: Problem, node: Number
) -> None:
    """Relax the arcs from a cell to all tiles, and list its candidates again."""
    c = node - graph.duals.size
    base = search.distances[node] - graph.next_reduced_cost[c]
    row = cost_row(problem, c)
    list_candidates(graph, c, row)
    for t in range(row.size):
        distance = base + row[t] + graph.duals[t]
        if distance < search.state[2]:
            relax_tile(graph, search, t, distance, c)


@kernel
def scan_tile(graph: ResidualGraph, search: PathSearch, t: Number) -> None:
    """Scan the cells that use a tile, and relax the arc to the reserve."""
    n = graph.first_cell.size
    c = graph.first_cell[t]
    while c != UNASSIGNED:
        base = search.distances[t] - graph.cost_of_cell[c] - graph.duals[t]
        scan_cell(graph, search, c, base)
        c = graph.next_cell[c]
    if graph.reserve[t] > 0:
        reduced_cost = graph.duals[n] - graph.duals[t]
        relax(search, n, search.distances[t] + reduced_cost, t)


@kernel
def scan_reserve(graph: ResidualGraph, search: PathSearch, max_reserve: int) -> None:
    """Relax the arcs from the reserve to the tiles of which it can hold more units."""
    n = graph.first_cell.size
    base = search.distances[n] - graph.duals[n]
    for t in range(n):
        if graph.reserve[t] < max_reserve:
            relax_tile(graph, search, t, base + graph.duals[t], RESERVE)


@kernel
def augment(
    graph: ResidualGraph, search: PathSearch, problem: Problem, source: Number
) -> None:
    """Move one unit along the shortest path, from its end back to the source."""
    t = search.state[3]
    graph.free[t] -= 1
    while True:
        c = search.parents[t]
        if c == RESERVE:
            graph.reserve[t] += 1
            t = search.parents[graph.first_cell.size]
            if t == UNASSIGNED:
                return
            graph.reserve[t] -= 1
            continue
        old = graph.tile_of[c]
        reassign(graph, c, t, cost_of(problem, c, t))
        if c == source:
            return
        t = old


@kernel
def update_duals(graph: ResidualGraph, search: PathSearch) -> None:
    """Raise the duals of the nodes settled before the end; reset the search."""
    end = search.state[2]
    for k in range(search.state[1]):
        node = search.touched[k]
        if search.positions[node] == SETTLED and node < graph.duals.size:
            graph.duals[node] += end - search.distances[node]
        search.distances[node] = INFINITE_COST
        search.positions[node] = UNASSIGNED
    search.state[0] = 0
    search.state[1] = 0
    search.state[2] = INFINITE_COST


@kernel
def assign_sources(
    graph: ResidualGraph,
    search: PathSearch,
    problem: Problem,
    sources: Int64Array,
    max_reserve: int,
) -> None:
    """
    Assign a tile to each source cell along a shortest augmenting path.

    After each path the assignment of the cells that have a tile is optimal, and the
    duals prove it. A cell's candidates are searched first and all other tiles only if
    the path could become shorter, so short lists don't affect the result.

    The source `RESERVE` moves one more unit to the reserve instead, which holds at most
    `max_reserve` units of each tile.
    """
    n = graph.first_cell.size
    for s in range(sources.size):
        # Step 1: start at the source.
        if sources[s] == RESERVE:
            relax(search, n, np.int64(0), UNASSIGNED)
        else:
            scan_cell(graph, search, sources[s], np.int64(0))
        # Step 2: Dijkstra's algorithm, up to the nearest tile with a free unit.
        while search.state[0]:
            if search.distances[search.heap[0]] >= search.state[2]:
                break
            node = pop_nearest(search)
            if node < n:
                scan_tile(graph, search, node)
            elif node == n:
                scan_reserve(graph, search, max_reserve)
            else:
                scan_beyond(graph, search, problem, node)
        # Step 3: move a unit along the path, and make all reduced costs nonnegative.
        augment(graph, search, problem, sources[s])
        update_duals(graph, search)


@kernel
def unassign_violations(graph: ResidualGraph) -> None:
    """Unassign cells for which another tile has a lower reduced cost than their own."""
    for c in range(graph.next_reduced_cost.size):
        best = graph.next_reduced_cost[c]
        for k in range(graph.candidates.shape[1]):
            dual = graph.duals[graph.candidates[c, k]]
            best = min(best, graph.candidate_costs[c, k] + dual)
        t = graph.tile_of[c]
        if graph.cost_of_cell[c] + graph.duals[t] > best:
            unassign(graph, c)
            graph.free[t] += 1
