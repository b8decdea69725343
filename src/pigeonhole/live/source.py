"""Cameras, video files and a test picture -> frames.

OpenCV's BGR ends here. A live source (a camera; with a window every source) keeps only
the newest picture and drops what wasn't taken in time; a video file is then paced by
its own rate. Without a window, files and the test picture run unpaced, every frame.
"""

import itertools
import math
import os
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Protocol, Self

import cv2
import numpy as np

from pigeonhole.errors import LiveError
from pigeonhole.images import Picture, resize
from pigeonhole.live.feed import Feed
from pigeonhole.live.frames import Frame
from pigeonhole.live.slot import Slot
from pigeonhole.settings import LiveSettings, Size

USUAL_RATE = 30.0
MOST_FAILURES = 30

# What fails is told in our own sentences.
cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")
# Windows' default backend takes up to a minute to open a camera otherwise.
os.environ.setdefault("OPENCV_VIDEOIO_MSMF_ENABLE_HW_TRANSFORMS", "0")

BACKENDS = {
    "linux": cv2.CAP_V4L2,
    "darwin": cv2.CAP_AVFOUNDATION,
    "win32": cv2.CAP_DSHOW,
}


class NoSuchCamera(LiveError):
    """A camera can't be opened."""

    def __init__(self, number: int) -> None:
        super().__init__(
            f"camera {number} can't be opened: give another number or a video file as "
            "the source, or allow this program to use the camera (on Linux your user "
            "belongs into the group video, on macOS see Privacy & Security)."
        )


class SilentCamera(LiveError):
    """A camera opens, but there is no picture."""

    def __init__(self, number: int) -> None:
        super().__init__(
            f"camera {number} opens but gives no picture: close the other program that "
            "uses it, or give another number or a video file as the source."
        )


class CameraLost(LiveError):
    """A camera stopped giving pictures while we ran."""

    def __init__(self, number: int) -> None:
        super().__init__(
            f"camera {number} gives no more pictures: check its cable, start again."
        )


class NoSuchVideo(LiveError):
    """There is no such file."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"{path} isn't there: the source is a camera's number, a video file or the "
            "word synthetic."
        )


class NotAVideo(LiveError):
    """A file can't be read as a video."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"{path} can't be read as a video: give one that isn't empty or damaged, "
            "for example AVI, MP4, MKV or WebM."
        )


class Capture(Protocol):
    """The part of `cv2.VideoCapture` that we use."""

    def grab(self) -> bool:
        """Take the next picture."""

    def retrieve(self) -> tuple[bool, object]:
        """Decode the picture that was taken, as BGR."""

    def release(self) -> None:
        """Let the device or the file go."""


class Source:
    """
    Frames of one size, with the time of their capture.

    Use it as a context manager: leaving releases the camera.

    Parameters
    ----------
    capture : Capture
    size : Size
        Of the frames: pictures are cropped around their centre to its shape, and
        resized.
    live : bool
        Read by a thread that keeps only the newest picture.
    rate : float, optional
        Pictures a second to pace the capture by; by default it paces itself.
    at_end : LiveError, optional
        What it means when no more pictures come; by default an ordinary end.
    """

    def __init__(
        self,
        capture: Capture,
        size: Size,
        *,
        live: bool,
        rate: float | None = None,
        at_end: LiveError | None = None,
    ) -> None:
        self._capture = capture
        self._size = size
        self._live = live
        self._rate = rate
        self._at_end = at_end
        self._reader: Slot[Frame] | None = None
        self.original: Size | None = None
        """Size of the source's own pictures, known from the first frame on."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._reader:
            self._reader.__exit__()
        # A device that hangs in its driver is let go with the process.
        if not (self._reader and self._reader.running):
            self._capture.release()

    def __iter__(self) -> Iterator[Frame]:
        """Give the frames, once."""
        taken: Iterator[Frame] = self._taken()
        if self._live:
            self._reader = Slot(taken, drop=True).__enter__()
            taken = iter(self._reader)
        for frame in taken:
            rows, columns = frame.picture.shape[:2]
            self.original = Size(columns, rows)
            yield replace(frame, picture=_fitted(frame.picture, self._size))

    def _taken(self) -> Iterator[Frame]:
        """Give what the device gives, in BGR and its own size."""
        start = time.perf_counter()
        failures = 0
        for number in itertools.count():
            if self._rate:
                _sleep_until(start + number / self._rate)
            taken = self._capture.grab()
            captured = time.perf_counter()
            decoded, picture = self._capture.retrieve() if taken else (False, None)
            if decoded:
                failures = 0
                yield Frame(number, np.asarray(picture, np.uint8), captured)
                continue
            failures += 1
            if not taken or failures == MOST_FAILURES:
                break
        if self._at_end:
            raise self._at_end


def open_source(settings: LiveSettings, feed: Feed) -> Source:
    """
    Open a camera, a video file, the test picture, or what browsers send.

    Parameters
    ----------
    settings : LiveSettings
        `source` and `frame` count; a sink that a person watches paces files as they
        were recorded.
    feed : Feed
        The source browser.

    Raises
    ------
    NoSuchCamera, SilentCamera, NoSuchVideo, NotAVideo
    """
    name, size, live = settings.source, settings.frame, settings.watched
    if settings.browser:
        return Source(feed, size, live=True)
    if name == "auto":
        name = "0"
    if name.isdecimal():
        return _open_camera(int(name), size)
    rate = USUAL_RATE if live else None
    if name == "synthetic":
        return Source(Synthetic(size), size, live=live, rate=rate)
    return _open_file(Path(name), size, live=live)


def _open_camera(number: int, size: Size) -> Source:
    capture = cv2.VideoCapture(number, BACKENDS.get(sys.platform, cv2.CAP_ANY))
    if not capture.isOpened():
        raise NoSuchCamera(number)
    # Compressed first: uncompressed pictures leave USB 2 with 5 to 10 a second.
    capture.set(cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*"MJPG"))
    capture.set(cv2.CAP_PROP_FRAME_WIDTH, size.width)
    capture.set(cv2.CAP_PROP_FRAME_HEIGHT, size.height)
    capture.set(cv2.CAP_PROP_FPS, USUAL_RATE)
    capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)
    if not capture.read()[0]:
        capture.release()
        raise SilentCamera(number)
    return Source(capture, size, live=True, at_end=CameraLost(number))


def _open_file(path: Path, size: Size, *, live: bool) -> Source:
    if not path.exists():
        raise NoSuchVideo(path)
    first = cv2.VideoCapture(str(path), cv2.CAP_FFMPEG)
    readable = first.isOpened() and first.read()[0]
    first.release()
    if not readable:
        raise NotAVideo(path)
    # Opened anew, since not every format can be rewound to the first frame.
    capture = cv2.VideoCapture(str(path), cv2.CAP_FFMPEG)
    rate = _sane_rate(capture.get(cv2.CAP_PROP_FPS)) if live else None
    return Source(capture, size, live=live, rate=rate)


def _sane_rate(told: float) -> float:
    """Trust what a file tells of its rate, within reason."""
    return told if math.isfinite(told) and 1 <= told <= 240 else USUAL_RATE


def _fitted(picture: Picture, size: Size) -> Picture:
    """Crop a BGR picture around its centre to the shape of `size`, resize, make RGB."""
    rows, columns = picture.shape[:2]
    width = min(columns, max(1, round(rows * size.width / size.height)))
    height = min(rows, max(1, round(columns * size.height / size.width)))
    left, top = (columns - width) // 2, (rows - height) // 2
    part = picture[top : top + height, left : left + width]
    if (width, height) != size:
        part = resize(part, size.width, size.height)
    return np.asarray(cv2.cvtColor(part, cv2.COLOR_BGR2RGB), np.uint8)


def _sleep_until(moment: float) -> None:
    time.sleep(max(0.0, moment - time.perf_counter()))


class Synthetic:
    """
    A capture without a device: a view that wanders over seeded clouds, for ever.

    The same seed and size give the same pictures.
    """

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

    def retrieve(self) -> tuple[bool, Picture]:
        """Give the view of this moment."""
        width, height = self._size
        left, top = (3 * self._number) % width, (2 * self._number) % height
        return True, self._clouds[top : top + height, left : left + width].copy()

    def release(self) -> None:
        """Nothing is held."""
