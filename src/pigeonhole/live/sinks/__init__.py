"""Where the mosaics go: any number of sinks take each of them.

A sink takes what it needs of a `Placed`: numbers of tiles, or the mosaic, which is
rendered once when the first sink asks for it. What takes long is the sink's own
affair, in a thread of its own, with the newest alone if it can't keep up: `take` holds
up all the others.
"""

from typing import Protocol

from pigeonhole.live.frames import Placed


class Sink(Protocol):
    """
    Takes mosaics; all calls come from the main thread.

    It is made after the display or the device has been probed, and closed whatever
    happens. What it lets a person change goes into the `Controls` of the `Stage`.
    """

    live: bool
    """Whether a person watches: frames are then paced, and stale ones dropped."""

    def take(self, placed: Placed) -> None:
        """Show, send, write or count a mosaic."""

    def goes_on(self) -> bool:
        """Look at events, some hundred times a second; False ends the run."""

    def close(self) -> None:
        """Leave nothing behind, within a second."""
