"""Find the cells near each cell, in any layout."""

from itertools import pairwise
from typing import NamedTuple

import numpy as np

from pigeonhole.core.arrays import Int32Array, Int64Array
from pigeonhole.core.checks import check_array, check_integer
from pigeonhole.core.jit import inlined, kernel

MAX_DISTANCE = 2**20
"""Maximum distance in cells."""
MAX_PIXELS = 2**30
"""Bound of the positions and sizes of cells, so that sums don't overflow."""
MAX_BINS = 2**27
"""Maximum number of bins, which bounds the memory."""


class Neighbors(NamedTuple):
    """The cells near each cell, ascending: ``cells[starts[c] : starts[c + 1]]``."""

    starts: Int64Array
    cells: Int32Array


def check_boxes(boxes: Int64Array) -> None:
    """Raise ValueError unless boxes have shape (m, 4) and at least one pixel each."""
    check_array("boxes", boxes, np.int64, 2)
    if boxes.shape[1] != 4 or (boxes[:, 2:] < 1).any():
        raise ValueError(
            "boxes must be rows of row, column, height and width in pixels"
        )
    if boxes.size and not -MAX_PIXELS <= boxes.min() <= boxes.max() <= MAX_PIXELS:
        raise ValueError(f"boxes must be within {MAX_PIXELS:,} pixels of the origin")


def find_neighbors(boxes: Int64Array, distance: int) -> Neighbors:
    """
    Find the cells within a distance of each cell, diagonals included.

    The distance is a number of cells: two cells are within 1 if they touch, even at a
    corner, and within 2 if one more cell would fit between them. If their sizes differ,
    the larger one counts.

    Parameters
    ----------
    boxes : int64 array, shape (m, 4)
        Row, column, height and width of each cell, in pixels.
    distance : int
        0 finds no neighbors.
    """
    check_boxes(boxes)
    distance = check_integer("distance", distance, 0, MAX_DISTANCE)
    if not distance or not len(boxes):
        return Neighbors(np.zeros(len(boxes) + 1, np.int64), np.zeros(0, np.int32))
    corners = boxes[:, :2] - boxes[:, :2].min(axis=0)
    # Cells of one bin and of the adjacent bins include all neighbors.
    side = (distance + 1) * boxes[:, 2:].max(axis=0)
    bins = corners // side
    columns = int(bins[:, 1].max()) + 1
    if (int(bins[:, 0].max()) + 1) * columns > MAX_BINS:
        raise ValueError("the boxes are too far apart for their size")
    keys = bins[:, 0] * columns + bins[:, 1]
    order = np.argsort(keys, kind="stable")
    last = int(keys.max()) + 1
    first_of_bin = np.searchsorted(keys[order], np.arange(last + 1))
    counts = np.zeros(len(boxes), np.int64)
    nothing = np.zeros(0, np.int32)
    _visit_neighbors(
        boxes, distance, bins, columns, order, first_of_bin, counts, nothing
    )
    starts = np.concatenate([[0], np.cumsum(counts)])
    cells = np.zeros(int(starts[-1]), np.int32)
    _visit_neighbors(boxes, distance, bins, columns, order, first_of_bin, starts, cells)
    for first, end in pairwise(starts):
        cells[first:end].sort()
    return Neighbors(starts, cells)


@kernel
def _visit_neighbors(
    boxes: Int64Array,
    distance: int,
    bins: Int64Array,
    columns: int,
    order: Int64Array,
    first_of_bin: Int64Array,
    counts_or_starts: Int64Array,
    cells: Int32Array,
) -> None:
    """Count the neighbors of each cell, or list them if `cells` isn't empty."""
    rows = (first_of_bin.size - 2) // columns + 1
    for c in range(len(boxes)):
        found = 0
        for row in range(max(0, bins[c, 0] - 1), min(rows, bins[c, 0] + 2)):
            for column in range(max(0, bins[c, 1] - 1), min(columns, bins[c, 1] + 2)):
                key = row * columns + column
                if key + 1 >= first_of_bin.size:
                    continue
                for k in range(first_of_bin[key], first_of_bin[key + 1]):
                    other = order[k]
                    if other == c or not is_near(boxes, c, other, distance):
                        continue
                    if cells.size:
                        cells[counts_or_starts[c] + found] = other
                    found += 1
        if not cells.size:
            counts_or_starts[c] = found


@inlined
def is_near(boxes: Int64Array, a: int, b: int, distance: int) -> bool:
    """Return whether the gap between two cells is below `distance` cells."""
    for axis in range(2):
        end_a = boxes[a, axis] + boxes[a, axis + 2]
        end_b = boxes[b, axis] + boxes[b, axis + 2]
        gap = max(boxes[a, axis], boxes[b, axis]) - min(end_a, end_b)
        if gap > (distance - 1) * max(boxes[a, axis + 2], boxes[b, axis + 2]):
            return False
    return True
