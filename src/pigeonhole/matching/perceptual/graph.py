"""Interactions of the cells of a layout: low-pass error and repetition."""

import math
from typing import NamedTuple

import numpy as np

from pigeonhole.core.arrays import (
    BoolArray,
    Float32Array,
    Float64Array,
    Int32Array,
    Int64Array,
)
from pigeonhole.core.checks import check_integer
from pigeonhole.core.jit import inlined, kernel
from pigeonhole.matching.neighbors import (
    MAX_DISTANCE,
    MAX_PIXELS,
    find_neighbors,
    is_near,
)

LOWPASS_REACH = 2
"""Distance in tiles up to which a cell contributes to the low-pass error."""
REPETITION_REACH = 6
"""Distance in cells up to which the repetition of a source costs something."""
NEAR_DISTANCE = 2
"""Distance in cells within which repetition is avoided by all means."""
NEAR_COST = 30.0
"""Additional cost of a repetition within `NEAR_DISTANCE`, in units of repetition."""


class Graph(NamedTuple):
    """
    Interactions of cells, as lists of the neighbors of each cell.

    Attributes
    ----------
    starts, cells : int64 and int32 arrays, shapes (m + 1,) and (k,)
        See `Neighbors`.
    lowpass : float32 array, shape (k,)
        Weight of the cell itself in the low-pass error at the center of the neighbor.
    own : float64 array, shape (m,)
        Weight of the cell in the low-pass error at its own center.
    repetition : float32 array, shape (k,)
        Cost of the same source in both cells, in units of repetition.
    forbidden : bool array, shape (k,)
        Whether the two cells must have different sources.
    areas : float64 array, shape (m,)
        Areas of the cells relative to a whole tile.
    """

    starts: Int64Array
    cells: Int32Array
    lowpass: Float32Array
    own: Float64Array
    repetition: Float32Array
    forbidden: BoolArray
    areas: Float64Array


def build_graph(
    boxes: Int64Array, tile: tuple[int, int], near_distance: int, min_distance: int
) -> Graph:
    """
    Return the graph of a layout.

    Parameters
    ----------
    boxes : int64 array, shape (m, 4)
        Row, column, height and width of each cell, in pixels.
    tile : (height, width)
        Size of a whole tile; half of it is the standard deviation of the blur.
    near_distance, min_distance : int
        Distances in cells within which repetition is costly, and forbidden.
    """
    for side in tile:
        check_integer("tile", side, 1, MAX_PIXELS)
    near_distance = check_integer("near_distance", near_distance, 0, MAX_DISTANCE)
    min_distance = check_integer("min_distance", min_distance, 0)
    starts, cells = find_neighbors(boxes, max(REPETITION_REACH, min_distance))
    count = len(cells)
    graph = Graph(
        starts,
        cells,
        np.zeros(count, np.float32),
        np.zeros(len(boxes)),
        np.zeros(count, np.float32),
        np.zeros(count, np.bool_),
        boxes[:, 2] * boxes[:, 3] / (tile[0] * tile[1]),
    )
    _weigh(boxes, tile, near_distance, min_distance, graph)
    return graph


@kernel
def _weigh(
    boxes: Int64Array,
    tile: tuple[int, int],
    near_distance: int,
    min_distance: int,
    graph: Graph,
) -> None:
    """Fill in the weights of a graph."""
    # If all cells have the same size, weights depend only on the distance of two cells,
    # and the first pair at a distance, by its place in the lists, serves for all.
    equal = len(boxes) > 0 and np.all(boxes[:, 2:] == boxes[0, 2:])
    reach = np.zeros(2, np.int64)
    for c in range(len(boxes)):
        for i in range(graph.starts[c], graph.starts[c + 1]):
            for axis in range(2):
                step = abs(boxes[graph.cells[i], axis] - boxes[c, axis])
                reach[axis] = max(reach[axis], step)
    known = np.full((2 * reach[0] + 1, 2 * reach[1] + 1) if equal else (0, 0), -1)
    for c in range(len(boxes)):
        graph.own[c] = _gaussian_share(boxes, c, c, tile)
        for i in range(graph.starts[c], graph.starts[c + 1]):
            other = graph.cells[i]
            if equal:
                row = boxes[other, 0] - boxes[c, 0] + reach[0]
                column = boxes[other, 1] - boxes[c, 1] + reach[1]
                if known[row, column] >= 0:
                    k = known[row, column]
                    graph.lowpass[i] = graph.lowpass[k]
                    graph.repetition[i] = graph.repetition[k]
                    graph.forbidden[i] = graph.forbidden[k]
                    continue
                known[row, column] = i
            graph.lowpass[i] = _gaussian_share(boxes, c, other, tile)
            squares = 0.0
            for axis in range(2):
                first, size = boxes[c, axis], boxes[c, axis + 2]
                start, length = boxes[other, axis], boxes[other, axis + 2]
                step = (first - start + (size - length) / 2) / max(size, length)
                squares += step * step
            cost = max(0.0, 1 - math.sqrt(squares) / (REPETITION_REACH + 1))
            if is_near(boxes, c, other, near_distance):
                cost += NEAR_COST
            smaller = min(graph.areas[c], graph.areas[other])
            graph.repetition[i] = cost * smaller
            graph.forbidden[i] = is_near(boxes, c, other, min_distance)


@inlined
def _gaussian_share(
    boxes: Int64Array, c: int, other: int, tile: tuple[int, int]
) -> float:
    """Return the share, on cell `c`, of a Gaussian around the center of another."""
    share = 1.0
    for axis in range(2):
        sigma = tile[axis] / 2
        center = boxes[other, axis] + boxes[other, axis + 2] / 2
        first = boxes[c, axis] - center
        last = first + boxes[c, axis + 2]
        if first > LOWPASS_REACH * tile[axis] or last < -LOWPASS_REACH * tile[axis]:
            return 0.0
        scale = sigma * math.sqrt(2)
        share *= (math.erf(last / scale) - math.erf(first / scale)) / 2
    return share
