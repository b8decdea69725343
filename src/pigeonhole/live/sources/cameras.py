"""A camera as a capture."""

import sys
import time

import cv2
import numpy as np

from pigeonhole.core.arrays import Image
from pigeonhole.core.errors import LiveError
from pigeonhole.core.geometry import Size
from pigeonhole.live.sources.capture import DEFAULT_FPS, Capture, plausible_fps

BACKEND = {
    "linux": cv2.CAP_V4L2,
    "darwin": cv2.CAP_AVFOUNDATION,
    "win32": cv2.CAP_DSHOW,
}.get(sys.platform, cv2.CAP_ANY)
MAX_DECODE_FAILURES = 30
"""Number of consecutive damaged images after which the camera counts as lost."""
MAX_BUFFERED = 16
"""Maximum number of images that a driver buffers."""
BUFFERED_GRAB_TIME = 0.005
"""Seconds within which an image that is already buffered can be grabbed."""


class CameraUnavailable(LiveError):
    """A camera exists but can't be opened."""

    def __init__(self, number: int) -> None:
        super().__init__(
            f"camera {number} can't be opened: close other programs that use it, allow "
            "this program to use the camera (on macOS and Windows under Privacy & "
            "Security), or choose another camera."
        )


class CameraSilent(LiveError):
    """A camera can be opened but delivers no image."""

    def __init__(self, number: int) -> None:
        super().__init__(
            f"camera {number} delivers no image: close other programs that use it, or "
            "choose another camera or a video file as the source."
        )


class CameraLost(LiveError):
    """A camera stopped delivering images during the run."""

    def __init__(self, number: int) -> None:
        super().__init__(
            f"camera {number} stopped delivering images: check its cable and start "
            "again."
        )


class Camera(Capture):
    """
    A capture of a camera's images.

    `size` is a request: a camera that doesn't support it uses another one.
    """

    def __init__(self, number: int, size: Size) -> None:
        self._number = number
        self._capture = cv2.VideoCapture(number, BACKEND)
        self._failures = 0
        self._drained = False
        if not self._capture.isOpened():
            raise CameraUnavailable(number)
        # Request compressed images first: USB 2 transfers only 5 to 10 uncompressed
        # images per second.
        self._capture.set(cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*"MJPG"))
        self._capture.set(cv2.CAP_PROP_FRAME_WIDTH, size.width)
        self._capture.set(cv2.CAP_PROP_FRAME_HEIGHT, size.height)
        self._capture.set(cv2.CAP_PROP_FPS, DEFAULT_FPS)
        self._capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)
        if not self._capture.read()[0]:
            self.release()
            raise CameraSilent(number)
        self.fps = plausible_fps(self._capture.get(cv2.CAP_PROP_FPS))

    def grab(self) -> bool:
        """Wait for the next image. Always return True: a camera has no end."""
        if not self._drained:
            self._drain()
        if not self._capture.grab():
            raise CameraLost(self._number)
        return True

    def _drain(self) -> None:
        """Discard images that the driver has buffered since the camera was opened."""
        for _ in range(MAX_BUFFERED):
            start = time.perf_counter()
            self._capture.grab()
            if time.perf_counter() - start > BUFFERED_GRAB_TIME:
                break
        self._drained = True

    def retrieve(self) -> Image | None:
        """Return the decoded image, or None if it is damaged."""
        decoded, image = self._capture.retrieve()
        self._failures = 0 if decoded else self._failures + 1
        if self._failures == MAX_DECODE_FAILURES:
            raise CameraLost(self._number)
        return np.asarray(image, np.uint8) if decoded else None

    def release(self) -> None:
        """Release the device."""
        self._capture.release()
