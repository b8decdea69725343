"""A mosaic that stands, placed again after edits: only what must change changes.

First it is placed as it was. Then the cells whose tile is banned, and those that the
rule of repetition forces, get another tile; all others keep theirs.
"""

from dataclasses import dataclass

import numpy as np

from pigeonhole.core.arrays import Picture
from pigeonhole.core.errors import SettingsError
from pigeonhole.matching.assignment import Reuse, assign_costs
from pigeonhole.matching.assignment.costs import NOBODY, Costs
from pigeonhole.mosaic.cells import distances_of
from pigeonhole.mosaic.edits import Edits
from pigeonhole.mosaic.layout import Layout, Mask, Numbers
from pigeonhole.mosaic.select import Chosen, all_costs, choose, rule_of
from pigeonhole.settings import LookSettings


def choose_again(
    chosen: Chosen,
    edits: Edits,
    frame: Picture,
    tiles: Picture,
    layout: Layout,
    looks: LookSettings,
) -> Chosen:
    """
    Edit a placement; only what must change changes.

    Parameters
    ----------
    chosen : Chosen
        What was placed without the edits.
    edits : Edits
    frame, tiles, layout, looks
        See `choose`; mirror images follow their tiles in the same order.

    Returns
    -------
    Chosen
        Its bound is that of a fresh solve with all tiles that aren't banned, so that
        its gap tells what keeping the rest costs at most.

    Raises
    ------
    SettingsError
        With these edits the rule of repetition can't be kept.
    """
    banned = np.resize(edits.banned, len(tiles))
    if banned.all():
        raise SettingsError("mosaic.ban", "every tile", "leave at least one.")
    board = _Board(
        frame,
        tiles,
        layout,
        looks,
        rule_of(looks),
        chosen.placement.copy(),
        np.zeros(len(layout), np.bool_),
        np.flatnonzero(~banned),
    )
    _fix(board, edits)
    free = ~board.fixed & (banned[board.placement] | _crowded(board))
    board.placement[free] = NOBODY
    _fill(board, np.flatnonzero(free))
    missing = board.allowed[board.uses()[board.allowed] == 0]
    if board.rule.everyone and missing.size:
        _place_missing(board, missing)
    if chosen.bound is None:
        return Chosen(board.placement)
    fresh = choose(frame, tiles[~banned], layout, looks)
    return Chosen(board.placement, int(board.costs().sum()), fresh.bound)


@dataclass(frozen=True, slots=True)
class _Board:
    """A placement while it is edited."""

    frame: Picture
    tiles: Picture
    layout: Layout
    looks: LookSettings
    rule: Reuse
    placement: Numbers
    fixed: Mask
    allowed: Numbers

    def costs(self) -> Numbers:
        """Return what each cell's tile costs."""
        return distances_of(
            self.frame, self.tiles, self.layout, self.placement, self.looks
        )

    def costs_in(self, cells: Numbers | None, tiles: Numbers) -> Costs:
        """Return what some tiles would cost in some cells, or in all."""
        return all_costs(self.frame, self.tiles[tiles], self.layout, self.looks, cells)

    def uses(self) -> Numbers:
        """Count the uses of each tile."""
        placed = self.placement[self.placement != NOBODY]
        return np.bincount(placed, minlength=len(self.tiles))

    def near(self, cell: int) -> Numbers:
        """Return the other cells within the rule's spacing of a cell."""
        gaps = np.abs(self.layout.names - self.layout.names[cell]).max(axis=1)
        return np.flatnonzero((gaps <= self.rule.apart) & (gaps > 0))

    def named(self, cell: int) -> str:
        row, column = self.layout.names[cell]
        return f"row {row}, column {column}"


def _fix(board: _Board, edits: Edits) -> None:
    """Replace and pin."""
    was, count = board.placement.copy(), len(edits.banned)
    for old, new in edits.replaced.items():
        here = was % count == old
        board.placement[here] += new - old
        board.fixed[here] = True
    for cell, tile in edits.pinned.items():
        board.placement[cell] = tile
        board.fixed[cell] = True


def _crowded(board: _Board) -> Mask:
    """Return the cells that have to give way to tiles that were put in by hand."""
    crowded = np.zeros(len(board.layout), np.bool_)
    if most := board.rule.at_most:
        costs = board.costs()
        for tile in np.flatnonzero(board.uses() > most):
            cells = np.flatnonzero(board.placement == tile)
            # Those by hand come first, then those that fit best.
            order = np.lexsort([costs[cells], ~board.fixed[cells]])
            crowded[cells[order[most:]]] = True
    for cell in np.flatnonzero(board.fixed) if board.rule.apart else ():
        near = board.near(int(cell))
        crowded[near[board.placement[near] == board.placement[cell]]] = True
    if (both := np.flatnonzero(crowded & board.fixed)).size:
        raise SettingsError(
            "mosaic.pin",
            board.named(int(both[0])),
            f"pinning and replacing don't keep the rule: {board.rule}.",
        )
    return crowded


def _fill(board: _Board, cells: Numbers) -> None:
    """Give cells without a tile the best ones that the rule leaves."""
    costs = board.costs_in(cells, board.allowed)
    if board.rule.apart:
        for at in costs.min(axis=1).argsort(kind="stable"):
            _fill_apart(board, int(cells[at]), costs[at])
    elif board.rule.at_most:
        spare = board.rule.at_most - board.uses()[board.allowed]
        # As many columns for a tile as it may still be used.
        columns = np.repeat(
            np.arange(len(board.allowed)), np.clip(spare, 0, len(cells))
        )
        if len(columns) < len(cells):
            raise _nothing_left(board, int(cells[0]))
        if cells.size:
            made = assign_costs(costs[:, columns], Reuse(1), board.looks.reuse.seconds)
            board.placement[cells] = board.allowed[columns[made.placement.ravel()]]
    else:
        board.placement[cells] = board.allowed[costs.argmin(axis=1)]


def _fill_apart(board: _Board, cell: int, costs: Costs) -> None:
    uses = board.uses()
    open_to = np.ones(len(board.tiles), np.bool_)
    taken = board.placement[board.near(cell)]
    open_to[taken[taken != NOBODY]] = False
    if board.rule.at_most:
        open_to &= uses < board.rule.at_most
    left = np.flatnonzero(open_to[board.allowed])
    if not left.size:
        raise _nothing_left(board, cell)
    board.placement[cell] = board.allowed[left[costs[left].argmin()]]


def _place_missing(board: _Board, missing: Numbers) -> None:
    """Use each tile that isn't used where that costs least."""
    uses, now = board.uses(), board.costs()
    costs = board.costs_in(None, missing)
    for tile, row in zip(missing, costs.T, strict=True):
        open_to = np.flatnonzero(~board.fixed & (uses[board.placement] > 1))
        if not open_to.size:
            raise SettingsError(
                "mosaic.reuse",
                str(board.rule),
                "with these edits not every tile finds a cell: take out some of them.",
            )
        cell = open_to[(row[open_to] - now[open_to]).argmin()]
        uses[board.placement[cell]] -= 1
        uses[tile] += 1
        board.placement[cell], now[cell] = tile, row[cell]


def _nothing_left(board: _Board, cell: int) -> SettingsError:
    return SettingsError(
        "mosaic.reuse",
        str(board.rule),
        f"with these edits no tile is left for the cell in {board.named(cell)}: allow "
        "more repetition, or take out some of them.",
    )
