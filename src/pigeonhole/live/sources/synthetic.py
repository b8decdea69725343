"""A moving test image as a capture."""

import numpy as np

from pigeonhole.core.arrays import Image
from pigeonhole.core.geometry import Size
from pigeonhole.imaging.resize import resize
from pigeonhole.live.sources.capture import Capture


class Synthetic(Capture):
    """
    A capture without a device: an endless pan over random colored clouds.

    The same seed and size give the same images.
    """

    def __init__(self, size: Size, seed: int = 1) -> None:
        coarse = np.random.default_rng(seed).integers(0, 256, (6, 8, 3), np.uint8)
        # Repeat the first row and column at the end so that the clouds tile seamlessly.
        coarse = np.pad(coarse, ((0, 1), (0, 1), (0, 0)), mode="wrap")
        self._size = size
        self._clouds = np.tile(resize(coarse, size.width, size.height), (2, 2, 1))
        self._number = -1

    def grab(self) -> bool:
        """Advance by one image."""
        self._number += 1
        return True

    def timestamp(self) -> float:
        """Return the presentation time of the current image in seconds."""
        return self._number / self.fps

    def retrieve(self) -> Image:
        """Return the current image."""
        width, height = self._size
        left, top = (3 * self._number) % width, (2 * self._number) % height
        return self._clouds[top : top + height, left : left + width].copy()
