"""Placements with equal tiles apart: greedy, then moves and swaps, and a bound.

The best placement with spacing is as hard as the colouring of graphs, so that it isn't
searched for. The bound is the sum of the exact optima of squares in which no tile may
repeat, or that of the whole grid without spacing, whichever is higher.
"""

import numpy as np

from pigeonhole.matching.assignment import solver as exact
from pigeonhole.matching.assignment.blocks import Budget
from pigeonhole.matching.assignment.costs import NOBODY, Numbers, Pictures, floors
from pigeonhole.matching.assignment.greedy import (
    fill,
    move_cells,
    place_missing,
    swap_cells,
)
from pigeonhole.matching.assignment.limits import Reuse, TooFewTiles
from pigeonhole.matching.assignment.residual import list_tiles

CHUNK = 16


def spread(
    pictures: Pictures, shape: tuple[int, int], rule: Reuse, budget: Budget
) -> tuple[Numbers, bool]:
    """
    Place tiles apart.

    Returns
    -------
    placement : int64 array, shape `shape`
    settled : bool
        Neither a move nor a swap makes it cheaper.
    """
    most = rule.at_most or len(pictures.cells)
    placement = start(pictures, shape, rule, most)
    uses = np.bincount(placement.ravel(), minlength=len(pictures.tiles))
    if rule.everyone:
        place_missing(pictures, placement, uses)
    limits = (int(rule.everyone), most)
    while budget:
        changes = move_cells(pictures, placement, uses, rule.apart, limits)
        for first in range(0, placement.size, CHUNK):
            if not budget:
                return placement, False
            last = min(first + CHUNK, placement.size)
            changes += swap_cells(pictures, placement, rule.apart, first, last)
        if not changes:
            return placement, True
    return placement, False


def start(
    pictures: Pictures, shape: tuple[int, int], rule: Reuse, most: int
) -> Numbers:
    """Give each cell the nearest tile left, those that would lose most first."""
    flow = exact.new_flow(pictures, most)
    list_tiles(pictures, flow)
    order = np.argsort(flow.near[:, 0] - flow.near[:, -1], kind="stable")
    placement = np.full(shape, NOBODY, np.int64)
    uses = np.zeros(len(pictures.tiles), np.int64)
    if fill(pictures, placement, uses, order, rule.apart, most):
        return pattern(shape, rule, most, len(pictures.tiles))
    return placement


def pattern(shape: tuple[int, int], rule: Reuse, most: int, tiles: int) -> Numbers:
    """
    Repeat tiles at the corners of a lattice: costly, but it always keeps the rule.

    Raises
    ------
    TooFewTiles
    """
    step = rule.apart + 1
    placement = np.empty(shape, np.int64)
    used = 0
    for row, column in np.ndindex(min(step, shape[0]), min(step, shape[1])):
        lattice = placement[row::step, column::step]
        numbers = used + np.arange(lattice.size) // most
        lattice[:] = numbers.reshape(lattice.shape)
        used = int(numbers[-1]) + 1
    if used > tiles:
        raise TooFewTiles(rule, tiles, used)
    return placement


def squares_bound(
    pictures: Pictures, shape: tuple[int, int], apart: int, budget: Budget
) -> int:
    """Sum up the optima of squares whose cells are all too near to each other."""
    numbers = np.arange(shape[0] * shape[1]).reshape(shape)
    free = np.zeros(len(pictures.tiles), np.int64)
    step = apart + 1
    bound = 0
    for row in range(0, shape[0], step):
        for column in range(0, shape[1], step):
            cells = numbers[row : row + step, column : column + step].ravel()
            square = pictures._replace(
                cells=pictures.cells[cells],
                costs=pictures.costs[cells] if len(pictures.costs) else pictures.costs,
            )
            if budget:
                bound += exact.solve(square, 0, 1, budget)[1]
            else:
                bound += int(floors(square, free).sum())
    return bound
