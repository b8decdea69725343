"""The cost of each source in each cell, in any layout and match mode.

The cost of a source is the least cost of its tiles, which are the variants that were
cut from one photo or face, and their mirror images.
"""

import numpy as np

from pigeonhole.core.arrays import Int32Array, Int64Array
from pigeonhole.matching.assignment.problem import pad_images
from pigeonhole.matching.assignment.source_costs import (
    least_differences,
    least_distances,
)
from pigeonhole.matching.search.kernels import paired_distances
from pigeonhole.matching.strategies import describe_pair
from pigeonhole.mosaic import perceptual
from pigeonhole.mosaic.cells import (
    CellGroup,
    CellGroups,
    check_memory,
    match_options,
)
from pigeonhole.settings import MosaicOptions


def source_costs(
    cells: CellGroups, options: MosaicOptions, numbers: Int64Array | None = None
) -> tuple[Int32Array, Int32Array]:
    """
    Return the cost of each source in each cell, and the tile that has this cost.

    Parameters
    ----------
    cells : CellGroups
    options : MosaicOptions
    numbers : int64 array, shape (m,), optional
        Numbers of the cells, ascending; all by default.

    Returns
    -------
    costs, tiles : int32 arrays, shape (m, sources)
        Of the tiles with the least cost, the one with the lowest number.

    Raises
    ------
    SettingsError
        There are too many cells and sources to store the costs.
    """
    if numbers is None:
        numbers = np.arange(len(cells.layout))
    check_memory(cells, len(numbers))
    if options.match == "perceptual":
        return perceptual.source_costs(cells, options, numbers)
    shape = (len(numbers), cells.source_count)
    costs, tiles = np.empty(shape, np.int32), np.empty(shape, np.int32)
    for group in cells:
        rows = np.flatnonzero(np.isin(numbers, group.numbers))
        if rows.size:
            members = np.searchsorted(group.numbers, numbers[rows])
            part = CellGroup(numbers[rows], group.cells[members], group.tiles)
            costs[rows], tiles[rows] = _group_costs(part, cells.sources, options)
    return costs, tiles


def tile_costs(
    cells: CellGroups, options: MosaicOptions, placement: Int64Array
) -> Int64Array:
    """
    Return the cost of the tile in each cell, shape (m,).

    The match mode must be one that compares cells one by one.
    """
    costs = np.zeros(len(cells.layout), np.int64)
    for group in cells:
        described = describe_pair(*group[1:], options.match, match_options(options))
        group_cells, tiles = (stack.reshape(len(stack), -1) for stack in described)
        placed = placement[group.numbers]
        if group_cells.dtype == np.uint8:
            costs[group.numbers] = paired_distances(group_cells, tiles, placed)
        else:
            differences = np.abs(group_cells - tiles[placed])
            costs[group.numbers] = differences.sum(axis=1)
    return costs


def _group_costs(
    group: CellGroup, sources: Int64Array, options: MosaicOptions
) -> tuple[Int32Array, Int32Array]:
    """Return the costs of all sources in cells of one size, and the best tiles."""
    cells, tiles = describe_pair(*group[1:], options.match, match_options(options))
    count = int(sources.max()) + 1
    if cells.dtype == np.uint8:
        return least_distances(pad_images(cells), pad_images(tiles), sources, count)
    return least_differences(cells, tiles, sources, count)
