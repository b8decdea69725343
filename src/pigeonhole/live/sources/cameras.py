"""A camera as a capture."""

import os
import sys
import time

import cv2
import numpy as np

from pigeonhole.core.arrays import Picture
from pigeonhole.core.errors import LiveError
from pigeonhole.core.geometry import Size
from pigeonhole.live.fps import USUAL_RATE, sane_rate

# Windows' default backend takes up to a minute to open a camera otherwise.
os.environ.setdefault("OPENCV_VIDEOIO_MSMF_ENABLE_HW_TRANSFORMS", "0")

BACKEND = {
    "linux": cv2.CAP_V4L2,
    "darwin": cv2.CAP_AVFOUNDATION,
    "win32": cv2.CAP_DSHOW,
}.get(sys.platform, cv2.CAP_ANY)
MOST_FAILURES = 30
MOST_WAITING = 16
"""Pictures that a driver keeps, at most."""
NO_WAIT = 0.005
"""Seconds that a picture takes which was there already."""


class ClosedCamera(LiveError):
    """A camera is there, but can't be opened."""

    def __init__(self, number: int) -> None:
        super().__init__(
            f"camera {number} can't be opened: close the other program that uses it, "
            "allow this program to use the camera (macOS and Windows: Privacy & "
            "Security), or give another number."
        )


class SilentCamera(LiveError):
    """A camera opens, but there is no picture."""

    def __init__(self, number: int) -> None:
        super().__init__(
            f"camera {number} opens but gives no picture: close the other program that "
            "uses it, or give another number or a video file as the source."
        )


class LostCamera(LiveError):
    """A camera stopped giving pictures while we ran."""

    def __init__(self, number: int) -> None:
        super().__init__(
            f"camera {number} gives no more pictures: check its cable, start again."
        )


class Camera:
    """
    A capture of a camera's pictures.

    Parameters
    ----------
    number : int
    size : Size
        Wished; a camera that doesn't know it gives another.

    Raises
    ------
    ClosedCamera, SilentCamera
    """

    def __init__(self, number: int, size: Size) -> None:
        self._number = number
        self._capture = cv2.VideoCapture(number, BACKEND)
        self._failures = 0
        self._fresh = False
        if not self._capture.isOpened():
            raise ClosedCamera(number)
        # Compressed first: uncompressed pictures leave USB 2 with 5 to 10 a second.
        self._capture.set(cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*"MJPG"))
        self._capture.set(cv2.CAP_PROP_FRAME_WIDTH, size.width)
        self._capture.set(cv2.CAP_PROP_FRAME_HEIGHT, size.height)
        self._capture.set(cv2.CAP_PROP_FPS, USUAL_RATE)
        self._capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)
        if not self._capture.read()[0]:
            self.release()
            raise SilentCamera(number)
        self.rate = sane_rate(self._capture.get(cv2.CAP_PROP_FPS))

    def grab(self) -> bool:
        """Wait for the next picture; a camera has no end of its own."""
        if not self._fresh:
            self._drain()
        if not self._capture.grab():
            raise LostCamera(self._number)
        return True

    def _drain(self) -> None:
        """Leave out what has waited in the driver since the camera was opened."""
        for _ in range(MOST_WAITING):
            start = time.perf_counter()
            self._capture.grab()
            if time.perf_counter() - start > NO_WAIT:
                break
        self._fresh = True

    def moment(self) -> None:
        """Leave it to the clock."""

    def retrieve(self) -> Picture | None:
        """Decode the picture, or None where it's damaged, but not for ever."""
        decoded, picture = self._capture.retrieve()
        self._failures = 0 if decoded else self._failures + 1
        if self._failures == MOST_FAILURES:
            raise LostCamera(self._number)
        return np.asarray(picture, np.uint8) if decoded else None

    def release(self) -> None:
        """Let the device go."""
        self._capture.release()
