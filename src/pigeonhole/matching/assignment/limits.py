"""Limits on repetition, and errors for tile sets that are too small for them."""

from dataclasses import dataclass, replace

from pigeonhole.core.errors import TileError


@dataclass(frozen=True, slots=True)
class RepetitionLimits:
    """
    Limits on how often and how close together a tile appears; none by default.

    Attributes
    ----------
    max_uses : int or None
        Maximum number of uses of each tile in the mosaic.
    min_distance : int
        No tile appears twice within this many cells, diagonals included; 0 allows
        equal neighbors.
    use_all : bool
        Every tile is used at least once.
    """

    max_uses: int | None = None
    min_distance: int = 0
    use_all: bool = False

    def __post_init__(self) -> None:
        if self.max_uses is not None and self.max_uses < 1:
            raise ValueError(f"max_uses must be at least 1, not {self.max_uses}")
        if self.min_distance < 0:
            raise ValueError(f"min_distance can't be negative: {self.min_distance}")

    def __str__(self) -> str:
        times = "once" if self.max_uses == 1 else f"{self.max_uses} times"
        parts = [f"each tile at most {times}"] if self.max_uses else []
        if self.min_distance:
            cells = "cell" if self.min_distance == 1 else "cells"
            parts.append(f"no tile within {self.min_distance} {cells} of itself")
        if self.use_all:
            parts.append("every tile at least once")
        return ", ".join(parts) or "no limit on repetition"


class TooFewTiles(TileError):
    """The limits on repetition need `missing` more tiles."""

    def __init__(
        self,
        limits: RepetitionLimits,
        tiles: int,
        needed: int,
        feasible_distance: int | None = None,
    ) -> None:
        self.missing = needed - tiles
        noun = "tile is" if self.missing == 1 else "tiles are"
        fixes = ["Add photos"]
        if limits.max_uses and tiles:
            uses = -(-needed * limits.max_uses // tiles)
            fixes.append(f"allow at least {uses} uses of each tile")
        if limits.min_distance:
            distance = "" if feasible_distance is None else f" to {feasible_distance}"
            fixes.append(f"reduce the minimum distance{distance}")
        super().__init__(
            f"{self.missing} {noun} missing: {limits} needs {needed} tiles, but the "
            f"set has {tiles}. {', '.join(fixes)} or use fewer cells."
        )


class TooFewCells(TileError):
    """Every tile must be used, which takes `missing` more cells."""

    def __init__(self, tiles: int, cells: int) -> None:
        self.missing = tiles - cells
        noun = "cell is" if self.missing == 1 else "cells are"
        super().__init__(
            f"{self.missing} {noun} missing: every tile at least once needs {tiles} "
            f"cells, but the mosaic has {cells}. Use more cells or fewer tiles."
        )


def tiles_needed(limits: RepetitionLimits, rows: int, columns: int) -> int:
    """Return the number of tiles below which no placement satisfies the limits."""
    side = limits.min_distance + 1
    # All cells of a square with this side are too close to each other for equal tiles.
    # So they need different tiles, and each square holds at most one use of a tile.
    cells_of_square = min(side, rows) * min(side, columns)
    squares = -(-rows // side) * -(-columns // side)
    uses = min(squares, limits.max_uses or squares)
    return max(cells_of_square, -(-rows * columns // uses))


def check_tile_count(
    limits: RepetitionLimits, tiles: int, rows: int, columns: int
) -> None:
    """Raise TooFewTiles or TooFewCells if no placement can satisfy the limits."""
    if (needed := tiles_needed(limits, rows, columns)) > tiles:
        feasible = (
            distance
            for distance in range(limits.min_distance - 1, -1, -1)
            if tiles_needed(replace(limits, min_distance=distance), rows, columns)
            <= tiles
        )
        raise TooFewTiles(limits, tiles, needed, next(feasible, None))
    if limits.use_all and tiles > rows * columns:
        raise TooFewCells(tiles, rows * columns)
