"""Compare the lightness of target and tiles to find out which tiles are missing."""

from dataclasses import dataclass
from typing import Self

import numpy as np

from pigeonhole.core.arrays import Image, Int64Array
from pigeonhole.imaging.color_spaces import mean_lightness
from pigeonhole.matching.grid import split_cells

BIN_WIDTH = 10
"""Width of a lightness range; CIELAB L is between 0 and 100."""
CELLS_PER_TILE = 10
"""Number of cells that one tile can fill before its repetition becomes visible."""
MIN_SHARE = 0.01
"""Ranges that lack tiles for a smaller share of the cells aren't reported."""


@dataclass(frozen=True, slots=True)
class Advice:
    """
    Histograms of the mean CIELAB L of cells and tiles, shape (100 / BIN_WIDTH,).

    Each tile is expected to fill `CELLS_PER_TILE` cells of its own range.
    """

    cells: Int64Array
    tiles: Int64Array

    @classmethod
    def compare(cls, frame: Image, tiles: Image) -> Self:
        """Count the cells of a frame and the tiles of a set by lightness."""
        grid = split_cells(frame, *tiles.shape[1:3])
        return cls(_histogram(grid.reshape(-1, *grid.shape[2:])), _histogram(tiles))

    @property
    def needed(self) -> Int64Array:
        """Number of tiles that each range needs."""
        return -(-self.cells // CELLS_PER_TILE)

    @property
    def missing(self) -> Int64Array:
        """Number of tiles that each range lacks; 0 if the shortage is negligible."""
        missing = np.maximum(self.needed - self.tiles, 0)
        negligible = missing * CELLS_PER_TILE < MIN_SHARE * self.cells.sum()
        return np.where(negligible, 0, missing)

    def sentence(self) -> str:
        """Return a sentence on which tiles to add, if any."""
        runs = _runs(self.missing)
        if not runs:
            return "The tile set has enough tiles of every lightness."
        parts = [
            f"about {_round(count)} more tile{'s' * (count > 1)} {_range(first, last)}"
            for first, last, count in runs
        ]
        listed = " and ".join(filter(None, [", ".join(parts[:-1]), parts[-1]]))
        return (
            f"Some tiles will repeat visibly. Add {listed} (L is the CIELAB lightness, "
            "0 to 100)."
        )


def _histogram(stack: Image) -> Int64Array:
    count = 100 // BIN_WIDTH
    bins = np.clip(mean_lightness(stack) // BIN_WIDTH, 0, count - 1)
    return np.bincount(bins.astype(np.int64), minlength=count)


def _runs(missing: Int64Array) -> list[tuple[int, int, int]]:
    """Return first bin, last bin and sum of each run of bins that lack tiles."""
    edges = np.flatnonzero(np.diff(np.r_[False, missing > 0, False]))
    return [
        (int(first), int(end) - 1, int(missing[first:end].sum()))
        for first, end in edges.reshape(-1, 2)
    ]


def _range(first: int, last: int) -> str:
    low, high = BIN_WIDTH * first, BIN_WIDTH * (last + 1)
    if low == 0 and high == 100:
        return "of every lightness"
    if low == 0:
        return f"darker than L {high}"
    if high == 100:
        return f"lighter than L {low}"
    return f"between L {low} and L {high}"


def _round(count: int) -> str:
    """Return a count with two significant digits; the estimate isn't more precise."""
    unit = 10 ** max(0, len(str(count)) - 2)
    return f"{round(count / unit) * unit:,}"
