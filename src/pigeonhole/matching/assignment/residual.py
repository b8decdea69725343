"""Kernels of who uses what: each cell's cheapest tiles, each tile's users and price."""

from typing import NamedTuple

import numpy as np

from pigeonhole.core.jit import kernel, parallel_kernel, prange
from pigeonhole.matching.assignment.costs import (
    FAR,
    NOBODY,
    Costs,
    Number,
    Numbers,
    Pictures,
    cost_row,
)


class Flow(NamedTuple):
    """Who uses what: units of tiles, their prices, and each cell's best tiles."""

    tile_of: Numbers
    paid: Numbers
    heads: Numbers
    nexts: Numbers
    free: Numbers
    reserve: Numbers
    prices: Numbers
    listed: Numbers
    near: Numbers
    rest: Numbers


@kernel
def cheapest(row: Costs, prices: Numbers, listed: Numbers, near: Numbers) -> np.int64:
    """List the tiles of least cost plus price; return the least sum beyond them."""
    size = listed.size
    best = np.full(size + 1, FAR, np.int64)
    numbers = np.zeros(size + 1, np.int64)
    for t in range(row.size):
        total = np.int64(row[t]) + prices[t]
        if total < best[size]:
            at = size
            while at > 0 and best[at - 1] > total:
                best[at] = best[at - 1]
                numbers[at] = numbers[at - 1]
                at -= 1
            best[at] = total
            numbers[at] = t
    for at in range(size):
        listed[at] = numbers[at]
        near[at] = row[numbers[at]]
    return np.int64(best[size])


@parallel_kernel
def list_tiles(pictures: Pictures, flow: Flow) -> None:
    """List the cheapest tiles of every cell."""
    for c in prange(flow.rest.size):
        row = cost_row(pictures, c)
        flow.rest[c] = cheapest(row, flow.prices, flow.listed[c], flow.near[c])


@kernel
def leave_tile(flow: Flow, c: Number) -> None:
    """Take a cell from the tile that it uses."""
    t = flow.tile_of[c]
    at = flow.heads[t]
    if at == c:
        flow.heads[t] = flow.nexts[c]
    else:
        while flow.nexts[at] != c:
            at = flow.nexts[at]
        flow.nexts[at] = flow.nexts[c]
    flow.tile_of[c] = NOBODY


@kernel
def change_tile(flow: Flow, c: Number, t: Number, cost: Number) -> None:
    """Let a cell use a tile, and no other any more."""
    if flow.tile_of[c] != NOBODY:
        leave_tile(flow, c)
    flow.tile_of[c] = t
    flow.paid[c] = cost
    flow.nexts[c] = flow.heads[t]
    flow.heads[t] = c
