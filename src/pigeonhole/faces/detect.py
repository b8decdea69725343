"""Face detectors: OpenCV's built-in cascades, or YuNet with the user's model file."""

import math
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple, Protocol

import cv2
import numpy as np

from pigeonhole.core.arrays import Float64Array, Image
from pigeonhole.core.errors import PigeonholeError
from pigeonhole.core.geometry import Box
from pigeonhole.imaging.fingerprint import fingerprint
from pigeonhole.imaging.resize import resize, to_gray, to_rgb
from pigeonhole.settings import FaceSettings

CASCADES = Path(cv2.__file__).parent / "data"
"""Folder of the cascades in OpenCV's wheel."""
MAX_SEARCH_SIDE = 1000
"""Larger photos are searched at this size, in pixels."""


class Detection(NamedTuple):
    """A detected box in pixels of the photo, with the measures of a face row."""

    x: int
    y: int
    width: int
    height: int
    score: float
    contrast: float
    sharpness: float
    fingerprint: str


class Detector(Protocol):
    """Detects the faces of a photo."""

    def detect(self, photo: Image) -> list[Detection]:
        """
        Return the faces of a photo, sorted by position.

        Parameters
        ----------
        photo : uint8 array, shape (rows, columns[, 3])
        """


class UnusableModel(PigeonholeError):
    """The model file of a detector can't be used."""

    def __init__(self, model: str | None, reason: str) -> None:
        super().__init__(
            f"faces.detector is yunet, but faces.model {model!r} can't be used: "
            f"{reason}. Set it to the file of a YuNet model (face_detection_yunet_*"
            ".onnx from https://github.com/opencv/opencv_zoo), or set faces.detector: "
            "haar."
        )


def create_detector(settings: FaceSettings) -> Detector:
    """Return the detector that the settings choose."""
    if settings.detector == "yunet":
        return YunetDetector(settings.min_side, settings.model)
    return HaarDetector(settings.min_side, settings.rotation)


class HaarDetector:
    """
    Viola-Jones cascades: one proposes boxes, another one scores them.

    The cascade ``alt2`` has few false positives. The cascade ``default`` has more, but
    its level weights separate them from faces. It scores each box on a small copy of
    the crop. If no upright face is certain, rotated copies of the photo are searched
    too.

    Parameters
    ----------
    min_side : int
        Smallest face, in pixels of the photo.
    rotation : float
        Angle in degrees by which the photo is rotated in both directions; 0 for none.
    """

    CROP_SIDE = 120
    """Size at which a box with a margin of a quarter of its size is scored."""
    SEARCH_SIDE = 24
    """Size at which the smallest face is searched; cascades were trained at 20."""
    CERTAIN_SCORE = 1.6
    """A box with this score makes the search of rotated copies unnecessary."""

    def __init__(self, min_side: int, rotation: float = 20) -> None:
        self._min_side = min_side
        self._rotation = rotation
        self._proposer = _load_cascade("haarcascade_frontalface_alt2.xml")
        self._scorer = _load_cascade("haarcascade_frontalface_default.xml")

    def detect(self, photo: Image) -> list[Detection]:
        """Detect faces. If the second cascade finds none in a box, its score is 0."""
        full = to_gray(photo)
        scale = max(self.SEARCH_SIDE / self._min_side, 0.4)
        scale = min(1.0, MAX_SEARCH_SIDE / max(full.shape), scale)
        # Without equalization the cascades find nothing in dark photos.
        gray = np.asarray(cv2.equalizeHist(_downscale(full, scale)), np.uint8)
        min_side = max(20, round(self._min_side * scale))
        boxes = [*self._search(gray, 0, min_side)]
        if not any(score >= self.CERTAIN_SCORE for _, score in boxes):
            for angle in (self._rotation, -self._rotation) if self._rotation else ():
                boxes += self._search(gray, angle, min_side)
        return sorted(
            _measure(photo, full, box / scale, score)
            for box, score in boxes
            if min(_clip(box / scale, *full.shape)[2:]) > 0
        )

    def _search(
        self, gray: Image, angle: float, min_side: int
    ) -> Iterator[tuple[Float64Array, float]]:
        """Search a rotated copy; yield upright boxes with the same centers."""
        rows, columns = gray.shape
        if angle:
            matrix = cv2.getRotationMatrix2D((columns / 2, rows / 2), angle, 1)
            border = cv2.BORDER_REPLICATE
            rotated = cv2.warpAffine(gray, matrix, (columns, rows), borderMode=border)
            gray = np.asarray(rotated, np.uint8)
        min_size = (min_side, min_side)
        boxes = self._proposer.detectMultiScale(gray, 1.1, 3, minSize=min_size)
        for x, y, width, height in np.reshape(boxes, (-1, 4)):
            score = self._score(gray, int(x), int(y), int(width), int(height))
            center = np.array([x + width / 2, y + height / 2, 1.0])
            if angle:
                center[:2] = cv2.invertAffineTransform(matrix) @ center
            left, top = center[0] - width / 2, center[1] - height / 2
            yield np.array([left, top, width, height], np.float64), score

    def _score(self, gray: Image, x: int, y: int, width: int, height: int) -> float:
        margin_x, margin_y = width // 4, height // 4
        top, left = max(0, y - margin_y), max(0, x - margin_x)
        crop = gray[top : y + height + margin_y, left : x + width + margin_x]
        crop = resize(crop, self.CROP_SIDE, self.CROP_SIDE)
        min_size = (self.CROP_SIDE // 3, self.CROP_SIDE // 3)
        _, _, weights = self._scorer.detectMultiScale3(
            crop, 1.1, 3, minSize=min_size, outputRejectLevels=True
        )
        return max(0.0, 0.0, *map(float, np.ravel(weights)))


class YunetDetector:
    """
    OpenCV's ``FaceDetectorYN`` with a model file of the user.

    Its scores between 0 and 1 are scaled to the range of `HaarDetector`, so that one
    ``faces.min_score`` fits both.

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

    MIN_CONFIDENCE = 0.3
    """Boxes with a lower confidence of the model aren't listed at all."""
    NMS_IOU = 0.3
    """Threshold of non-maximum suppression."""
    MAX_BOXES = 5000
    """Maximum number of boxes before non-maximum suppression."""
    SCORE_SCALE = 2.0
    """Score of a face with confidence 1; confidence 0.8 gives 1.6."""

    def __init__(self, min_side: int, model: str | None) -> None:
        self._min_side = min_side
        if not model:
            raise UnusableModel(model, "it isn't set")
        if not Path(model).is_file():
            raise UnusableModel(model, "there is no such file")
        try:
            limits = (self.MIN_CONFIDENCE, self.NMS_IOU, self.MAX_BOXES)
            self._model = cv2.FaceDetectorYN.create(model, "", (320, 320), *limits)
        except cv2.error:
            raise UnusableModel(model, "OpenCV can't read it as a model") from None

    def detect(self, photo: Image) -> list[Detection]:
        """Detect faces."""
        full = to_gray(photo)
        rows, columns = full.shape
        scale = min(1.0, MAX_SEARCH_SIDE / max(rows, columns))
        small = _downscale(to_rgb(photo), scale)
        self._model.setInputSize((small.shape[1], small.shape[0]))
        # The model expects BGR.
        _, faces = self._model.detect(small[..., ::-1].copy())
        boxes = [] if faces is None else list(np.asarray(faces, np.float64))
        return sorted(
            _measure(photo, full, row[:4] / scale, self.SCORE_SCALE * float(row[-1]))
            for row in boxes
            if min(row[2:4]) / scale >= self._min_side
            and min(_clip(row[:4] / scale, rows, columns)[2:]) > 0
        )


def _downscale(image: Image, scale: float) -> Image:
    if scale >= 1:
        return image
    rows, columns = image.shape[:2]
    return resize(image, max(1, round(columns * scale)), max(1, round(rows * scale)))


def _load_cascade(name: str) -> cv2.CascadeClassifier:
    return cv2.CascadeClassifier(str(CASCADES / name))


def _measure(photo: Image, gray: Image, box: Float64Array, score: float) -> Detection:
    clipped = _clip(box, *gray.shape)
    crop = clipped.crop(gray)
    measures = (contrast(crop), sharpness(crop), fingerprint(clipped.crop(photo)))
    return Detection(*clipped, round(score, 3), *measures)


def contrast(crop: Image) -> float:
    """Return the standard deviation of gray values."""
    return round(float(crop.std()), 1)


def sharpness(crop: Image) -> float:
    """
    Return the ratio of edges (standard deviation of the Laplacian) to contrast.

    It is measured at 64x64 and relative to the contrast, so that large or dark faces
    don't count as blurred.
    """
    small = resize(crop, 64, 64).astype(np.float64)
    edges = float(cv2.Laplacian(small, cv2.CV_64F).std())
    return round(edges / max(float(small.std()), 1.0), 3)


def _clip(box: Float64Array, rows: int, columns: int) -> Box:
    """Round a box to whole pixels and clip it to the photo."""
    left, top, width, height = (float(value) for value in box)
    x, y = max(0, round(left)), max(0, round(top))
    right, bottom = math.floor(left + width + 0.5), math.floor(top + height + 0.5)
    return Box(x, y, min(right, columns) - x, min(bottom, rows) - y)
