"""Kernels of greedy assignment under limits, and of local search by moves and swaps.

A placement, shape (m,), and `uses`, the number of uses of each tile, are changed in
place. No tile is put into a cell while one of the cell's neighbors has it.
"""

import numpy as np

from pigeonhole.core.arrays import Int32Array, Int64Array
from pigeonhole.core.jit import kernel
from pigeonhole.matching.assignment.problem import (
    UNASSIGNED,
    Number,
    Problem,
    cost_of,
    cost_row,
)
from pigeonhole.matching.neighbors import Neighbors
from pigeonhole.matching.search.kernels import INFINITE_COST


@kernel
def mark_neighbors(
    near: Neighbors, placement: Int64Array, marks: Int64Array, c: Number
) -> None:
    """Mark the tiles of the neighbors of cell `c` by `c`."""
    for k in range(near.starts[c], near.starts[c + 1]):
        t = placement[near.cells[k]]
        if t != UNASSIGNED:
            marks[t] = c


@kernel
def has_neighbor(
    near: Neighbors, placement: Int64Array, c: Number, t: Number, other: Number
) -> bool:
    """Return whether a neighbor of cell `c`, except `other`, has tile `t`."""
    for k in range(near.starts[c], near.starts[c + 1]):
        if placement[near.cells[k]] == t and near.cells[k] != other:
            return True
    return False


@kernel
def assign_greedily(
    problem: Problem,
    near: Neighbors,
    placement: Int64Array,
    uses: Int64Array,
    order: Int64Array,
    max_uses: int,
) -> int:
    """
    Assign to each cell in turn the allowed tile with the least cost.

    `order` has the cells to assign, which are UNASSIGNED in the placement. Return the
    number of cells for which no tile was allowed.
    """
    marks = np.full(uses.size, UNASSIGNED, np.int64)
    failed = 0
    for c in order:
        mark_neighbors(near, placement, marks, c)
        row = cost_row(problem, c)
        best = INFINITE_COST
        for t in range(row.size):
            if row[t] < best and uses[t] < max_uses and marks[t] != c:
                best = np.int64(row[t])
                placement[c] = t
        if placement[c] == UNASSIGNED:
            failed += 1
        else:
            uses[placement[c]] += 1
    return failed


@kernel
def use_all_tiles(problem: Problem, placement: Int64Array, uses: Int64Array) -> None:
    """Put each unused tile where it costs least, replacing tiles used several times."""
    for t in range(uses.size):
        if uses[t] > 0:
            continue
        best = INFINITE_COST
        chosen = 0
        for c in range(placement.size):
            if uses[placement[c]] > 1:
                change = cost_of(problem, c, t) - cost_of(problem, c, placement[c])
                if change < best:
                    best = change
                    chosen = c
        uses[placement[chosen]] -= 1
        uses[t] += 1
        placement[chosen] = t


@kernel
def move_cells(
    problem: Problem,
    near: Neighbors,
    placement: Int64Array,
    uses: Int64Array,
    use_limits: tuple[int, int],
) -> int:
    """
    Switch each cell to the allowed tile of least cost; return the number of moves.

    `use_limits` are the minimum and maximum number of uses of each tile.
    """
    marks = np.full(uses.size, UNASSIGNED, np.int64)
    moves = 0
    for c in range(placement.size):
        if uses[placement[c]] <= use_limits[0]:
            continue
        mark_neighbors(near, placement, marks, c)
        row = cost_row(problem, c)
        chosen = placement[c]
        for t in range(row.size):
            if row[t] < row[chosen] and uses[t] < use_limits[1] and marks[t] != c:
                chosen = t
        if chosen != placement[c]:
            uses[placement[c]] -= 1
            uses[chosen] += 1
            placement[c] = chosen
            moves += 1
    return moves


@kernel
def swap_cells(
    problem: Problem,
    near: Neighbors,
    placement: Int64Array,
    costs_by_tile: Int32Array,
    first: int,
    last: int,
) -> int:
    """
    Swap the tiles of two cells wherever that lowers the cost; return the number.

    Cells from `first` up to `last` are compared with all cells after them.
    `costs_by_tile`, shape (n, m), are the costs of the problem, transposed so that
    those of a tile are adjacent in memory; if it is empty, they are computed.
    """
    current = np.empty(placement.size, np.int64)
    for c in range(placement.size):
        current[c] = cost_of(problem, c, placement[c])
    swaps = 0
    for a in range(first, last):
        row = cost_row(problem, a)
        for b in range(a + 1, placement.size):
            tile_a, tile_b = placement[a], placement[b]
            new_a = np.int64(row[tile_b])
            # Step 1: without the cost of the other cell, which takes longer to look up.
            if new_a >= current[a] + current[b]:
                continue
            if costs_by_tile.shape[0]:
                new_b = np.int64(costs_by_tile[tile_a, b])
            else:
                new_b = cost_of(problem, b, tile_a)
            # Step 2: the change of both costs, then the neighbors.
            if (
                new_a + new_b < current[a] + current[b]
                and not has_neighbor(near, placement, a, tile_b, b)
                and not has_neighbor(near, placement, b, tile_a, a)
            ):
                placement[a], placement[b] = tile_b, tile_a
                current[a], current[b] = new_a, new_b
                swaps += 1
    return swaps
