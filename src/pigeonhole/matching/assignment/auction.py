"""Kernels of the auction: cells bid for tiles until each has one that it wants."""

import numpy as np

from pigeonhole.core.jit import kernel
from pigeonhole.matching.assignment.costs import (
    FAR,
    NOBODY,
    Number,
    Numbers,
    Pictures,
    cost_row,
)
from pigeonhole.matching.assignment.residual import (
    Flow,
    change_tile,
    cheapest,
    leave_tile,
)


@kernel
def lowest_bid(flow: Flow, bids: Numbers, t: Number) -> Number:
    """Return the cell that offered least for the tile that it uses."""
    lowest = flow.heads[t]
    c = flow.nexts[lowest]
    while c != NOBODY:
        if bids[c] < bids[lowest]:
            lowest = c
        c = flow.nexts[c]
    return np.int64(lowest)


@kernel
def bid(flow: Flow, pictures: Pictures, c: Number, step: Number) -> tuple[int, Number]:
    """Return the place on its list that a cell wants most, and what it offers."""
    while True:
        first, best, second = 0, FAR, FAR
        for at in range(flow.listed.shape[1]):
            total = flow.near[c, at] + flow.prices[flow.listed[c, at]]
            if total < best:
                second = best
                best = total
                first = at
            elif total < second:
                second = total
        if second <= flow.rest[c]:
            break
        row = cost_row(pictures, c)
        flow.rest[c] = cheapest(row, flow.prices, flow.listed[c], flow.near[c])
    # With a single tile there is no second.
    more = second - best if second < FAR else np.int64(0)
    return first, flow.prices[flow.listed[c, first]] + more + step


@kernel
def auction(
    flow: Flow,
    pictures: Pictures,
    bids: Numbers,
    waiting: Numbers,
    step: Number,
    rounds: int,
) -> int:
    """
    Let cells that wait bid for tiles until none waits or the rounds are over.

    A tile with a free unit costs nothing; a full one goes to the higher bid. In the end
    no cell is more than `step` from the tile that it would like best at these prices.

    Parameters
    ----------
    waiting : int64 array
        The number of cells that wait, then the cells; changed.

    Returns
    -------
    The number of cells that still wait.
    """
    while rounds > 0 and waiting[0] > 0:
        rounds -= 1
        c = waiting[waiting[0]]
        first, offer = bid(flow, pictures, c, step)
        t = flow.listed[c, first]
        if flow.free[t] > 0:
            flow.free[t] -= 1
            waiting[0] -= 1
        else:
            loser = lowest_bid(flow, bids, t)
            leave_tile(flow, loser)
            waiting[waiting[0]] = loser
        bids[c] = offer
        change_tile(flow, c, t, flow.near[c, first])
        if flow.free[t] == 0:
            flow.prices[t] = bids[lowest_bid(flow, bids, t)]
    return int(waiting[0])
