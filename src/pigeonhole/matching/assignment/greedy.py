"""Kernels of greedy assignment under limits, and of local search by moves and swaps.

A placement has shape (rows, columns); `uses` is the number of uses of each tile. Both
are changed in place.
"""

import numpy as np

from pigeonhole.core.arrays import Float64Array, Int64Array
from pigeonhole.core.jit import inlined, kernel
from pigeonhole.matching.assignment.problem import (
    UNASSIGNED,
    Number,
    Problem,
    cost_of,
    cost_row,
)
from pigeonhole.matching.search.kernels import INFINITE_COST


@inlined
def neighborhood(
    placement: Int64Array, c: Number, min_distance: int
) -> tuple[int, int, int, int]:
    """Return the first and last row and column (exclusive) too near to a cell."""
    rows, columns = placement.shape
    y, x = c // columns, c % columns
    top, left = max(0, y - min_distance), max(0, x - min_distance)
    bottom, right = min(rows, y + min_distance + 1), min(columns, x + min_distance + 1)
    return top, bottom, left, right


@kernel
def mark_nearby_tiles(
    placement: Int64Array, marks: Int64Array, c: Number, min_distance: int
) -> None:
    """Mark the tiles used within `min_distance` of cell `c`, except its own, by `c`."""
    top, bottom, left, right = neighborhood(placement, c, min_distance)
    for row in range(top, bottom):
        for column in range(left, right):
            t = placement[row, column]
            if t != UNASSIGNED and row * placement.shape[1] + column != c:
                marks[t] = c


@kernel
def is_allowed(
    placement: Int64Array, c: Number, t: Number, other: Number, min_distance: int
) -> bool:
    """Return whether no cell near `c`, except `c` and `other`, uses tile `t`."""
    top, bottom, left, right = neighborhood(placement, c, min_distance)
    for row in range(top, bottom):
        for column in range(left, right):
            neighbor = row * placement.shape[1] + column
            if placement[row, column] == t and neighbor not in (c, other):
                return False
    return True


@kernel
def assign_greedily(
    problem: Problem,
    placement: Int64Array,
    uses: Int64Array,
    order: Int64Array,
    min_distance: int,
    max_uses: int,
) -> int:
    """
    Assign to each cell in turn the allowed tile with the least cost.

    `order` has the cells to assign, which are UNASSIGNED in the placement. Return the
    number of cells for which no tile was allowed.
    """
    marks = np.full(uses.size, UNASSIGNED, np.int64)
    flat = placement.reshape(-1)
    failed = 0
    for c in order:
        mark_nearby_tiles(placement, marks, c, min_distance)
        row = cost_row(problem, c)
        best = INFINITE_COST
        for t in range(row.size):
            if row[t] < best and uses[t] < max_uses and marks[t] != c:
                best = np.int64(row[t])
                flat[c] = t
        if flat[c] == UNASSIGNED:
            failed += 1
        else:
            uses[flat[c]] += 1
    return failed


@kernel
def use_all_tiles(problem: Problem, placement: Int64Array, uses: Int64Array) -> None:
    """Put each unused tile where it costs least, replacing tiles used several times."""
    flat = placement.reshape(-1)
    for t in range(uses.size):
        if uses[t] > 0:
            continue
        best = INFINITE_COST
        chosen = 0
        for c in range(flat.size):
            if uses[flat[c]] > 1:
                change = cost_of(problem, c, t) - cost_of(problem, c, flat[c])
                if change < best:
                    best = change
                    chosen = c
        uses[flat[chosen]] -= 1
        uses[t] += 1
        flat[chosen] = t


@kernel
def move_cells(
    problem: Problem,
    placement: Int64Array,
    uses: Int64Array,
    min_distance: int,
    use_limits: tuple[int, int],
) -> int:
    """
    Switch each cell to the allowed tile of least cost; return the number of moves.

    `use_limits` are the minimum and maximum number of uses of each tile.
    """
    marks = np.full(uses.size, UNASSIGNED, np.int64)
    flat = placement.reshape(-1)
    moves = 0
    for c in range(flat.size):
        if uses[flat[c]] <= use_limits[0]:
            continue
        mark_nearby_tiles(placement, marks, c, min_distance)
        row = cost_row(problem, c)
        chosen = flat[c]
        for t in range(row.size):
            if row[t] < row[chosen] and uses[t] < use_limits[1] and marks[t] != c:
                chosen = t
        if chosen != flat[c]:
            uses[flat[c]] -= 1
            uses[chosen] += 1
            flat[c] = chosen
            moves += 1
    return moves


@kernel
def swap_cells(
    problem: Problem, placement: Int64Array, min_distance: int, first: int, last: int
) -> int:
    """Swap the tiles of two cells wherever that lowers the cost; return the number."""
    flat = placement.reshape(-1)
    swaps = 0
    for a in range(first, last):
        row = cost_row(problem, a)
        for b in range(a + 1, flat.size):
            tile_a, tile_b = flat[a], flat[b]
            change = np.int64(row[tile_b]) - np.int64(row[tile_a])
            change += cost_of(problem, b, tile_a) - cost_of(problem, b, tile_b)
            if (
                change < 0
                and is_allowed(placement, a, tile_b, b, min_distance)
                and is_allowed(placement, b, tile_a, a, min_distance)
            ):
                flat[a] = tile_b
                flat[b] = tile_a
                swaps += 1
    return swaps


@kernel
def switch_tiles(
    placement: Int64Array,
    order: Int64Array,
    numbers: Int64Array,
    distances: Int64Array,
    thresholds: Float64Array,
    uses: Int64Array,
    min_distance: int,
    max_uses: int,
) -> None:
    """
    Switch cells, in an order, to nearer tiles that the limits allow.

    `numbers` and `distances`, shape (m, k), are the nearest tiles of each cell, sorted
    by distance. A cell switches only to a tile nearer than its threshold.
    """
    flat = placement.reshape(-1)
    for c in order:
        for k in range(numbers.shape[1]):
            tile = numbers[c, k]
            if distances[c, k] >= thresholds[c]:
                break
            if (
                tile != flat[c]
                and uses[tile] < max_uses
                and is_allowed(placement, c, tile, c, min_distance)
            ):
                uses[flat[c]] -= 1
                uses[tile] += 1
                flat[c] = tile
                break
