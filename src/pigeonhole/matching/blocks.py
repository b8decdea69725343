"""Tiles in blocks of neighbours, each with the box that holds its projections."""

import numpy as np
import numpy.typing as npt

from pigeonhole.matching.kernels import FAR, LANES

Ints = npt.NDArray[np.int32]
Numbers = npt.NDArray[np.int64]


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
        One lane a block; a lane without a block is far from everything.
    """
    starts = np.arange(0, len(projections), LANES)
    return (
        _in_lanes(np.minimum.reduceat(projections, starts)),
        _in_lanes(np.maximum.reduceat(projections, starts)),
    )


def _in_lanes(boxes: Ints) -> Ints:
    groups = -(-len(boxes) // LANES)
    lanes = np.full((groups * LANES, boxes.shape[1]), FAR, np.int32)
    lanes[: len(boxes)] = boxes
    folded = lanes.reshape(groups, LANES, -1).swapaxes(1, 2)
    return np.ascontiguousarray(folded)


def block_quarters(quarters: Ints) -> npt.NDArray[np.uint16]:
    """
    Put the quarters of a block's tiles side by side.

    Parameters
    ----------
    quarters : int32 array, shape (n, f)
        In the order of the blocks, below 2**16.

    Returns
    -------
    uint16 array, shape (blocks, f, LANES)
        A lane without a tile holds zeros.
    """
    blocks = -(-len(quarters) // LANES)
    lanes = np.zeros((blocks * LANES, quarters.shape[1]), np.uint16)
    lanes[: len(quarters)] = quarters
    return np.ascontiguousarray(lanes.reshape(blocks, LANES, -1).swapaxes(1, 2))
