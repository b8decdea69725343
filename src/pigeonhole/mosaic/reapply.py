"""Apply edits to a selection and change as few cells as possible.

Edits are applied to the selection that was made without them. Cells whose tile is
banned, or must give way because of the limits on repetition, get another tile; all
other cells keep theirs.
"""

from dataclasses import dataclass

import numpy as np

from pigeonhole.core.arrays import BoolArray, Int32Array, Int64Array
from pigeonhole.core.errors import SettingsError
from pigeonhole.matching.assignment import RepetitionLimits, assign_costs
from pigeonhole.matching.assignment.problem import UNASSIGNED
from pigeonhole.mosaic.cells import CellGroups
from pigeonhole.mosaic.edits import Edits
from pigeonhole.mosaic.select import (
    Selection,
    all_costs,
    repetition_limits,
    select_tiles,
)
from pigeonhole.settings import MosaicOptions


def reapply_edits(
    selection: Selection, edits: Edits, cells: CellGroups, options: MosaicOptions
) -> Selection:
    """
    Apply edits to a selection that was made without them.

    The bound of the result is that of a new selection from all tiles that aren't
    banned, so that its optimality gap includes the cost of keeping the other cells.

    Raises
    ------
    SettingsError
        These edits make the limits on repetition impossible to keep.
    """
    banned = np.resize(edits.banned, len(cells.tiles))
    if banned.all():
        raise SettingsError(
            "mosaic.ban", "all tiles", "at least one tile must remain; ban fewer."
        )
    state = _EditState(
        cells,
        options,
        repetition_limits(options),
        selection.placement.copy(),
        np.zeros(len(cells.layout), np.bool_),
        np.flatnonzero(~banned),
    )
    _replace_and_pin(state, edits)
    freed = ~state.fixed & (banned[state.placement] | _excess_cells(state))
    state.placement[freed] = UNASSIGNED
    _fill(state, np.flatnonzero(freed))
    unused = state.allowed[state.use_counts()[state.allowed] == 0]
    if state.limits.use_all and unused.size:
        _place_unused(state, unused)
    if selection.bound is None:
        return Selection(state.placement)
    new = select_tiles(cells.with_tiles(~banned), options)
    return Selection(state.placement, int(state.costs().sum()), new.bound)


@dataclass(frozen=True, slots=True)
class _EditState:
    """A placement, which is modified in place while edits are applied."""

    cells: CellGroups
    options: MosaicOptions
    limits: RepetitionLimits
    placement: Int64Array
    fixed: BoolArray
    """Cells that the edits fill and that nothing else may change."""
    allowed: Int64Array
    """Numbers of the tiles that aren't banned."""

    def costs(self) -> Int64Array:
        """Return the cost of the tile in each cell."""
        return self.cells.distances(self.placement, self.options)

    def costs_in(self, numbers: Int64Array | None, tiles: Int64Array) -> Int32Array:
        """Return the cost of some tiles in some cells, or in all cells."""
        return all_costs(self.cells.with_tiles(tiles), self.options, numbers)

    def use_counts(self) -> Int64Array:
        """Count the uses of each tile."""
        placed = self.placement[self.placement != UNASSIGNED]
        return np.bincount(placed, minlength=len(self.cells.tiles))

    def neighbors(self, cell: int) -> Int64Array:
        """Return the other cells within the minimum distance of a cell."""
        labels = self.cells.layout.labels
        gaps = np.abs(labels - labels[cell]).max(axis=1)
        return np.flatnonzero((gaps <= self.limits.min_distance) & (gaps > 0))

    def describe(self, cell: int) -> str:
        row, column = self.cells.layout.labels[cell]
        return f"row {row}, column {column}"


def _replace_and_pin(state: _EditState, edits: Edits) -> None:
    before, count = state.placement.copy(), len(edits.banned)
    for old, new in edits.replaced.items():
        affected = before % count == old
        # A mirror image is replaced by the mirror image of the new tile.
        state.placement[affected] += new - old
        state.fixed[affected] = True
    for cell, tile in edits.pinned.items():
        state.placement[cell] = tile
        state.fixed[cell] = True


def _excess_cells(state: _EditState) -> BoolArray:
    """Return the cells that must change because the edits exceed the limits."""
    excess = np.zeros(len(state.cells.layout), np.bool_)
    if max_uses := state.limits.max_uses:
        costs = state.costs()
        for tile in np.flatnonzero(state.use_counts() > max_uses):
            cells = np.flatnonzero(state.placement == tile)
            # Keep fixed cells first, then those with the lowest cost.
            order = np.lexsort([costs[cells], ~state.fixed[cells]])
            excess[cells[order[max_uses:]]] = True
    for cell in np.flatnonzero(state.fixed) if state.limits.min_distance else ():
        near = state.neighbors(int(cell))
        excess[near[state.placement[near] == state.placement[cell]]] = True
    if (conflicts := np.flatnonzero(excess & state.fixed)).size:
        raise SettingsError(
            "mosaic.pin",
            state.describe(int(conflicts[0])),
            f"pinned and replaced tiles exceed the limits on repetition "
            f"({state.limits}); pin or replace fewer, or relax mosaic.repetition.",
        )
    return excess


def _fill(state: _EditState, cells: Int64Array) -> None:
    """Fill empty cells with the best tiles that the limits allow."""
    costs = state.costs_in(cells, state.allowed)
    if state.limits.min_distance:
        for number in costs.min(axis=1).argsort(kind="stable"):
            _fill_with_distance(state, int(cells[number]), costs[number])
    elif state.limits.max_uses:
        spare = state.limits.max_uses - state.use_counts()[state.allowed]
        # One column for each remaining use of a tile.
        columns = np.repeat(np.arange(len(spare)), np.clip(spare, 0, len(cells)))
        if len(columns) < len(cells):
            raise _no_tile_left(state, int(cells[0]))
        if cells.size:
            seconds = state.options.repetition.time_limit
            found = assign_costs(costs[:, columns], RepetitionLimits(1), seconds)
            placed = columns[found.placement.ravel()]
            state.placement[cells] = state.allowed[placed]
    else:
        state.placement[cells] = state.allowed[costs.argmin(axis=1)]


def _fill_with_distance(state: _EditState, cell: int, costs: Int32Array) -> None:
    usable = np.ones(len(state.cells.tiles), np.bool_)
    nearby = state.placement[state.neighbors(cell)]
    usable[nearby[nearby != UNASSIGNED]] = False
    if state.limits.max_uses:
        usable &= state.use_counts() < state.limits.max_uses
    candidates = np.flatnonzero(usable[state.allowed])
    if not candidates.size:
        raise _no_tile_left(state, cell)
    state.placement[cell] = state.allowed[candidates[costs[candidates].argmin()]]


def _place_unused(state: _EditState, unused: Int64Array) -> None:
    """Place each unused tile in the cell where it increases the cost least."""
    uses, current = state.use_counts(), state.costs()
    costs = state.costs_in(None, unused)
    for tile, cost in zip(unused, costs.T, strict=True):
        candidates = np.flatnonzero(~state.fixed & (uses[state.placement] > 1))
        if not candidates.size:
            raise SettingsError(
                "mosaic.repetition",
                str(state.limits),
                "with these edits there is no cell left for some tiles; remove some "
                "edits, or set use_all to false.",
            )
        cell = candidates[(cost[candidates] - current[candidates]).argmin()]
        uses[state.placement[cell]] -= 1
        uses[tile] += 1
        state.placement[cell], current[cell] = tile, cost[cell]


def _no_tile_left(state: _EditState, cell: int) -> SettingsError:
    return SettingsError(
        "mosaic.repetition",
        str(state.limits),
        f"with these edits no tile is left for the cell in {state.describe(cell)}; "
        "allow more repetition, or remove some edits.",
    )
