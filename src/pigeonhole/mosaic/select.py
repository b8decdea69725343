"""Select a tile for every cell, in any layout and with any limits on repetition."""

import logging
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from pigeonhole.core.arrays import BoolArray
from pigeonhole.core.match_modes import MATCH_MODES
from pigeonhole.core.repetition import has_limits
from pigeonhole.core.shards import ALL_WORK, Shard
from pigeonhole.matching import TileIndex
from pigeonhole.matching.assignment import assign, assign_costs
from pigeonhole.matching.search.index_file import open_arrays, write_arrays
from pigeonhole.matching.strategies import compares_bytes, compares_pixels
from pigeonhole.mosaic.cells import (
    CellGroups,
    compared_bytes,
    match_group,
    match_options,
    most_cells,
    nearest_tiles,
)
from pigeonhole.mosaic.costs import source_costs
from pigeonhole.mosaic.perceptual import select_perceptual
from pigeonhole.mosaic.selection import Selection, repetition_limits
from pigeonhole.settings import MosaicOptions

log = logging.getLogger(__name__)


def select_tiles(
    cells: CellGroups, options: MosaicOptions, index: TileIndex | None = None
) -> Selection:
    """
    Select a tile for every cell.

    Parameters
    ----------
    cells : CellGroups
    options : MosaicOptions
        Match mode, color space, weights and limits on repetition.
    index : TileIndex, optional
        Index of the tiles without mirror images. It is used instead of building one if
        it fits the tiles and what the match mode compares.
    """
    if options.match == "perceptual":
        return select_perceptual(cells, options)
    if has_limits(options.repetition):
        return select_with_limits(cells, options)
    if MATCH_MODES[options.match].nearest:
        return select_shard(cells, options, index)
    placement = np.zeros(len(cells.layout), np.int64)
    for group in cells:
        placement[group.numbers] = match_group(group, options)
    return Selection(placement)


def select_shard(
    cells: CellGroups,
    options: MosaicOptions,
    index: TileIndex | None = None,
    shard: Shard = ALL_WORK,
) -> Selection:
    """
    Select the nearest tile for every cell of one shard, without limits on repetition.

    The placements of all shards, concatenated, are the placement of the layout.
    """
    can_use_index = compares_pixels(options.match, cells.tiles, match_options(options))
    if options.mirror or not (cells.layout.grid and can_use_index):
        index = None
    cells = cells.cell_range(*shard.bounds(len(cells.layout)))
    placement = np.zeros(len(cells.layout), np.int64)
    cost = 0
    for group in cells:
        placement[group.numbers], distances = nearest_tiles(group, options, index)
        cost += int(distances.sum())
    # Without limits on repetition, the nearest tiles are the optimum.
    return Selection(placement, cost, cost)


def save_shard(path: Path, selection: Selection) -> None:
    """Write the selection of one shard."""
    write_arrays(path, {"cost": selection.cost}, [selection.placement])


def join_shards(paths: Sequence[Path]) -> Selection | None:
    """Read the selections of all shards, in their order; None if there are no files."""
    if not paths:
        return None
    shards = [open_arrays(path) for path in paths]
    cost = sum(int(facts["cost"]) for facts, _ in shards)
    placement = np.concatenate([placement for _, (placement,) in shards])
    return Selection(placement, cost, cost)


def select_with_limits(
    cells: CellGroups, options: MosaicOptions, allowed: BoolArray | None = None
) -> Selection:
    """
    Select a tile for every cell within limits that count sources.

    `allowed`, shape (sources,), excludes some sources; the limits don't apply to them.

    Raises
    ------
    TooFewTiles, TooFewCells, SettingsError
        The limits can't be satisfied, or the problem is too large.
    """
    limits, seconds = repetition_limits(options), options.repetition.time_limit
    layout, m = cells.layout, len(cells.layout)
    if allowed is None:
        allowed = np.ones(cells.source_count, np.bool_)
    one_tile_each = cells.source_count == len(cells.tiles)
    on_demand = one_tile_each and compares_bytes(options.match)
    if layout.grid and on_demand and m > most_cells(cells):
        (group,) = cells.with_tiles(allowed)
        found = assign(*compared_bytes(group, options), layout.grid, limits, seconds)
        placement = np.flatnonzero(allowed)[found.placement.ravel()]
    else:
        costs, tiles = source_costs(cells, options)
        if not allowed.all():
            costs, tiles = costs.compress(allowed, 1), tiles.compress(allowed, 1)
        found = assign_costs(costs, limits, seconds, layout.boxes)
        placement = tiles[np.arange(m), found.placement].astype(np.int64)
    log.info("%s", found.summary)
    return Selection(placement, found.cost, found.bound)
