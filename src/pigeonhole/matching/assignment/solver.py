"""The cheapest placement under limits on how often a tile is used, with its proof.

An auction finds prices at which every cell is nearly content, then shortest paths mend
what is left. The prices prove a bound at any time: the sum of each cell's least cost
plus price over *all* tiles, less what the tiles could earn at most.
"""

from collections.abc import Iterator

import numpy as np

from pigeonhole.matching.assignment.auction import auction
from pigeonhole.matching.assignment.blocks import Budget
from pigeonhole.matching.assignment.costs import (
    FAR,
    NOBODY,
    Numbers,
    Pictures,
    floors,
    placed_costs,
)
from pigeonhole.matching.assignment.greedy import fill, place_missing
from pigeonhole.matching.assignment.residual import Flow, list_tiles
from pigeonhole.matching.assignment.shortest_paths import RESERVE, Search, loosen, seat

# Measured: longer lists cost more than they save, smaller steps too.
LISTED = 8
STEP = 0.002
ROUNDS = 100_000
CHUNK = 64


def solve(
    pictures: Pictures, least: int, most: int, budget: Budget
) -> tuple[Numbers, int]:
    """
    Place tiles so that the sum of costs is least.

    Parameters
    ----------
    pictures : Pictures
    least, most : int
        Uses of each tile; least is 0 or 1, and there are enough cells and tiles.
    budget : Budget

    Returns
    -------
    placement : int64 array, shape (m,)
    bound : int
        No placement that keeps the limits costs less.
    """
    flow = new_flow(pictures, most)
    list_tiles(pictures, flow)
    over = not bid(flow, pictures, budget)
    bound = lower_bound(flow, pictures, least, most)
    placed = complete(flow.tile_of.copy(), pictures, least, most)
    if over or total(placed, pictures) == bound:
        return placed, bound
    exact = mend(flow, pictures, least, most, budget)
    bound = max(bound, lower_bound(flow, pictures, least, most))
    return (flow.tile_of if exact else placed), bound


def new_flow(pictures: Pictures, most: int) -> Flow:
    """Start with no tile in use, and nothing to pay for one."""
    m, n = len(pictures.cells), len(pictures.tiles)
    size = min(LISTED, n)
    return Flow(
        tile_of=np.full(m, NOBODY, np.int64),
        paid=np.zeros(m, np.int64),
        heads=np.full(n, NOBODY, np.int64),
        nexts=np.full(m, NOBODY, np.int64),
        free=np.full(n, most, np.int64),
        reserve=np.zeros(n, np.int64),
        prices=np.zeros(n + 1, np.int64),
        listed=np.zeros((m, size), np.int64),
        near=np.zeros((m, size), np.int64),
        rest=np.zeros(m, np.int64),
    )


def new_search(flow: Flow) -> Search:
    """Start a search in which nothing has been reached."""
    nodes = len(flow.prices) + len(flow.rest)
    return Search(
        distances=np.full(nodes, FAR, np.int64),
        parents=np.full(nodes, NOBODY, np.int64),
        heap=np.zeros(nodes, np.int64),
        places=np.full(nodes, NOBODY, np.int64),
        touched=np.zeros(nodes, np.int64),
        counts=np.array([0, 0, FAR, 0], np.int64),
    )


def bid(flow: Flow, pictures: Pictures, budget: Budget) -> bool:
    """Hold the auction; say whether it came to its end."""
    m = len(flow.rest)
    step = max(1, int(flow.near[:, 0].mean() * STEP))
    bids = np.zeros(m, np.int64)
    waiting = np.concatenate(([m], np.arange(m)[::-1])).astype(np.int64)
    while auction(flow, pictures, bids, waiting, step, ROUNDS):
        if not budget:
            return False
    return True


def complete(placed: Numbers, pictures: Pictures, least: int, most: int) -> Numbers:
    """Give a tile to cells that have none, and a cell to tiles that need one."""
    order = np.flatnonzero(placed == NOBODY)
    uses = np.bincount(placed[placed != NOBODY], minlength=len(pictures.tiles))
    fill(pictures, placed.reshape(1, -1), uses, order, 0, most)
    if least:
        place_missing(pictures, placed.reshape(1, -1), uses)
    return placed


def mend(flow: Flow, pictures: Pictures, least: int, most: int, budget: Budget) -> bool:
    """Make the placement the cheapest; say whether that came to its end."""
    # What nobody wants lies in reserve, so that all units are somewhere.
    flow.reserve[:] = flow.free
    flow.free[:] = 0
    list_tiles(pictures, flow)
    loosen(flow)
    search = new_search(flow)
    for chunk in _chunks(np.flatnonzero(flow.tile_of == NOBODY)):
        if not budget:
            return False
        seat(flow, search, pictures, chunk, most)
    missing = flow.reserve > most - least
    flow.reserve[missing] -= 1
    flow.free[missing] += 1
    for chunk in _chunks(np.full(missing.sum(), RESERVE, np.int64)):
        if not budget:
            return False
        seat(flow, search, pictures, chunk, most - least)
    return True


def _chunks(sources: Numbers) -> Iterator[Numbers]:
    for start in range(0, len(sources), CHUNK):
        yield sources[start : start + CHUNK]


def lower_bound(flow: Flow, pictures: Pictures, least: int, most: int) -> int:
    """Return what any placement costs at least, by the prices."""
    prices = flow.prices[:-1] - flow.prices[-1]
    earned = most * np.maximum(prices, 0) + least * np.minimum(prices, 0)
    return int(floors(pictures, prices).sum() - earned.sum())


def total(placed: Numbers, pictures: Pictures) -> int:
    """Return the cost of a placement."""
    return int(placed_costs(pictures, placed).sum())
