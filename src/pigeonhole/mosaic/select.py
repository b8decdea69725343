"""Which tile goes into which cell, in any layout and under any rule."""

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from pigeonhole.core.arrays import Picture
from pigeonhole.core.errors import SettingsError
from pigeonhole.core.shards import bounds
from pigeonhole.matching import TileIndex, matcher
from pigeonhole.matching.search.index_file import open_arrays, write_arrays
from pigeonhole.mosaic.cells import Pair, by_short_cut, bytes_of, nearest, pairs
from pigeonhole.mosaic.layout import Layout, Numbers
from pigeonhole.settings import LookSettings

if TYPE_CHECKING:
    from pigeonhole.matching.assignment import Assignment, Reuse
    from pigeonhole.matching.assignment.costs import Costs

log = logging.getLogger(__name__)


class Chosen(NamedTuple):
    """
    A tile for each cell.

    Attributes
    ----------
    placement : int64 array, shape (n,)
    cost : int or None
        Sum of the differences that were made small.
    bound : int or None
        What they sum up to at least; None where the way of matching has no bound.
    """

    placement: Numbers
    cost: int | None = None
    bound: int | None = None

    @property
    def gap(self) -> float | None:
        """Return by which share of the bound the cost may be above the optimum."""
        if self.cost is None or self.bound is None:
            return None
        if self.cost == self.bound:
            return 0.0
        return (self.cost - self.bound) / self.bound if self.bound else float("inf")


def choose(
    frame: Picture,
    tiles: Picture,
    layout: Layout,
    looks: LookSettings,
    index: TileIndex | None = None,
) -> Chosen:
    """
    Choose a tile for every cell of a layout.

    Parameters
    ----------
    frame : uint8 array, shape (height, width[, 3])
    tiles : uint8 array, shape (n, height, width[, 3])
    layout : Layout
    looks : LookSettings
        Its match, space, far, shape and reuse.
    index : TileIndex, optional
        Of these very tiles; where their own bytes are compared it is taken instead of
        making one.
    """
    if looks.reuse.limited:
        made = _limited(frame, tiles, layout, looks)
        log.info("%s", made.sentence)
        return Chosen(made.placement.ravel(), made.cost, made.bound)
    if looks.match == "mixed" and layout.grid:
        place = matcher("mixed", tiles, looks.space, far=looks.far, shape=looks.shape)
        return Chosen(place(frame).ravel())
    if looks.match in ("mean", "four"):
        return Chosen(_short_cuts(frame, tiles, layout, looks))
    return choose_part(frame, tiles, layout, looks, index)


def choose_part(
    frame: Picture,
    tiles: Picture,
    layout: Layout,
    looks: LookSettings,
    index: TileIndex | None = None,
    part: int = 0,
    parts: int = 1,
) -> Chosen:
    """
    Choose the nearest tile for every cell of one band: no cell looks at another.

    Parameters
    ----------
    frame, tiles, layout, looks, index
        See `choose`; with looks that are `one_by_one`.
    part, parts : int
        Which of how many bands; the placements of all, one after the other, are that of
        the layout.
    """
    own_bytes = looks.match == "exact" and (tiles.ndim == 3 or looks.space == "rgb")
    if not (layout.grid and own_bytes):
        index = None
    band = layout.between(*bounds(len(layout), part, parts))
    placement = np.zeros(len(band), np.int64)
    cost = 0
    for pair in pairs(frame, tiles, band):
        placement[pair.numbers], distances = nearest(pair, looks, index)
        cost += int(distances.sum())
    # Without limits the nearest tiles are the optimum.
    return Chosen(placement, cost, cost)


def save_part(path: Path, chosen: Chosen) -> None:
    """Write what was chosen for a band."""
    write_arrays(path, {"cost": chosen.cost}, [chosen.placement])


def join_parts(paths: Sequence[Path]) -> Chosen:
    """Read the bands of a layout, in their order."""
    bands = [open_arrays(path) for path in paths]
    cost = sum(int(facts["cost"]) for facts, _ in bands)
    placement = np.concatenate([placed for _, (placed,) in bands])
    return Chosen(placement, cost, cost)


def _short_cuts(
    frame: Picture, tiles: Picture, layout: Layout, looks: LookSettings
) -> Numbers:
    placement = np.zeros(len(layout), np.int64)
    for pair in pairs(frame, tiles, layout):
        placement[pair.numbers] = by_short_cut(pair, looks)
    return placement


def rule_of(looks: LookSettings) -> "Reuse":
    """Return the rule of repetition that the settings say."""
    # Its kernels take a while to load, and most mosaics have no limits.
    from pigeonhole.matching.assignment import Reuse

    return Reuse(looks.reuse.at_most, looks.reuse.apart, looks.reuse.everyone)


def _limited(
    frame: Picture, tiles: Picture, layout: Layout, looks: LookSettings
) -> "Assignment":
    from pigeonhole.matching.assignment import assign, assign_costs
    from pigeonhole.matching.assignment.blocks import MOST_COSTS

    rule, seconds = rule_of(looks), looks.reuse.seconds
    if layout.grid:
        (pair,) = pairs(frame, tiles, layout)
        return assign(*bytes_of(pair, looks), layout.grid, rule, seconds)
    if rule.apart:
        raise SettingsError(
            "mosaic.reuse.apart",
            rule.apart,
            "make it 0 with a mask: only a grid without empty cells keeps spacing.",
        )
    if len(layout) * len(tiles) > MOST_COSTS:
        raise SettingsError(
            "mosaic.reuse",
            str(rule),
            f"{len(layout):,} cells and {len(tiles):,} tiles are too many for limits "
            "in this layout: take a plain grid without empty cells.",
        )
    return assign_costs(all_costs(frame, tiles, layout, looks), rule, seconds)


def all_costs(
    frame: Picture,
    tiles: Picture,
    layout: Layout,
    looks: LookSettings,
    only: Numbers | None = None,
) -> "Costs":
    """
    Return what each tile would cost in each cell, or in some of them.

    Parameters
    ----------
    frame, tiles, layout, looks
        See `choose`.
    only : int64 array, shape (m,), optional
        Numbers of cells, rising.

    Returns
    -------
    int32 array, shape (m, tiles)
    """
    from pigeonhole.matching.assignment.blocks import costs_between

    cells = np.arange(len(layout)) if only is None else only
    costs = np.zeros((len(cells), len(tiles)), np.int32)
    for pair in pairs(frame, tiles, layout):
        here = np.flatnonzero(np.isin(cells, pair.numbers))
        if here.size:
            some = np.searchsorted(pair.numbers, cells[here])
            part = Pair(cells[here], pair.cells[some], pair.tiles)
            costs[here] = costs_between(*bytes_of(part, looks))
    return costs
