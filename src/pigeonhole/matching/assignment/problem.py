"""Assignment problems: cells, tiles, and the cost of each tile in each cell."""

import time
from typing import Any, NamedTuple

import numpy as np

from pigeonhole.core.arrays import ByteArray, Image, Int32Array, Int64Array
from pigeonhole.core.jit import inlined, kernel, parallel_kernel, prange
from pigeonhole.matching.search.kernels import INFINITE_COST
from pigeonhole.matching.search.simd import CACHE_LINE, sad

Number = int | np.integer[Any]

MAX_STORED_COSTS = 400_000_000
"""Largest cost matrix to store, 1.6 GB; otherwise costs are computed on demand."""
UNASSIGNED = -1
"""Tile number of a cell without a tile; also the end of a linked list."""


class Problem(NamedTuple):
    """An assignment problem of m cells and n tiles."""

    cells: ByteArray  # (m, cache lines, CACHE_LINE)
    tiles: ByteArray  # (n, cache lines, CACHE_LINE)
    costs: Int32Array  # (m, n), or (0, 0) to compute costs on demand


class TimeBudget:
    """A number of seconds that starts now; true while time is left."""

    def __init__(self, seconds: float) -> None:
        if not seconds >= 0:
            raise ValueError(f"seconds must be 0 or more, not {seconds:g}")
        self.seconds = seconds
        self._deadline = time.monotonic() + seconds

    def __bool__(self) -> bool:
        return time.monotonic() < self._deadline


def pad_images(stack: Image) -> ByteArray:
    """Return images as rows of cache lines, padded with zeros."""
    if stack.dtype != np.uint8:
        raise TypeError(f"images must be uint8, not {stack.dtype}")
    if stack.ndim < 2 or not stack.size:
        raise ValueError(f"images of shape {stack.shape} can't be matched")
    rows = stack.reshape(len(stack), -1)
    lines = -(-rows.shape[1] // CACHE_LINE)
    padded = np.zeros((len(stack), lines * CACHE_LINE), np.uint8)
    padded[:, : rows.shape[1]] = rows
    return padded.reshape(len(stack), lines, CACHE_LINE)


def new_problem(cells: Image, tiles: Image) -> Problem:
    """Return the assignment problem, with a cost matrix if it fits into memory."""
    _check_same_shape(cells, tiles)
    padded = pad_images(cells), pad_images(tiles)
    if len(cells) * len(tiles) > MAX_STORED_COSTS:
        return Problem(*padded, np.empty((0, 0), np.int32))
    return Problem(*padded, cost_matrix(*padded))


def _check_same_shape(cells: Image, tiles: Image) -> None:
    if cells.shape[1:] != tiles.shape[1:]:
        raise ValueError(
            f"cells of shape {cells.shape[1:]} don't match tiles of shape "
            f"{tiles.shape[1:]}"
        )


def pairwise_costs(cells: Image, tiles: Image) -> Int32Array:
    """Return the distance of every cell from every tile, shape (m, n)."""
    _check_same_shape(cells, tiles)
    return cost_matrix(pad_images(cells), pad_images(tiles))


@inlined
def image_sad(a: ByteArray, i: Number, b: ByteArray, j: Number) -> np.int32:
    """Return the sum of absolute differences of image `i` of `a` and `j` of `b`."""
    lines = a.shape[1]
    return sad(a, i * lines * CACHE_LINE, b, j * lines * CACHE_LINE, lines)


@parallel_kernel
def cost_matrix(cells: ByteArray, tiles: ByteArray) -> Int32Array:
    """Return the distance of every padded cell from every padded tile, shape (m, n)."""
    costs = np.empty((cells.shape[0], tiles.shape[0]), np.int32)
    for c in prange(cells.shape[0]):
        for t in range(tiles.shape[0]):
            costs[c, t] = image_sad(cells, c, tiles, t)
    return costs


@kernel
def cost_row(problem: Problem, c: Number) -> Int32Array:
    """Return the cost of every tile in one cell."""
    if problem.costs.shape[0]:
        stored: Int32Array = problem.costs[c]
        return stored
    row = np.empty(problem.tiles.shape[0], np.int32)
    for t in range(row.size):
        row[t] = image_sad(problem.cells, c, problem.tiles, t)
    return row


@kernel
def cost_of(problem: Problem, c: Number, t: Number) -> np.int64:
    """Return the cost of a tile in a cell."""
    if problem.costs.shape[0]:
        return np.int64(problem.costs[c, t])
    return np.int64(image_sad(problem.cells, c, problem.tiles, t))


@parallel_kernel
def min_reduced_costs(problem: Problem, duals: Int64Array) -> Int64Array:
    """Return each cell's least reduced cost (cost plus dual price) over all tiles."""
    minima = np.empty(problem.cells.shape[0], np.int64)
    for c in prange(minima.size):
        row = cost_row(problem, c)
        best = INFINITE_COST
        for t in range(row.size):
            best = min(best, np.int64(row[t]) + duals[t])
        minima[c] = best
    return minima


@kernel
def total_cost(problem: Problem, placement: Int64Array) -> int:
    """Return the cost of a placement, a flat array."""
    total = np.int64(0)
    for c in range(placement.size):
        total += cost_of(problem, c, placement[c])
    return int(total)
