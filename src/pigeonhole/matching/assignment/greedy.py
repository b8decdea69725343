"""Kernels of greedy choices under a rule, and of moves and swaps that mend them."""

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


@kernel
def mark_around(
    placement: Numbers, marks: Numbers, c: Number, apart: int, mark: Number
) -> None:
    """Mark the tiles used within `apart` cells of a cell, itself left out."""
    rows, columns = placement.shape
    y, x = c // columns, c % columns
    for row in range(max(0, y - apart), min(rows, y + apart + 1)):
        for column in range(max(0, x - apart), min(columns, x + apart + 1)):
            t = placement[row, column]
            if t != NOBODY and (row != y or column != x):
                marks[t] = mark


@kernel
def fill(
    pictures: Pictures,
    placement: Numbers,
    uses: Numbers,
    order: Numbers,
    apart: int,
    most: int,
) -> int:
    """Give cells in their order the nearest tile allowed; count those left without."""
    marks = np.full(uses.size, NOBODY, np.int64)
    flat = placement.reshape(-1)
    without = 0
    for at in range(order.size):
        c = order[at]
        mark_around(placement, marks, c, apart, c)
        row = cost_row(pictures, c)
        best = FAR
        for t in range(row.size):
            if row[t] < best and uses[t] < most and marks[t] != c:
                best = np.int64(row[t])
                flat[c] = t
        if flat[c] == NOBODY:
            without += 1
        else:
            uses[flat[c]] += 1
    return without


@kernel
def place_missing(pictures: Pictures, placement: Numbers, uses: Numbers) -> None:
    """Put each tile that isn't used where it costs least, in place of one used more."""
    flat = placement.reshape(-1)
    for t in range(uses.size):
        if uses[t] > 0:
            continue
        best = FAR
        chosen = 0
        for c in range(flat.size):
            if uses[flat[c]] > 1:
                gain = cost_of(pictures, c, t) - cost_of(pictures, c, flat[c])
                if gain < best:
                    best = gain
                    chosen = c
        uses[flat[chosen]] -= 1
        uses[t] += 1
        flat[chosen] = t


@kernel
def fits(placement: Numbers, c: Number, t: Number, other: int, apart: int) -> bool:
    """Say whether no cell near `c`, but for itself and `other`, uses tile `t`."""
    rows, columns = placement.shape
    y, x = c // columns, c % columns
    for row in range(max(0, y - apart), min(rows, y + apart + 1)):
        for column in range(max(0, x - apart), min(columns, x + apart + 1)):
            at = row * columns + column
            if placement[row, column] == t and at not in (c, other):
                return False
    return True


@kernel
def move_cells(
    pictures: Pictures,
    placement: Numbers,
    uses: Numbers,
    apart: int,
    limits: tuple[int, int],
) -> int:
    """Move each cell to the nearest tile that the rule leaves it; count the moves."""
    marks = np.full(uses.size, NOBODY, np.int64)
    flat = placement.reshape(-1)
    moves = 0
    for c in range(flat.size):
        if uses[flat[c]] <= limits[0]:
            continue
        mark_around(placement, marks, c, apart, c)
        row = cost_row(pictures, c)
        chosen = flat[c]
        for t in range(row.size):
            if row[t] < row[chosen] and uses[t] < limits[1] and marks[t] != c:
                chosen = t
        if chosen != flat[c]:
            uses[flat[c]] -= 1
            uses[chosen] += 1
            flat[c] = chosen
            moves += 1
    return moves


@kernel
def swap_cells(
    pictures: Pictures, placement: Numbers, apart: int, first: int, last: int
) -> int:
    """Swap the tiles of two cells wherever that is cheaper; count the swaps."""
    flat = placement.reshape(-1)
    swaps = 0
    for a in range(first, last):
        row = cost_row(pictures, a)
        for b in range(a + 1, flat.size):
            mine, theirs = flat[a], flat[b]
            gain = np.int64(row[theirs]) - np.int64(row[mine])
            gain += cost_of(pictures, b, mine) - cost_of(pictures, b, theirs)
            if (
                gain < 0
                and fits(placement, a, theirs, b, apart)
                and fits(placement, b, mine, a, apart)
            ):
                flat[a] = theirs
                flat[b] = mine
                swaps += 1
    return swaps
