"""Tiles in blocks of neighbours, each with the box that holds its projections."""

from typing import Any

import numpy as np
import numpy.typing as npt

from pigeonhole.matching.search.descriptors import Cells
from pigeonhole.matching.search.kernels import FAR, Bytes, Pool
from pigeonhole.matching.search.simd import EIGHT, LANES, LINE

Ints = npt.NDArray[np.int32]
Numbers = npt.NDArray[np.int64]
Array = npt.NDArray[Any]


def block_order(projections: Ints) -> Numbers:
    """
    Order tiles so that each `LANES` that follow each other are near each other.

    Halves are split where they spread most, as in a k-d tree (Bentley 1975), on whole
    blocks, so that only the last block may be short.

    Parameters
    ----------
    projections : int32 array, shape (n, p)

    Returns
    -------
    int64 array, shape (n,)
        The tiles' numbers in the order of the blocks.
    """
    parts = []
    waiting = [np.arange(len(projections))]
    while waiting:
        part = waiting.pop()
        if len(part) <= LANES:
            parts.append(part)
            continue
        values = projections[part]
        widest = values.std(axis=0).argmax()
        # Stable, so that the order is the same on every machine.
        part = part[values[:, widest].argsort(kind="stable")]
        middle = -(-len(part) // (2 * LANES)) * LANES
        waiting += [part[middle:], part[:middle]]
    return np.concatenate(parts)


def block_boxes(projections: Ints) -> tuple[Ints, Ints]:
    """
    Return the least and the greatest projections of each block.

    Parameters
    ----------
    projections : int32 array, shape (n, p)
        In the order of the blocks.

    Returns
    -------
    low, high : int32 arrays, shape (groups, p, LANES)
        One lane a block; a lane without a block has a box that holds nothing, and
        whatever is beside it is `FAR` from it.
    """
    starts = np.arange(0, len(projections), LANES)
    return (
        _in_lanes(np.minimum.reduceat(projections, starts), FAR - 1),
        _in_lanes(np.maximum.reduceat(projections, starts), -FAR),
    )


def _in_lanes(boxes: Ints, empty: np.int32) -> Ints:
    groups = -(-len(boxes) // LANES)
    lanes = np.full((groups * LANES, boxes.shape[1]), empty, np.int32)
    lanes[: len(boxes)] = boxes
    folded = lanes.reshape(groups, LANES, -1).swapaxes(1, 2)
    return np.ascontiguousarray(folded)


def in_blocks(cells: Cells) -> Pool:
    """
    Lay tiles out in blocks.

    Parameters
    ----------
    cells : Cells
        The tiles as they are described, in the order of their numbers.
    """
    order = block_order(cells.projections)
    low, high = block_boxes(cells.projections[order])
    order = np.pad(order, (0, -len(order) % LANES), mode="edge")
    return Pool(
        aligned(cells.lines[order]),
        aligned(cells.fine[order]),
        aligned(_in_eights(cells.coarse[order])),
        aligned(low),
        aligned(high),
        aligned(order),
    )


def aligned(array: Array) -> Array:
    """Return a copy that begins with a line of the cache, so that lines stay whole."""
    room = np.empty(array.nbytes + LINE, np.uint8)
    start = -room.ctypes.data % LINE
    copy = room[start : start + array.nbytes].view(array.dtype).reshape(array.shape)
    copy[...] = array
    return copy


def _in_eights(means: Bytes) -> Bytes:
    """Lay means out so that eight of each of eight tiles follow each other."""
    grouped = means.reshape(-1, EIGHT, EIGHT, means.shape[1] // EIGHT, EIGHT)
    return np.ascontiguousarray(grouped.swapaxes(2, 3))
