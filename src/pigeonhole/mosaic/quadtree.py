"""Fit a quadtree to a target: split cells where smaller tiles reduce the error most.

The cells of all sizes are matched, so that the gain of each split is known exactly.
For a given price per cell, the cheapest tree is computed bottom-up; a binary search
over the price then reaches the requested number of cells (Chou, Lookabaugh and Gray
1989, "Optimal pruning with applications to tree-structured source coding").
"""

from collections.abc import Sequence

import numpy as np

from pigeonhole.core.arrays import BoolArray, Image, Int64Array
from pigeonhole.core.errors import SettingsError
from pigeonhole.core.geometry import Size
from pigeonhole.matching.perceptual.candidates import TilePool
from pigeonhole.mosaic.cells import CellGroups
from pigeonhole.mosaic.layout import Layout, grid_layout, quadtree_layout
from pigeonhole.mosaic.perceptual import local_weights
from pigeonhole.settings import MosaicOptions, check_halves


def fit_quadtree(
    frame: Image, tiles: Image, options: MosaicOptions, *, draft: bool = False
) -> Layout:
    """
    Return the quadtree of a frame, with the number of cells that the options set.

    The tiles have the size of the largest cells. A draft is made faster, and is only
    nearly the best quadtree.

    Raises
    ------
    SettingsError
        The tiles can't be halved often enough, or no quadtree has that many cells.
    """
    size, tile = Size(*frame.shape[1::-1]), Size(*tiles.shape[2:0:-1])
    check_halves(tile, options.levels)
    sizes = [
        Size(tile.width >> level, tile.height >> level)
        for level in range(options.levels)
    ]
    costs = [_level_costs(frame, tiles, cell, options, draft=draft) for cell in sizes]
    cells = options.cells or costs[0].size << (options.levels - 1)
    if not costs[0].size <= cells <= costs[-1].size:
        raise SettingsError(
            "mosaic.cells",
            cells,
            f"this quadtree has from {costs[0].size:,} cells of {tile} to "
            f"{costs[-1].size:,} cells of {sizes[-1]}; change mosaic.cells, width or "
            "levels.",
        )
    return quadtree_layout(size, tile, find_splits(costs, cells))


def _level_costs(
    frame: Image, tiles: Image, cell: Size, options: MosaicOptions, *, draft: bool
) -> Int64Array:
    """Return the cost of each cell if the entire frame has cells of one size."""
    layout = grid_layout(Size(*frame.shape[1::-1]), cell)
    (group,) = CellGroups(frame, tiles, layout, np.arange(len(tiles)))
    assert layout.grid
    # A split gains detail and color, so it is judged by the perceptual cost, whatever
    # the match mode.
    # As variants of one source, the tiles give the least cost without being sorted.
    sources = np.arange(len(tiles)) if draft else np.zeros(len(tiles), np.int64)
    pool = TilePool(group.tiles, sources, options.space, mirror=False)
    find = pool.shortlist if draft else pool.candidates
    costs = find(pool.describe(group.cells), local_weights(options), 1).costs
    areas = costs * (cell.width * cell.height)
    return np.rint(areas).astype(np.int64).reshape(layout.grid)


def find_splits(costs: Sequence[Int64Array], cells: int) -> list[BoolArray]:
    """
    Choose the cells to split so that the sum of costs is small.

    Parameters
    ----------
    costs : int64 arrays, shapes (rows * 2**level, columns * 2**level)
        Cost of each cell of each level if it isn't split.
    cells : int
        Requested number of cells. The result may have up to two fewer, because each
        split adds three.
    """
    low, high = -1, int(max(cost.max() for cost in costs)) + 1
    while high - low > 1:
        price = (low + high) // 2
        if _count_cells(_cheapest_tree(costs, price)) > cells:
            low = price
        else:
            high = price
    return _fill_up(costs, _cheapest_tree(costs, high), cells)


def _cheapest_tree(costs: Sequence[Int64Array], price: int) -> list[BoolArray]:
    """Return the splits of the cheapest tree if each cell costs `price` extra."""
    best = costs[-1] + price
    splits = []
    for unsplit in reversed(costs[:-1]):
        split = _sum_children(best)
        splits.append(split < unsplit + price)
        best = np.minimum(split, unsplit + price)
    return splits[::-1]


def _sum_children(cells: Int64Array) -> Int64Array:
    """Return the sums over the four children of each cell."""
    rows, columns = cells.shape
    children = cells.reshape(rows // 2, 2, columns // 2, 2)
    return np.asarray(children.sum(axis=(1, 3)), np.int64)


def _existing(splits: Sequence[BoolArray]) -> list[BoolArray]:
    """Return which cells of each level exist, split or not."""
    exists = [np.ones_like(splits[0])]
    for split in splits:
        exists.append((exists[-1] & split).repeat(2, axis=0).repeat(2, axis=1))
    return exists


def _count_cells(splits: Sequence[BoolArray]) -> int:
    exists = _existing(splits)
    count = sum(int((a & b).sum()) for a, b in zip(exists, splits, strict=False))
    return exists[0].size + 3 * count


def _fill_up(
    costs: Sequence[Int64Array], splits: list[BoolArray], cells: int
) -> list[BoolArray]:
    """Split the cells with the largest gain until no more fit.

    The number of cells jumps as the price changes, so the cheapest tree may be smaller
    than requested.
    """
    splits = [split.copy() for split in splits]
    while (more := (cells - _count_cells(splits)) // 3) > 0:
        gains, candidates = [], []
        for level, (exists, split) in enumerate(
            zip(_existing(splits), splits, strict=False)
        ):
            leaves = np.flatnonzero(exists & ~split)
            gain = costs[level] - _sum_children(costs[level + 1])
            gains.append(gain.ravel()[leaves])
            candidates += [(level, int(leaf)) for leaf in leaves]
        order = np.argsort(-np.concatenate(gains), kind="stable")
        for rank in order[:more]:
            level, cell = candidates[rank]
            splits[level].flat[cell] = True
            # Remove stale splits of the children from before the cell was split.
            _clear_children(splits, level + 1, cell)
    return splits


def _clear_children(splits: list[BoolArray], level: int, parent: int) -> None:
    if level < len(splits):
        columns = splits[level - 1].shape[1]
        row, column = 2 * (parent // columns), 2 * (parent % columns)
        splits[level][row : row + 2, column : column + 2] = False
