"""Kernels of the cheapest placement: successive shortest paths.

A *unit* is one use of a tile. The search walks over nodes: 0 to n - 1 are tiles, n is
the reserve (the units that nobody uses), n + 1 + c says "now look beyond the list of
cell c".
"""

from typing import NamedTuple

import numpy as np

from pigeonhole.core.jit import kernel
from pigeonhole.matching.assignment.costs import (
    FAR,
    NOBODY,
    Number,
    Numbers,
    Pictures,
    cost_of,
    cost_row,
)
from pigeonhole.matching.assignment.residual import (
    Flow,
    change_tile,
    cheapest,
    leave_tile,
)

RESERVE = -2
DONE = -2


class Search(NamedTuple):
    """The state of one search; `counts` holds heap size, nodes touched, best end."""

    distances: Numbers
    parents: Numbers
    heap: Numbers
    places: Numbers
    touched: Numbers
    counts: Numbers


@kernel
def rise(search: Search, at: Number) -> None:
    """Move a node up the heap to where it belongs."""
    heap, places, distances = search.heap, search.places, search.distances
    node = heap[at]
    while at > 0:
        above = (at - 1) // 2
        if distances[heap[above]] <= distances[node]:
            break
        heap[at] = heap[above]
        places[heap[at]] = at
        at = above
    heap[at] = node
    places[node] = at


@kernel
def pop(search: Search) -> np.int64:
    """Take the nearest node off the heap."""
    heap, places, distances = search.heap, search.places, search.distances
    top = heap[0]
    places[top] = DONE
    search.counts[0] -= 1
    size = search.counts[0]
    if size == 0:
        return np.int64(top)
    node = heap[size]
    at = 0
    while 2 * at + 1 < size:
        below = 2 * at + 1
        if below + 1 < size and distances[heap[below + 1]] < distances[heap[below]]:
            below += 1
        if distances[heap[below]] >= distances[node]:
            break
        heap[at] = heap[below]
        places[heap[at]] = at
        at = below
    heap[at] = node
    places[node] = at
    return np.int64(top)


@kernel
def reach(search: Search, node: Number, distance: Number, parent: Number) -> None:
    """Note a way to a node, if it is shorter and can matter."""
    counts = search.counts
    if distance >= search.distances[node] or distance >= counts[2]:
        return
    if search.distances[node] == FAR:
        search.touched[counts[1]] = node
        counts[1] += 1
    search.distances[node] = distance
    search.parents[node] = parent
    if search.places[node] == NOBODY:
        search.places[node] = counts[0]
        search.heap[counts[0]] = node
        counts[0] += 1
    rise(search, search.places[node])


@kernel
def reach_tile(
    flow: Flow, search: Search, t: Number, distance: Number, parent: Number
) -> None:
    """Note a way to a tile; one with a free unit is an end."""
    if flow.free[t] == 0:
        reach(search, t, distance, parent)
    elif distance < search.counts[2]:
        search.parents[t] = parent
        search.counts[2] = distance
        search.counts[3] = t


@kernel
def reach_from_cell(flow: Flow, search: Search, c: Number, base: Number) -> None:
    """Follow a cell to the tiles on its list, and note where the list ends."""
    for at in range(flow.listed.shape[1]):
        t = flow.listed[c, at]
        distance = base + flow.near[c, at] + flow.prices[t]
        reach_tile(flow, search, t, distance, c)
    if flow.rest[c] < FAR:
        beyond = flow.prices.size + c
        reach(search, beyond, base + flow.rest[c], c)


@kernel
def reach_beyond(flow: Flow, search: Search, pictures: Pictures, node: Number) -> None:
    """Follow a cell to all tiles, and renew its list."""
    c = node - flow.prices.size
    base = search.distances[node] - flow.rest[c]
    row = cost_row(pictures, c)
    flow.rest[c] = cheapest(row, flow.prices, flow.listed[c], flow.near[c])
    for t in range(row.size):
        distance = base + row[t] + flow.prices[t]
        if distance < search.counts[2]:
            reach_tile(flow, search, t, distance, c)


@kernel
def reach_from_tile(flow: Flow, search: Search, t: Number) -> None:
    """Follow a tile to the cells that use it, and to the reserve if that holds some."""
    n = flow.heads.size
    c = flow.heads[t]
    while c != NOBODY:
        base = search.distances[t] - flow.paid[c] - flow.prices[t]
        reach_from_cell(flow, search, c, base)
        c = flow.nexts[c]
    if flow.reserve[t] > 0:
        gap = flow.prices[n] - flow.prices[t]
        reach(search, n, search.distances[t] + gap, t)


@kernel
def reach_from_reserve(flow: Flow, search: Search, most: int) -> None:
    """Follow the reserve to the tiles of which it may hold more."""
    n = flow.heads.size
    base = search.distances[n] - flow.prices[n]
    for t in range(n):
        if flow.reserve[t] < most:
            reach_tile(flow, search, t, base + flow.prices[t], RESERVE)


@kernel
def follow_back(flow: Flow, search: Search, pictures: Pictures, source: Number) -> None:
    """Pass one unit along the path that was found, from its end to the source."""
    t = search.counts[3]
    flow.free[t] -= 1
    while True:
        c = search.parents[t]
        if c == RESERVE:
            flow.reserve[t] += 1
            t = search.parents[flow.heads.size]
            if t == NOBODY:
                return
            flow.reserve[t] -= 1
            continue
        old = flow.tile_of[c]
        change_tile(flow, c, t, cost_of(pictures, c, t))
        if c == source:
            return
        t = old


@kernel
def settle(flow: Flow, search: Search) -> None:
    """Raise the prices of what was nearer than the end; clear the search."""
    end = search.counts[2]
    for at in range(search.counts[1]):
        node = search.touched[at]
        if search.places[node] == DONE and node < flow.prices.size:
            flow.prices[node] += end - search.distances[node]
        search.distances[node] = FAR
        search.places[node] = NOBODY
    search.counts[0] = 0
    search.counts[1] = 0
    search.counts[2] = FAR


@kernel
def seat(
    flow: Flow, search: Search, pictures: Pictures, sources: Numbers, most: int
) -> None:
    """
    Give each cell of `sources` a tile, changing others' where that is cheaper.

    The source `RESERVE` takes one more unit out of use instead.
    Successive shortest paths: after each cell the placement of those that have a tile
    is the cheapest, and the prices prove it. A cell's list is searched first; tiles
    beyond it only where the path could gain, so that short lists lose nothing.
    """
    n = flow.heads.size
    for s in range(sources.size):
        if sources[s] == RESERVE:
            reach(search, n, np.int64(0), NOBODY)
        else:
            reach_from_cell(flow, search, sources[s], np.int64(0))
        while search.counts[0]:
            if search.distances[search.heap[0]] >= search.counts[2]:
                break
            node = pop(search)
            if node < n:
                reach_from_tile(flow, search, node)
            elif node == n:
                reach_from_reserve(flow, search, most)
            else:
                reach_beyond(flow, search, pictures, node)
        follow_back(flow, search, pictures, sources[s])
        settle(flow, search)


@kernel
def loosen(flow: Flow) -> int:
    """Take from their tiles the cells that would like another better; count them."""
    for c in range(flow.rest.size):
        best = flow.rest[c]
        for at in range(flow.listed.shape[1]):
            best = min(best, flow.near[c, at] + flow.prices[flow.listed[c, at]])
        t = flow.tile_of[c]
        if flow.paid[c] + flow.prices[t] > best:
            leave_tile(flow, c)
            flow.free[t] += 1
    return int((flow.tile_of == NOBODY).sum())
