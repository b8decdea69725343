"""Partitions of the cells into cliques: groups in which no source can repeat.

All cells of a clique are near each other. Any partition into cliques proves how many
sources a minimum distance needs, and a lower bound of the cost of a placement.
"""

import numpy as np

from pigeonhole.core.arrays import Int64Array
from pigeonhole.core.checks import check_integer
from pigeonhole.core.jit import kernel
from pigeonhole.matching.neighbors import MAX_DISTANCE, Neighbors, check_boxes


def block_cliques(boxes: Int64Array, min_distance: int) -> Int64Array:
    """
    Return the clique of each cell, shape (m,), from the positions of the cells alone.

    The blocks have `min_distance` + 1 of the smallest cells on each side. Cells of a
    block whose positions differ by a whole number of these cells are near each other:
    the gap between them is at most `min_distance` - 1 cells. In a plain grid these are
    all cells of a block, numbered row by row.
    """
    check_boxes(boxes)
    min_distance = check_integer("min_distance", min_distance, 0, MAX_DISTANCE)
    positions = boxes[:, :2] - boxes[:, :2].min(axis=0)
    sides = boxes[:, 2:].min(axis=0)
    keys = np.hstack([positions // ((min_distance + 1) * sides), positions % sides])
    _, cliques = np.unique(keys, axis=0, return_inverse=True)
    return np.asarray(cliques.ravel(), np.int64)


@kernel
def find_cliques(near: Neighbors) -> Int64Array:
    """
    Return the clique of each cell, shape (m,), from the lists of neighbors.

    Each clique has the first cell that is in none yet, and in ascending order its
    neighbors that are near to all cells of the clique so far. In a plain grid the
    cliques are those of `block_cliques`.
    """
    starts, neighbors = near
    m = starts.size - 1
    cliques = np.full(m, -1, np.int64)
    # To how many members of which clique each cell is near.
    members = np.zeros(m, np.int64)
    counted = np.full(m, -1, np.int64)
    count = 0
    for first in range(m):
        if cliques[first] >= 0:
            continue
        size = 0
        # The first cell itself, then its neighbors.
        for k in range(starts[first] - 1, starts[first + 1]):
            c = np.int64(first)
            if k >= starts[first]:
                c = np.int64(neighbors[k])
                if cliques[c] >= 0 or members[c] < size:
                    continue
            cliques[c] = count
            size += 1
            for j in range(starts[c], starts[c + 1]):
                other = neighbors[j]
                if counted[other] != count:
                    counted[other] = count
                    members[other] = 0
                members[other] += 1
        count += 1
    return cliques
