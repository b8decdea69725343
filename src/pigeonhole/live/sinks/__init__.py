"""Where the mosaics go: any number of sinks take each of them."""

from typing import Protocol

from pigeonhole.live.frames import Placed


class Sink(Protocol):
    """Takes mosaics; all calls come from the main thread."""

    live: bool
    """Whether a person watches: frames are then paced, and stale ones dropped."""

    def take(self, placed: Placed) -> None:
        """Show, write or count a mosaic."""

    def goes_on(self) -> bool:
        """Look at events; False ends the run."""

    def close(self) -> None:
        """Leave nothing behind."""
