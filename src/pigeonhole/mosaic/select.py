"""Select a tile for every cell, in any layout and with any limits on repetition."""

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from pigeonhole.core.arrays import Int32Array, Int64Array
from pigeonhole.core.errors import SettingsError
from pigeonhole.core.match_modes import MATCH_MODES
from pigeonhole.core.repetition import has_limits
from pigeonhole.core.shards import ALL_WORK, Shard
from pigeonhole.matching import TileIndex
from pigeonhole.matching.search.index_file import open_arrays, write_arrays
from pigeonhole.matching.strategies import compares_pixels
from pigeonhole.mosaic.cells import (
    CellGroup,
    CellGroups,
    compared_bytes,
    make_matcher,
    match_group,
    match_options,
    nearest_tiles,
)
from pigeonhole.settings import MosaicOptions

if TYPE_CHECKING:
    from pigeonhole.matching.assignment import Assignment, RepetitionLimits

log = logging.getLogger(__name__)


class Selection(NamedTuple):
    """
    A tile for each cell, and the sum of differences that was minimized with its bound.

    The lower bound and the sum are None if the match mode has no bound.
    """

    placement: Int64Array
    cost: int | None = None
    bound: int | None = None

    @property
    def optimality_gap(self) -> float | None:
        """Maximum excess of the cost over the optimum, as a share of the bound."""
        if self.cost is None or self.bound is None:
            return None
        if self.cost == self.bound:
            return 0.0
        return (self.cost - self.bound) / self.bound if self.bound else float("inf")


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
    if has_limits(options.repetition):
        assignment = _assign_with_limits(cells, options)
        log.info("%s", assignment.summary)
        placement = assignment.placement.ravel()
        return Selection(placement, assignment.cost, assignment.bound)
    mode = MATCH_MODES[options.match]
    if mode.supports_layouts and not mode.nearest:
        placement = np.zeros(len(cells.layout), np.int64)
        for group in cells:
            placement[group.numbers] = match_group(group, options)
        return Selection(placement)
    if cells.layout.grid and not mode.nearest:
        return Selection(make_matcher(cells.tiles, options)(cells.frame).ravel())
    # Outside a plain grid, the cells of any mode are matched one by one.
    return select_shard(cells, options, index)


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


def repetition_limits(options: MosaicOptions) -> "RepetitionLimits":
    """Return the limits on repetition in the form that the solvers use."""
    # Imported here: its kernels take time to load, and most mosaics have no limits.
    from pigeonhole.matching.assignment import RepetitionLimits

    return RepetitionLimits(**options.repetition.model_dump(exclude={"time_limit"}))


def _assign_with_limits(cells: CellGroups, options: MosaicOptions) -> "Assignment":
    from pigeonhole.matching.assignment import assign, assign_costs
    from pigeonhole.matching.assignment.problem import MAX_STORED_COSTS

    limits, seconds = repetition_limits(options), options.repetition.time_limit
    layout, tiles = cells.layout, cells.tiles
    if layout.grid:
        (group,) = cells
        return assign(*compared_bytes(group, options), layout.grid, limits, seconds)
    if limits.min_distance:
        raise SettingsError(
            "mosaic.repetition.min_distance",
            limits.min_distance,
            "it needs a grid without empty cells; set it to 0, or use no mask and no "
            "target with transparency.",
        )
    if len(layout) * len(tiles) > MAX_STORED_COSTS:
        raise SettingsError(
            "mosaic.repetition",
            str(limits),
            f"{len(layout):,} cells and {len(tiles):,} tiles are too many for limits "
            "on repetition in this layout; use layout: grid without empty cells.",
        )
    return assign_costs(all_costs(cells, options), limits, seconds)


def all_costs(
    cells: CellGroups, options: MosaicOptions, numbers: Int64Array | None = None
) -> Int32Array:
    """
    Return the cost of each tile in each cell, shape (m, tiles).

    `numbers`, shape (m,), are the numbers of the cells, ascending; all by default.
    """
    from pigeonhole.matching.assignment.problem import pairwise_costs

    if numbers is None:
        numbers = np.arange(len(cells.layout))
    costs = np.zeros((len(numbers), len(cells.tiles)), np.int32)
    for group in cells:
        rows = np.flatnonzero(np.isin(numbers, group.numbers))
        if rows.size:
            members = np.searchsorted(group.numbers, numbers[rows])
            part = CellGroup(numbers[rows], group.cells[members], group.tiles)
            costs[rows] = pairwise_costs(*compared_bytes(part, options))
    return costs
