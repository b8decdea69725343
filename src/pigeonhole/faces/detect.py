"""Faces in one photo, by two of OpenCV's cascades."""

from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from pigeonhole.images import Picture, resize, to_grey

FOLDER = Path(cv2.__file__).parent / "data"
"""Where the wheel keeps its cascades."""


class Found(NamedTuple):
    """A box in the photo's pixels and its score."""

    x: int
    y: int
    width: int
    height: int
    score: float


class HaarDetector:
    """
    One cascade searches, another votes on what it found.

    ``alt2`` finds faces with few false ones; ``default`` finds more of both, but its
    weight tells them apart, so it scores each box on a small copy of the crop.

    Parameters
    ----------
    min_side : int
        Smallest face, in pixels of the photo.
    """

    LONG_SIDE = 1000
    """Larger photos are searched on a copy of this size."""
    CROP_SIDE = 120
    """A box and half its size around it are voted on at this size."""

    def __init__(self, min_side: int) -> None:
        self._min_side = min_side
        self._search = _cascade("haarcascade_frontalface_alt2.xml")
        self._vote = _cascade("haarcascade_frontalface_default.xml")

    def find(self, photo: Picture) -> list[Found]:
        """
        Find the faces of a photo.

        Parameters
        ----------
        photo : uint8 array, shape (rows, columns[, 3])

        Returns
        -------
        list of Found
            Sorted by place. A score of 0 means that the second cascade saw no face.
        """
        grey = to_grey(photo)
        rows, columns = grey.shape
        scale = min(1.0, self.LONG_SIDE / max(rows, columns))
        if scale < 1:
            wide, tall = round(columns * scale), round(rows * scale)
            grey = resize(grey, max(1, wide), max(1, tall))
        # Without it the cascades are blind in dark photos.
        grey = np.asarray(cv2.equalizeHist(grey), np.uint8)
        side = max(20, round(self._min_side * scale))
        boxes = self._search.detectMultiScale(grey, 1.1, 3, minSize=(side, side))
        found = [
            Found(
                *_inside(box / scale, rows, columns),
                score=self._score(grey, *map(int, box)),
            )
            for box in np.reshape(boxes, (-1, 4))
        ]
        return sorted(found)

    def _score(self, grey: Picture, x: int, y: int, width: int, height: int) -> float:
        half_x, half_y = width // 4, height // 4
        top, left = max(0, y - half_y), max(0, x - half_x)
        crop = grey[top : y + height + half_y, left : x + width + half_x]
        crop = resize(crop, self.CROP_SIDE, self.CROP_SIDE)
        _, _, weights = self._vote.detectMultiScale3(
            crop,
            1.1,
            3,
            minSize=(self.CROP_SIDE // 3, self.CROP_SIDE // 3),
            outputRejectLevels=True,
        )
        return max(0.0, *map(float, np.ravel(weights)), 0.0)


def _cascade(name: str) -> cv2.CascadeClassifier:
    return cv2.CascadeClassifier(str(FOLDER / name))


def _inside(
    box: npt.NDArray[np.float64], rows: int, columns: int
) -> tuple[int, int, int, int]:
    """Round a box to whole pixels of the photo."""
    x, y, width, height = (round(float(value)) for value in box)
    return x, y, min(width, columns - x), min(height, rows - y)
