"""A source whose pictures come from elsewhere in the program, as from a page."""

import threading

import numpy as np

from pigeonhole.core.arrays import Picture
from pigeonhole.live.fps import USUAL_RATE


class Feed:
    """
    A capture that holds the newest picture put into it.

    Any thread may put; one thread grabs, and waits for it.
    """

    rate = USUAL_RATE

    def __init__(self) -> None:
        self._change = threading.Condition()
        self._put: Picture | None = None
        self._grabbed: Picture | None = None
        self._over = False

    def put(self, picture: Picture) -> None:
        """Take a picture, uint8 RGB of any size, in place of one not yet grabbed."""
        with self._change:
            self._put = picture
            self._change.notify_all()

    def grab(self) -> bool:
        """Wait for the next picture; False once the feed is released."""
        with self._change:
            self._change.wait_for(lambda: self._put is not None or self._over)
            self._grabbed, self._put = self._put, None
            return not self._over

    def moment(self) -> None:
        """Leave it to the clock."""

    def retrieve(self) -> Picture | None:
        """Give the grabbed picture as captures do, in BGR."""
        if self._grabbed is None:
            return None
        return np.ascontiguousarray(self._grabbed[..., ::-1])

    def release(self) -> None:
        """End a grab that waits."""
        with self._change:
            self._over = True
            self._change.notify_all()
