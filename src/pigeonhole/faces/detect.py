"""Detectors of faces: one built in, one for a model file of the user's."""

import math
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple, Protocol

import cv2
import numpy as np
import numpy.typing as npt

from pigeonhole.core.arrays import Picture
from pigeonhole.core.errors import FaceError
from pigeonhole.imaging.fingerprint import looks_of
from pigeonhole.imaging.resize import resize, rgb_of, to_grey
from pigeonhole.settings import FaceSettings

FOLDER = Path(cv2.__file__).parent / "data"
"""Where the wheel keeps its cascades."""
LONG_SIDE = 1000
"""Larger photos are searched on a copy of this size."""


class Found(NamedTuple):
    """A box in the photo's pixels, how sure, rich in contrast and sharp, its looks."""

    x: int
    y: int
    width: int
    height: int
    score: float
    contrast: float
    sharpness: float
    looks: str


class Detector(Protocol):
    """Finds the faces of a photo."""

    def find(self, photo: Picture) -> list[Found]:
        """Return the boxes, sorted by place."""


class UnusableModel(FaceError):
    """The model file of a detector can't be used."""

    def __init__(self, model: str | None, reason: str) -> None:
        super().__init__(
            f"faces.detector is yunet, but faces.model {model!r} can't be used: "
            f"{reason}. Name the file of the YuNet model (face_detection_yunet_*.onnx "
            "from https://github.com/opencv/opencv_zoo), or set faces.detector: haar."
        )


def detector_of(settings: FaceSettings) -> Detector:
    """Return the detector that the settings name."""
    if settings.detector == "yunet":
        return YunetDetector(settings.min_side, settings.model)
    return HaarDetector(settings.min_side, settings.turn)


class HaarDetector:
    """
    One cascade searches, another votes on what it found.

    ``alt2`` finds faces with few false ones; ``default`` finds more of both, but its
    weight tells them apart, so it scores each box on a small copy of the crop. Where
    no upright face is sure, turned copies of the photo are searched as well.

    Parameters
    ----------
    min_side : int
        Smallest face, in pixels of the photo.
    turn : float
        By how many degrees the copies are turned each way; 0 for none.
    """

    CROP_SIDE = 120
    """A box and half its size around it are voted on at this size."""
    BASE = 24
    """The smallest face is searched at this size: the cascades learnt on 20 pixels."""
    SURE = 1.6
    """A box with this score spares the search of the turned copies."""

    def __init__(self, min_side: int, turn: float = 20) -> None:
        self._min_side = min_side
        self._turn = turn
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
        whole = to_grey(photo)
        scale = min(
            1.0, LONG_SIDE / max(whole.shape), max(self.BASE / self._min_side, 0.4)
        )
        # Without it the cascades are blind in dark photos.
        grey = np.asarray(cv2.equalizeHist(_scaled(whole, scale)), np.uint8)
        side = max(20, round(self._min_side * scale))
        found = [*self._turned(grey, 0, side)]
        if not any(score >= self.SURE for _, score in found):
            for angle in (self._turn, -self._turn) if self._turn else ():
                found += self._turned(grey, angle, side)
        return sorted(
            _found(photo, whole, box / scale, score)
            for box, score in found
            if min(_inside(box / scale, *whole.shape)[2:]) > 0
        )

    def _turned(
        self, grey: Picture, angle: float, side: int
    ) -> Iterator[tuple[npt.NDArray[np.float64], float]]:
        """Search a turned copy; the boxes are upright, about the same centres."""
        rows, columns = grey.shape
        if angle:
            way = cv2.getRotationMatrix2D((columns / 2, rows / 2), angle, 1)
            grey = np.asarray(
                cv2.warpAffine(
                    grey, way, (columns, rows), borderMode=cv2.BORDER_REPLICATE
                ),
                np.uint8,
            )
        boxes = self._search.detectMultiScale(grey, 1.1, 3, minSize=(side, side))
        for x, y, width, height in np.reshape(boxes, (-1, 4)):
            score = self._score(grey, int(x), int(y), int(width), int(height))
            centre = np.array([x + width / 2, y + height / 2, 1.0])
            if angle:
                back = cv2.invertAffineTransform(way)
                centre[:2] = back @ centre
            left, top = centre[0] - width / 2, centre[1] - height / 2
            yield np.array([left, top, width, height], np.float64), score

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


class YunetDetector:
    """
    OpenCV's ``FaceDetectorYN`` with a model file of the user's.

    Its scores lie between 0 and 1; they are brought to the scale of the cascades'
    weights, so that one ``faces.min_score`` serves both.

    Parameters
    ----------
    min_side : int
        Smallest face, in pixels of the photo.
    model : str, optional
        The ONNX file.

    Raises
    ------
    UnusableModel
    """

    LEAST = 0.3
    """What the model gives less than this isn't listed at all."""
    OVERLAP = 0.3
    """Boxes that share more are one face."""
    MOST = 5000
    """More boxes than this aren't looked at."""
    FULL = 2.0
    """The score of a face that the model is sure of; 0.8 gives 1.6."""

    def __init__(self, min_side: int, model: str | None) -> None:
        self._min_side = min_side
        if not model:
            raise UnusableModel(model, "it names no file")
        if not Path(model).is_file():
            raise UnusableModel(model, "there is no such file")
        try:
            self._net = cv2.FaceDetectorYN.create(
                model, "", (320, 320), self.LEAST, self.OVERLAP, self.MOST
            )
        except cv2.error:
            raise UnusableModel(model, "OpenCV can't read it as a model") from None

    def find(self, photo: Picture) -> list[Found]:
        """Find the faces of a photo; see `HaarDetector.find`."""
        whole = to_grey(photo)
        rows, columns = whole.shape
        scale = min(1.0, LONG_SIDE / max(rows, columns))
        copy = _scaled(rgb_of(photo), scale)
        self._net.setInputSize((copy.shape[1], copy.shape[0]))
        _, faces = self._net.detect(copy[..., ::-1].copy())
        boxes = [] if faces is None else list(np.asarray(faces, np.float64))
        return sorted(
            _found(photo, whole, row[:4] / scale, self.FULL * float(row[-1]))
            for row in boxes
            if min(row[2:4]) / scale >= self._min_side
            and min(_inside(row[:4] / scale, rows, columns)[2:]) > 0
        )


def _scaled(picture: Picture, scale: float) -> Picture:
    if scale >= 1:
        return picture
    rows, columns = picture.shape[:2]
    return resize(picture, max(1, round(columns * scale)), max(1, round(rows * scale)))


def _cascade(name: str) -> cv2.CascadeClassifier:
    return cv2.CascadeClassifier(str(FOLDER / name))


def _found(
    photo: Picture, grey: Picture, box: npt.NDArray[np.float64], score: float
) -> Found:
    x, y, width, height = _inside(box, *grey.shape)
    part = slice(y, y + height), slice(x, x + width)
    return Found(
        x,
        y,
        width,
        height,
        round(score, 3),
        contrast_of(grey[part]),
        sharpness_of(grey[part]),
        looks_of(photo[part]),
    )


def contrast_of(crop: Picture) -> float:
    """Return the standard deviation of a crop's grey values."""
    return round(float(crop.std()), 1)


def sharpness_of(crop: Picture) -> float:
    """Return how much a crop changes from pixel to pixel, seen at 64x64.

    The size and the contrast are taken out, so that a dark or a large face isn't
    blurred for that.
    """
    small = resize(crop, 64, 64).astype(np.float64)
    edges = float(cv2.Laplacian(small, cv2.CV_64F).std())
    return round(edges / max(float(small.std()), 1.0), 3)


def _inside(
    box: npt.NDArray[np.float64], rows: int, columns: int
) -> tuple[int, int, int, int]:
    """Round a box to whole pixels of the photo."""
    left, top, width, height = (float(value) for value in box)
    x, y = max(0, round(left)), max(0, round(top))
    right, bottom = math.floor(left + width + 0.5), math.floor(top + height + 0.5)
    return x, y, min(right, columns) - x, min(bottom, rows) - y
