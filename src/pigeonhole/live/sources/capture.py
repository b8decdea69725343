"""The interface of captures, and their frame rates."""

import math
from typing import Protocol

from pigeonhole.core.arrays import Image

DEFAULT_FPS = 30.0


class Capture(Protocol):
    """A stream of images, with the interface of `cv2.VideoCapture`."""

    fps: float = DEFAULT_FPS
    """Nominal frame rate."""

    def grab(self) -> bool:
        """Advance to the next image; return False at the end."""

    def timestamp(self) -> float | None:
        """Return the current image's presentation time, or None to use the clock."""
        return None

    def retrieve(self) -> Image | None:
        """Return the current image in BGR, or None if it is damaged."""

    def release(self) -> None:
        """Release the device or the file, if there is one."""
        return


def plausible_fps(reported: float) -> float:
    """Return the frame rate that a device or file reports, or 30 if implausible."""
    valid = math.isfinite(reported) and 1 <= reported <= 240
    return reported if valid else DEFAULT_FPS
