"""The rule of repetition, and the pools that are too small for it."""

from dataclasses import dataclass

from pigeonhole.core.errors import TileError


@dataclass(frozen=True, slots=True)
class Reuse:
    """
    How often, and how near to itself, a tile may be used; without limits by default.

    Attributes
    ----------
    at_most : int or None
        Uses of one tile in the whole mosaic.
    apart : int
        No tile again within so many cells, diagonals included; 0 allows neighbours.
    everyone : bool
        Every tile is used at least once.
    """

    at_most: int | None = None
    apart: int = 0
    everyone: bool = False

    def __post_init__(self) -> None:
        if self.at_most is not None and self.at_most < 1:
            raise ValueError(f"a tile can't be used at most {self.at_most} times")
        if self.apart < 0:
            raise ValueError(f"tiles can't be {self.apart} cells apart")

    def __str__(self) -> str:
        times = "once" if self.at_most == 1 else f"{self.at_most} times"
        parts = [f"each tile at most {times}"] if self.at_most else []
        if self.apart:
            cells = "cell" if self.apart == 1 else "cells"
            parts.append(f"no tile within {self.apart} {cells} of itself")
        if self.everyone:
            parts.append("every tile at least once")
        return ", ".join(parts) or "no limit on repetition"


class TooFewTiles(TileError):
    """The pool is too small for the rule."""

    def __init__(self, rule: Reuse, tiles: int, needed: int) -> None:
        missing = needed - tiles
        noun = "tile is" if missing == 1 else "tiles are"
        # With fewer uses even all tiles together don't fill the grid.
        uses = -(-needed * rule.at_most // tiles) if rule.at_most and tiles else 0
        more = f"more repetition (at most {uses} times)" if uses else "more repetition"
        super().__init__(
            f"{missing} {noun} missing: {rule} needs {needed}, the set has {tiles}. "
            f"Add photos, allow {more} or make the grid coarser."
        )
        self.missing = missing


class TooFewCells(TileError):
    """Not every tile finds a cell."""

    def __init__(self, tiles: int, cells: int) -> None:
        super().__init__(
            f"{tiles - cells} cells are missing: every tile at least once needs "
            f"{tiles} cells, the grid has {cells}. Make the grid finer or take fewer "
            "tiles."
        )
        self.missing = tiles - cells


def tiles_needed(rule: Reuse, rows: int, columns: int) -> int:
    """Return the number of tiles without which no placement can keep the rule."""
    step = rule.apart + 1
    # The cells of a square of this side are all too near to each other, and of a tile's
    # uses at most one can lie in each square.
    together = min(step, rows) * min(step, columns)
    uses = -(-rows // step) * -(-columns // step)
    uses = min(uses, rule.at_most or uses)
    return max(together, -(-rows * columns // uses))


def check_pool(rule: Reuse, tiles: int, rows: int, columns: int) -> None:
    """
    Refuse a pool with which no placement can keep the rule.

    Raises
    ------
    TooFewTiles, TooFewCells
    """
    if (needed := tiles_needed(rule, rows, columns)) > tiles:
        raise TooFewTiles(rule, tiles, needed)
    if rule.everyone and tiles > rows * columns:
        raise TooFewCells(tiles, rows * columns)
