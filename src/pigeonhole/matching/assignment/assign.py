"""Cells + tiles + rule -> the best placement, and how good it is."""

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from pigeonhole.core.arrays import Picture
from pigeonhole.matching.assignment import solver as exact
from pigeonhole.matching.assignment.blocks import Budget, pictures_of
from pigeonhole.matching.assignment.costs import Costs, Numbers, Pictures
from pigeonhole.matching.assignment.limits import Reuse, check_pool
from pigeonhole.matching.assignment.spacing import spread, squares_bound
from pigeonhole.matching.grid import Placement


@dataclass(frozen=True, slots=True)
class Assignment:
    """
    A placement that keeps a rule.

    Attributes
    ----------
    placement : int64 array, shape (rows, columns)
    cost : int
        Sum of absolute differences of all cells and their tiles.
    bound : int
        No placement that keeps the rule costs less.
    sentence : str
        How good it is, and what was given up.
    """

    placement: Placement
    cost: int
    bound: int
    sentence: str

    @property
    def gap(self) -> float:
        """The share by which the cost may exceed the least possible."""
        if self.cost == self.bound:
            return 0.0
        return (self.cost - self.bound) / self.bound if self.bound else float("inf")


def assign(
    cells: Picture,
    tiles: Picture,
    grid_shape: tuple[int, int],
    rule: Reuse,
    seconds: float = 60.0,
    clock: Callable[[], float] = time.monotonic,
) -> Assignment:
    """
    Place tiles by the sum of absolute differences under a rule on repetition.

    The result doesn't depend on the number of threads; it depends on the machine's
    speed only when the time runs out, and the sentence says so.

    Parameters
    ----------
    cells : uint8 array, shape (rows * columns, ...)
    tiles : uint8 array, shape (n > 0, ...), pictures like the cells
    grid_shape : (rows, columns)
    rule : Reuse
    seconds : float
        After this long the best placement found so far is taken. The distances and a
        first placement are made in any case.

    Raises
    ------
    TooFewTiles, TooFewCells
        No placement keeps the rule.
    TypeError, ValueError
        The arrays don't fit each other.
    """
    rows, columns = grid_shape
    if rows * columns != len(cells):
        raise ValueError(f"{len(cells)} cells don't fill a grid of {rows}x{columns}")
    check_pool(rule, len(tiles), rows, columns)
    budget = Budget(clock() + seconds, clock)
    return _solved(pictures_of(cells, tiles), grid_shape, rule, seconds, budget)


def assign_costs(
    costs: Costs,
    rule: Reuse,
    seconds: float = 60.0,
    clock: Callable[[], float] = time.monotonic,
) -> Assignment:
    """
    Place tiles by what they cost, in cells that stand in no grid; see `assign`.

    Parameters
    ----------
    costs : int32 array, shape (m, n)
        Of each tile in each cell.
    rule : Reuse
        Without spacing.
    seconds : float

    Raises
    ------
    TooFewTiles, TooFewCells
    """
    if rule.apart:
        raise ValueError("cells without a grid have no spacing")
    cells, tiles = costs.shape
    check_pool(rule, tiles, 1, cells)
    budget = Budget(clock() + seconds, clock)
    unseen = [np.zeros((count, 0, 64), np.uint8) for count in costs.shape]
    pictures = Pictures(unseen[0], unseen[1], costs)
    return _solved(pictures, (1, cells), rule, seconds, budget)


def _solved(
    pictures: Pictures,
    grid_shape: tuple[int, int],
    rule: Reuse,
    seconds: float,
    budget: Budget,
) -> Assignment:
    if rule.apart:
        placed, bound, settled = _apart(pictures, grid_shape, rule, budget)
    else:
        placed, bound = exact.solve(pictures, *_limits(pictures, rule), budget)
        settled = True
    cost = exact.total(placed.ravel(), pictures)
    over = not (settled and (budget or cost == bound))
    return Assignment(
        placed.reshape(grid_shape),
        cost,
        bound,
        _sentence(rule, cost, bound, f"{seconds:g} s" if over else ""),
    )


def _limits(pictures: Pictures, rule: Reuse) -> tuple[int, int]:
    """Return how often each tile is used at least and at most."""
    m, n = len(pictures.cells), len(pictures.tiles)
    least = int(rule.everyone)
    return least, min(rule.at_most or m, m - least * (n - 1))


def _apart(
    pictures: Pictures, shape: tuple[int, int], rule: Reuse, budget: Budget
) -> tuple[Numbers, int, bool]:
    placed, settled = spread(pictures, shape, rule, budget)
    bound = squares_bound(pictures, shape, rule.apart, budget)
    if rule.at_most or rule.everyone:
        bound = max(bound, exact.solve(pictures, *_limits(pictures, rule), budget)[1])
    return placed, bound, settled


def _sentence(rule: Reuse, cost: int, bound: int, struck: str) -> str:
    """Say how good a placement is."""
    if cost == bound:
        return f"With {rule}: optimal, no placement has a smaller difference."
    gap = f"at most {100 * (cost - bound) / bound:.2f} %" if bound else "unknown parts"
    sentence = f"With {rule}: {gap} above the least possible difference"
    if struck:
        return (
            f"{sentence}; the time of {struck} was over, so that what could still be "
            "gained by exchanging tiles was given up."
        )
    return (
        f"{sentence}; with spacing the optimum isn't searched for: this is the best "
        "that moves and swaps of two tiles found."
    )
