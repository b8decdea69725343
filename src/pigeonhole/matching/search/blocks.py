"""Group similar tiles in blocks, each with the bounding box of its projections."""

import numpy as np

from pigeonhole.core.arrays import AnyArray, ByteArray, Int32Array, Int64Array
from pigeonhole.matching.search.descriptor_kernels import Descriptors
from pigeonhole.matching.search.kernels import INFINITE_DISTANCE, TileBlocks
from pigeonhole.matching.search.simd import CACHE_LINE, MASK_LANES, OCTET


def block_order(projections: Int32Array) -> Int64Array:
    """
    Order tiles so that each run of `MASK_LANES` tiles holds similar ones.

    The tiles are halved recursively at the median of the projection with the largest
    standard deviation, as in a k-d tree (Bentley 1975). Splits are rounded to whole
    blocks, so only the last block can be short. Return the tile numbers in this order.
    """
    blocks = []
    stack = [np.arange(len(projections))]
    while stack:
        numbers = stack.pop()
        if len(numbers) <= MASK_LANES:
            blocks.append(numbers)
            continue
        values = projections[numbers]
        widest = values.std(axis=0).argmax()
        # A stable sort gives the same order on every machine.
        numbers = numbers[values[:, widest].argsort(kind="stable")]
        middle = -(-len(numbers) // (2 * MASK_LANES)) * MASK_LANES
        stack += [numbers[middle:], numbers[:middle]]
    return np.concatenate(blocks)


def block_boxes(projections: Int32Array) -> tuple[Int32Array, Int32Array]:
    """
    Return the bounding box of the projections, shape (n, p), of each block of tiles.

    Both corners have shape (groups, p, MASK_LANES), with one lane for each block. Lanes
    without a block have an empty box, `INFINITE_DISTANCE` away from every cell.
    """
    starts = np.arange(0, len(projections), MASK_LANES)
    return (
        _to_lanes(np.minimum.reduceat(projections, starts), INFINITE_DISTANCE - 1),
        _to_lanes(np.maximum.reduceat(projections, starts), -INFINITE_DISTANCE),
    )


def _to_lanes(boxes: Int32Array, empty: np.int32) -> Int32Array:
    groups = -(-len(boxes) // MASK_LANES)
    lanes = np.full((groups * MASK_LANES, boxes.shape[1]), empty, np.int32)
    lanes[: len(boxes)] = boxes
    grouped = lanes.reshape(groups, MASK_LANES, -1).swapaxes(1, 2)
    return np.ascontiguousarray(grouped)


def build_blocks(tiles: Descriptors) -> TileBlocks:
    """Arrange the descriptors of tiles, in the order of their numbers, in blocks."""
    order = block_order(tiles.projections)
    low, high = block_boxes(tiles.projections[order])
    order = np.pad(order, (0, -len(order) % MASK_LANES), mode="edge")
    return TileBlocks(
        align(tiles.pixels[order]),
        align(tiles.fine[order]),
        align(_interleave(tiles.coarse[order])),
        align(low),
        align(high),
        align(order),
    )


def align(array: AnyArray) -> AnyArray:
    """Return a copy of an array whose data begins at a cache line."""
    buffer = np.empty(array.nbytes + CACHE_LINE, np.uint8)
    start = -buffer.ctypes.data % CACHE_LINE
    copy = buffer[start : start + array.nbytes].view(array.dtype).reshape(array.shape)
    copy[...] = array
    return copy


def _interleave(means: ByteArray) -> ByteArray:
    """Interleave the means of every eight tiles, eight bytes of each tile in turn."""
    grouped = means.reshape(-1, OCTET, OCTET, means.shape[1] // OCTET, OCTET)
    return np.ascontiguousarray(grouped.swapaxes(2, 3))
