"""A curve that brings a target's brightness to what the tiles can show, and back."""

from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

from pigeonhole.core.arrays import Picture
from pigeonhole.imaging.resize import to_grey

Tones = npt.NDArray[np.float64]
"""The mean luma of each picture."""

LEVELS = np.arange(256.0)


@dataclass(frozen=True, slots=True)
class ToneCurve:
    """
    A curve over bytes that never falls.

    Attributes
    ----------
    levels : float64 array, shape (256,)
        What each byte becomes.
    """

    levels: npt.NDArray[np.float64]

    @classmethod
    def fit(cls, cells: Picture, tiles: Picture, share: float) -> Self:
        """
        Give each brightness the rank among the tiles that it has among the cells.

        Parameters
        ----------
        cells, tiles : uint8 arrays, shapes (m, height, width[, 3]) and (n, ...)
        share : float
            0 leaves the target as it is, 1 spreads it just as the tiles are spread.
        """
        if not share:
            return cls(LEVELS)
        return cls.between(brightness(cells), brightness(tiles), share)

    @classmethod
    def between(cls, want: Tones, have: Tones, share: float) -> Self:
        """Fit the brightness of cells to that of tiles, in any order; see `fit`."""
        want, have = np.sort(want), np.sort(have)
        # Half of the equal ones count as darker: a flat target takes the median.
        below = np.searchsorted(want, LEVELS, "left")
        ranks = (below + np.searchsorted(want, LEVELS, "right")) / (2 * len(want))
        places = (np.arange(len(have)) + 0.5) / len(have)
        fitted = np.interp(ranks, places, have)
        return cls((1 - share) * LEVELS + share * fitted)

    def apply(self, picture: Picture) -> Picture:
        """Bring a picture to the tiles' tones; every channel takes the same curve."""
        return _bytes(self.levels)[picture]

    def undo(self, picture: Picture) -> Picture:
        """Bring a picture back; a flat part goes to its middle.

        A flat end holds what no cell has: it goes to the tone that it begins at.
        """
        low = np.searchsorted(self.levels, LEVELS - 1e-9, "left")
        high = np.searchsorted(self.levels, LEVELS + 1e-9, "right") - 1
        low, high = (
            np.where((low == 0) & (high < 255), high, low),
            np.where((high == 255) & (low > 0), low, high),
        )
        between = np.interp(LEVELS, self.levels, LEVELS)
        return _bytes(np.where(low <= high, (low + high) / 2, between))[picture]


def brightness(stack: Picture) -> Tones:
    """Return the mean luma of each picture."""
    tall = stack.reshape(-1, *stack.shape[2:])
    luma = to_grey(tall) if stack.ndim == 4 else tall
    return np.asarray(luma.reshape(len(stack), -1).mean(axis=1), np.float64)


def _bytes(levels: npt.NDArray[np.float64]) -> Picture:
    return np.clip(np.rint(levels), 0, 255).astype(np.uint8)
