"""A capture that is fed by another part of the program: the live page."""

import threading

import numpy as np

from pigeonhole.core.arrays import Image
from pigeonhole.live.sources.capture import Capture


class FrameQueue(Capture):
    """
    A capture that holds the latest image put into it.

    Any thread may put images. Only one thread may grab them.
    """

    def __init__(self) -> None:
        self._change = threading.Condition()
        self._latest: Image | None = None
        self._grabbed: Image | None = None
        self._released = False

    def put(self, image: Image) -> None:
        """Store an RGB image, replacing one that hasn't been grabbed yet."""
        with self._change:
            self._latest = image
            self._change.notify_all()

    def grab(self) -> bool:
        """Wait for the next image; return False after `release`."""
        with self._change:
            self._change.wait_for(lambda: self._latest is not None or self._released)
            self._grabbed, self._latest = self._latest, None
            return not self._released

    def retrieve(self) -> Image | None:
        """Return the grabbed image in BGR."""
        if self._grabbed is None:
            return None
        return np.ascontiguousarray(self._grabbed[..., ::-1])

    def release(self) -> None:
        """End the stream and wake up a waiting `grab`."""
        with self._change:
            self._released = True
            self._change.notify_all()
