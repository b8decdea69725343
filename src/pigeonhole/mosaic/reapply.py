"""Apply edits to a selection and change as few cells as possible.

Edits are applied to the selection that was made without them. Cells whose source is
banned, or must give way because of the limits on repetition, get another one; all
other cells keep their tile.
"""

from dataclasses import dataclass

import numpy as np

from pigeonhole.core.arrays import BoolArray, Int32Array, Int64Array
from pigeonhole.core.errors import SettingsError
from pigeonhole.core.repetition import has_limits
from pigeonhole.matching.assignment import RepetitionLimits, assign_costs
from pigeonhole.matching.assignment.problem import UNASSIGNED
from pigeonhole.matching.neighbors import Neighbors, find_neighbors
from pigeonhole.mosaic.cells import CellGroups, most_cells
from pigeonhole.mosaic.costs import source_costs, tile_costs
from pigeonhole.mosaic.edits import Edits
from pigeonhole.mosaic.select import select_tiles, select_with_limits
from pigeonhole.mosaic.selection import Selection, repetition_limits
from pigeonhole.settings import MosaicOptions


def reapply_edits(
    selection: Selection, edits: Edits, cells: CellGroups, options: MosaicOptions
) -> Selection:
    """
    Apply edits to a selection that was made without them.

    The bound of the result is that of a new selection from all sources that aren't
    banned, so that its optimality gap includes the cost of keeping the other cells.

    Raises
    ------
    SettingsError
        These edits make the limits on repetition impossible to keep.
    """
    if edits.banned.all():
        raise SettingsError(
            "mosaic.ban", "all tiles", "at least one tile must remain; ban fewer."
        )
    allowed = np.ones(cells.source_count, np.bool_)
    allowed[cells.sources[: len(edits.banned)][edits.banned]] = False
    limits = repetition_limits(options)
    state = _EditState(
        cells,
        options,
        limits,
        find_neighbors(cells.layout.boxes, limits.min_distance),
        selection.placement.copy(),
        np.zeros(len(cells.layout), np.bool_),
        allowed.copy(),
    )
    # A replaced source doesn't return, unless it also replaces another one.
    state.allowed[cells.sources[list(edits.replaced)]] = False
    state.allowed[cells.sources[list(edits.replaced.values())]] = True
    _replace_and_pin(state, edits)
    freed = ~state.fixed & (~state.allowed[state.sources()] | _excess_cells(state))
    state.placement[freed] = UNASSIGNED
    _fill(state, np.flatnonzero(freed))
    unused = np.flatnonzero(state.allowed & (state.use_counts() == 0))
    if limits.use_all and unused.size:
        _place_unused(state, unused)
    if selection.bound is None:
        return Selection(state.placement)
    cost = int(tile_costs(cells, options, state.placement).sum())
    return Selection(state.placement, cost, _bound(cells, options, allowed))


def _bound(cells: CellGroups, options: MosaicOptions, allowed: BoolArray) -> int | None:
    """Return the lower bound of the cost of a selection from the allowed sources."""
    if has_limits(options.repetition):
        return select_with_limits(cells, options, allowed).bound
    return select_tiles(cells.with_tiles(allowed[cells.sources]), options).bound


@dataclass(frozen=True, slots=True)
class _EditState:
    """A placement, which is modified in place while edits are applied."""

    cells: CellGroups
    options: MosaicOptions
    limits: RepetitionLimits
    near: Neighbors
    placement: Int64Array
    fixed: BoolArray
    """Cells that the edits fill and that nothing else may change."""
    allowed: BoolArray
    """Which sources are neither banned nor replaced."""

    def sources(self) -> Int64Array:
        """Return the source in each cell, UNASSIGNED where there is none."""
        sources = self.cells.sources[self.placement]
        return np.where(self.placement == UNASSIGNED, UNASSIGNED, sources)

    def use_counts(self) -> Int64Array:
        """Count the uses of each source."""
        sources = self.sources()
        placed = sources[sources != UNASSIGNED]
        return np.bincount(placed, minlength=len(self.allowed))

    def neighbors(self, cell: int) -> Int32Array:
        """Return the other cells within the minimum distance of a cell."""
        return self.near.cells[self.near.starts[cell] : self.near.starts[cell + 1]]

    def describe(self, cell: int) -> str:
        row, column = self.cells.layout.labels[cell]
        return f"row {row}, column {column}"


def _replace_and_pin(state: _EditState, edits: Edits) -> None:
    before, count = state.placement.copy(), len(edits.banned)
    sources = state.cells.sources
    for old, new in edits.replaced.items():
        affected = sources[before] == sources[old]
        # A mirror image is replaced by the mirror image of the new tile.
        state.placement[affected] = before[affected] // count * count + new
        state.fixed[affected] = True
    for cell, tile in edits.pinned.items():
        state.placement[cell] = tile
        state.fixed[cell] = True


def _excess_cells(state: _EditState) -> BoolArray:
    """Return the cells that must change because the edits exceed the limits."""
    excess = np.zeros(len(state.cells.layout), np.bool_)
    sources = state.sources()
    if max_uses := state.limits.max_uses:
        for source in np.flatnonzero(state.use_counts() > max_uses):
            cells = np.flatnonzero(sources == source)
            costs = source_costs(state.cells, state.options, cells)[0][:, source]
            # Keep fixed cells first, then those with the lowest cost.
            order = np.lexsort([costs, ~state.fixed[cells]])
            excess[cells[order[max_uses:]]] = True
    for cell in np.flatnonzero(state.fixed) if state.limits.min_distance else ():
        near = state.neighbors(int(cell))
        excess[near[sources[near] == sources[cell]]] = True
    if (conflicts := np.flatnonzero(excess & state.fixed)).size:
        raise SettingsError(
            "mosaic.pin",
            state.describe(int(conflicts[0])),
            f"pinned and replaced tiles exceed the limits on repetition "
            f"({state.limits}); pin or replace fewer, or relax mosaic.repetition.",
        )
    return excess


def _fill(state: _EditState, cells: Int64Array) -> None:
    """Fill empty cells with the best sources that the limits allow."""
    fill = _fill_freely
    if state.limits.min_distance:
        fill = _fill_with_distance
    elif state.limits.max_uses:
        fill = _fill_with_spare_uses
    if cells.size:
        fill(state, cells)


def _fill_freely(state: _EditState, cells: Int64Array) -> None:
    numbers = np.flatnonzero(state.allowed)
    size = most_cells(state.cells)
    for first in range(0, len(cells), size):
        part = cells[first : first + size]
        costs, tiles = source_costs(state.cells, state.options, part)
        chosen = numbers[costs[:, numbers].argmin(axis=1)]
        state.placement[part] = tiles[np.arange(len(part)), chosen]


def _fill_with_spare_uses(state: _EditState, cells: Int64Array) -> None:
    assert state.limits.max_uses
    costs, tiles = source_costs(state.cells, state.options, cells)
    spare = np.clip(state.limits.max_uses - state.use_counts(), 0, len(cells))
    # One column for each remaining use of a source.
    columns = np.repeat(np.arange(len(spare)), np.where(state.allowed, spare, 0))
    if len(columns) < len(cells):
        raise _no_tile_left(state, int(cells[0]))
    seconds = state.options.repetition.time_limit
    found = assign_costs(costs.take(columns, axis=1), RepetitionLimits(1), seconds)
    chosen = columns[found.placement]
    state.placement[cells] = tiles[np.arange(len(cells)), chosen]


def _fill_with_distance(state: _EditState, cells: Int64Array) -> None:
    costs, tiles = source_costs(state.cells, state.options, cells)
    for k in costs[:, state.allowed].min(axis=1).argsort(kind="stable"):
        source = _nearest_usable(state, int(cells[k]), costs[k])
        state.placement[cells[k]] = tiles[k, source]


def _nearest_usable(state: _EditState, cell: int, costs: Int32Array) -> int:
    """Return the best source that the limits allow in an empty cell."""
    usable = state.allowed.copy()
    nearby = state.sources()[state.neighbors(cell)]
    usable[nearby[nearby != UNASSIGNED]] = False
    if state.limits.max_uses:
        usable &= state.use_counts() < state.limits.max_uses
    candidates = np.flatnonzero(usable)
    if not candidates.size:
        raise _no_tile_left(state, cell)
    return int(candidates[costs[candidates].argmin()])


def _place_unused(state: _EditState, unused: Int64Array) -> None:
    """Place each unused source in the cell where it increases the cost least."""
    uses, sources = state.use_counts(), state.sources()
    costs, tiles = source_costs(state.cells, state.options)
    current = costs[np.arange(len(costs)), sources]
    for source in unused:
        candidates = np.flatnonzero(~state.fixed & (uses[sources] > 1))
        if not candidates.size:
            raise SettingsError(
                "mosaic.repetition",
                str(state.limits),
                "with these edits there is no cell left for some photos; remove some "
                "edits, or set use_all to false.",
            )
        cost = costs[candidates, source]
        cell = candidates[(cost - current[candidates]).argmin()]
        uses[sources[cell]] -= 1
        uses[source] += 1
        sources[cell], current[cell] = source, costs[cell, source]
        state.placement[cell] = tiles[cell, source]


def _no_tile_left(state: _EditState, cell: int) -> SettingsError:
    return SettingsError(
        "mosaic.repetition",
        str(state.limits),
        f"with these edits no photo is left for the cell in {state.describe(cell)}; "
        "allow more repetition, or remove some edits.",
    )
