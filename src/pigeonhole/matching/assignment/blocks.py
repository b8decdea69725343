"""Cells and tiles in the layout of the kernels, and the clock of a time budget."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from pigeonhole.core.arrays import Picture
from pigeonhole.matching.assignment.costs import Blocks, Costs, Pictures, all_costs
from pigeonhole.matching.search.simd import LINE

# Of 4 bytes each: 1.5 GB. Beyond that a cell's distances are computed when needed.
MOST_COSTS = 400_000_000


def blocks_of(stack: Picture) -> Blocks:
    """Lay pictures out in lines, zeros behind."""
    if stack.dtype != np.uint8:
        raise TypeError(f"pictures are uint8, not {stack.dtype}")
    if stack.ndim < 2 or not stack.size:
        raise ValueError(f"pictures of shape {stack.shape} can't be matched")
    rows = stack.reshape(len(stack), -1)
    blocks = np.zeros((len(stack), -(-rows.shape[1] // LINE), LINE), np.uint8)
    blocks.reshape(len(stack), -1)[:, : rows.shape[1]] = rows
    return blocks


def pictures_of(cells: Picture, tiles: Picture) -> Pictures:
    """Lay cells and tiles out, with all distances if these fit into memory."""
    if cells.shape[1:] != tiles.shape[1:]:
        raise ValueError(
            f"cells of {cells.shape[1:]} don't fit tiles of {tiles.shape[1:]}"
        )
    laid = blocks_of(cells), blocks_of(tiles)
    if len(cells) * len(tiles) > MOST_COSTS:
        return Pictures(*laid, np.empty((0, 0), np.int32))
    return Pictures(*laid, all_costs(*laid))


def costs_between(cells: Picture, tiles: Picture) -> Costs:
    """Return the distance of every cell from every tile, shape (m, n)."""
    return all_costs(blocks_of(cells), blocks_of(tiles))


@dataclass(frozen=True, slots=True)
class Budget:
    """Time that may be spent, by a clock."""

    end: float
    clock: Callable[[], float]

    def __bool__(self) -> bool:
        return self.clock() < self.end
