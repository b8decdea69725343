"""A test picture as a capture."""

import numpy as np

from pigeonhole.core.arrays import Picture
from pigeonhole.core.geometry import Size
from pigeonhole.imaging.resize import resize
from pigeonhole.live.fps import USUAL_RATE


class Synthetic:
    """
    A capture without a device: a view that wanders over seeded clouds, for ever.

    The same seed and size give the same pictures.
    """

    rate = USUAL_RATE

    def __init__(self, size: Size, seed: int = 1) -> None:
        coarse = np.random.default_rng(seed).integers(0, 256, (6, 8, 3), np.uint8)
        # The first row and column come again, so that the clouds close in a circle.
        coarse = np.pad(coarse, ((0, 1), (0, 1), (0, 0)), mode="wrap")
        self._size = size
        self._clouds = np.tile(resize(coarse, size.width, size.height), (2, 2, 1))
        self._number = -1

    def grab(self) -> bool:
        """Move on by one picture."""
        self._number += 1
        return True

    def moment(self) -> float:
        """Return the picture's turn in seconds."""
        return self._number / self.rate

    def retrieve(self) -> Picture:
        """Give the view of this moment."""
        width, height = self._size
        left, top = (3 * self._number) % width, (2 * self._number) % height
        return self._clouds[top : top + height, left : left + width].copy()

    def release(self) -> None:
        """Nothing is held."""
