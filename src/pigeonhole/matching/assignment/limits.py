"""Limits on repetition, and errors for tile sets that are too small for them."""

from dataclasses import dataclass, replace

import numpy as np

from pigeonhole.core.arrays import Int64Array
from pigeonhole.core.checks import check_integer
from pigeonhole.core.errors import TileError
from pigeonhole.matching.assignment.cliques import block_cliques, find_cliques
from pigeonhole.matching.neighbors import MAX_DISTANCE, check_boxes, find_neighbors

LARGE_BLOCK = 500
"""Number of cells of a block from which on lists of neighbors need much memory."""


@dataclass(frozen=True, slots=True)
class RepetitionLimits:
    """
    Limits on how often and how close together a source appears; none by default.

    All tiles cut from one photo or face, and their mirror images, are one source.

    Attributes
    ----------
    max_uses : int or None
        Maximum number of uses of each source in the mosaic.
    min_distance : int
        No source appears twice within this many cells, diagonals included; 0 allows
        equal neighbors.
    use_all : bool
        Every source is used at least once.
    """

    max_uses: int | None = None
    min_distance: int = 0
    use_all: bool = False

    def __post_init__(self) -> None:
        if self.max_uses is not None:
            check_integer("max_uses", self.max_uses, 1)
        check_integer("min_distance", self.min_distance, 0, MAX_DISTANCE)

    def __str__(self) -> str:
        parts = []
        if self.max_uses:
            times = "once" if self.max_uses == 1 else f"{self.max_uses:,} times"
            parts.append(f"each photo at most {times}")
        if self.min_distance:
            cells = "cell" if self.min_distance == 1 else "cells"
            parts.append(f"no photo within {self.min_distance} {cells} of itself")
        if self.use_all:
            parts.append("every photo at least once")
        return ", ".join(parts) or "no limit on repetition"


class TooFewTiles(TileError):
    """The limits on repetition need `missing` more sources."""

    def __init__(
        self,
        limits: RepetitionLimits,
        sources: int,
        needed: int,
        feasible_distance: int | None = None,
    ) -> None:
        self.missing = needed - sources
        noun = "photo is" if self.missing == 1 else "photos are"
        fixes = ["Add photos"]
        if limits.max_uses and sources:
            uses = -(-needed * limits.max_uses // sources)
            fixes.append(f"raise max_uses to {uses:,} or more")
        if limits.min_distance:
            distance = "" if feasible_distance is None else f" to {feasible_distance}"
            fixes.append(f"reduce min_distance{distance}")
        super().__init__(
            f"{self.missing:,} {noun} missing: {limits} needs {needed:,} photos, but "
            f"the set has {sources:,}. {', '.join(fixes)} or use fewer cells (a "
            "smaller width)."
        )


class TooFewCells(TileError):
    """Every source must be used, which takes `missing` more cells."""

    def __init__(self, sources: int, cells: int) -> None:
        self.missing = sources - cells
        noun = "cell is" if self.missing == 1 else "cells are"
        super().__init__(
            f"{self.missing:,} {noun} missing: every photo at least once needs "
            f"{sources:,} cells, but the mosaic has {cells:,}. Use more cells (a "
            "larger width) or fewer photos, or turn use_all off."
        )


def check_limits(limits: RepetitionLimits, sources: int, boxes: Int64Array) -> None:
    """
    Check that there are enough sources and cells for the limits.

    A placement within the limits may need more sources nevertheless: how many are
    enough for a minimum distance is as hard to know as how many colors a graph needs.

    Parameters
    ----------
    limits : RepetitionLimits
    sources : int
        Number of sources.
    boxes : int64 array, shape (m > 0, 4)
        Row, column, height and width of each cell, in pixels.

    Raises
    ------
    TooFewTiles, TooFewCells
        No placement satisfies the limits.
    """
    needed = sources_needed(limits, sources, boxes)
    if needed > sources:
        raise TooFewTiles(
            limits, sources, needed, _feasible_distance(limits, sources, boxes)
        )
    if limits.use_all and sources > len(boxes):
        raise TooFewCells(sources, len(boxes))


def sources_needed(limits: RepetitionLimits, sources: int, boxes: Int64Array) -> int:
    """
    Return a number of sources below which no placement satisfies the limits.

    All cells of a clique are too near to each other for equal sources. So a clique
    needs as many sources as it has cells, and a source is used at most once in each.
    """
    check_integer("sources", sources, 0)
    check_boxes(boxes)
    if not len(boxes):
        raise ValueError("there must be at least one cell")
    distance = limits.min_distance
    needed = _needed(limits, block_cliques(boxes, distance))
    # Larger blocks have long lists of neighbors, and the answer is known already.
    if distance and needed <= max(sources, LARGE_BLOCK):
        cliques = find_cliques(find_neighbors(boxes, distance))
        needed = max(needed, _needed(limits, cliques))
    return needed


def _needed(limits: RepetitionLimits, cliques: Int64Array) -> int:
    sizes = np.bincount(cliques)
    uses = min(len(sizes), limits.max_uses or len(sizes))
    return max(int(sizes.max()), -(-len(cliques) // uses))


def _feasible_distance(
    limits: RepetitionLimits, sources: int, boxes: Int64Array
) -> int | None:
    """Return the largest minimum distance that the check accepts, by bisection."""

    def accepted(distance: int) -> bool:
        shorter = replace(limits, min_distance=distance)
        return sources_needed(shorter, sources, boxes) <= sources

    if not limits.min_distance or not accepted(0):
        return None
    low, high = 0, limits.min_distance
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if accepted(middle) else (low, middle)
    return low
