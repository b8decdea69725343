"""Which tones a target needs and a tile set lacks: told before the mosaic is made."""

from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

from pigeonhole.core.arrays import Picture
from pigeonhole.imaging.color_spaces import mean_lightness
from pigeonhole.matching import cells_of

STEP = 10
"""Width of a range of lightness; CIELAB L goes from 0 to 100."""
SERVES = 10
"""Cells that a tile may serve before its repetition shows."""
LITTLE = 0.01
"""Ranges that lack tiles for fewer of the cells are passed over in silence."""

Counts = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Advice:
    """
    Need against supply, by the mean lightness of cells and tiles.

    A tile is expected to serve cells of its own range of lightness, `SERVES` of them.

    Attributes
    ----------
    cells, tiles : int64 arrays, shape (100 / STEP,)
        How many have their mean CIELAB L in each range.
    """

    cells: Counts
    tiles: Counts

    @classmethod
    def of(cls, frame: Picture, tiles: Picture) -> Self:
        """
        Count the cells of a target and the tiles of a set.

        Parameters
        ----------
        frame : uint8 array, shape (rows * height, columns * width[, 3])
        tiles : uint8 array, shape (n, height, width[, 3])
        """
        grid = cells_of(frame, *tiles.shape[1:3])
        return cls(_counts(grid.reshape(-1, *grid.shape[2:])), _counts(tiles))

    @property
    def needed(self) -> Counts:
        """Return how many tiles each range needs."""
        return -(-self.cells // SERVES)

    @property
    def missing(self) -> Counts:
        """Return how many tiles each range lacks."""
        lacking = np.maximum(self.needed - self.tiles, 0)
        return np.where(lacking * SERVES < LITTLE * self.cells.sum(), 0, lacking)

    def sentence(self) -> str:
        """Say what to add, for example "about 120 more tiles darker than L 30"."""
        ranges = _runs(self.missing)
        if not ranges:
            return "The tile set has enough tiles of every tone that the target needs."
        parts = [
            f"about {_about(count)} more tile{'s' * (count > 1)} {_tones(first, last)}"
            for first, last, count in ranges
        ]
        return (
            f"The target needs {_listed(parts)}, or tiles will repeat visibly. "
            "L is lightness, from 0 to 100."
        )


def _counts(stack: Picture) -> Counts:
    places = mean_lightness(stack) // STEP
    return np.bincount(
        np.clip(places, 0, 100 // STEP - 1).astype(np.int64), minlength=100 // STEP
    )


def _runs(missing: Counts) -> list[tuple[int, int, int]]:
    """Return first, last and sum of each run of ranges that lack tiles."""
    edges = np.flatnonzero(np.diff(np.r_[False, missing > 0, False]))
    return [
        (int(first), int(end) - 1, int(missing[first:end].sum()))
        for first, end in edges.reshape(-1, 2)
    ]


def _tones(first: int, last: int) -> str:
    low, high = STEP * first, STEP * (last + 1)
    if low == 0 and high == 100:
        return "of every tone"
    if low == 0:
        return f"darker than L {high}"
    if high == 100:
        return f"lighter than L {low}"
    return f"between L {low} and L {high}"


def _about(count: int) -> str:
    """Round to two digits: it's a rule of thumb."""
    unit = 10 ** max(0, len(str(count)) - 2)
    return f"{round(count / unit) * unit:,}"


def _listed(parts: list[str]) -> str:
    return " and ".join(filter(None, [", ".join(parts[:-1]), parts[-1]]))
