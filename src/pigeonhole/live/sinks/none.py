"""The sink that shows nothing and only measures."""

from pigeonhole.live.frames import Placed
from pigeonhole.live.stats import Tally


class NoSink:
    """Counts and times mosaics."""

    live = False

    def __init__(self) -> None:
        self.tally = Tally()

    def take(self, placed: Placed) -> None:
        """Count a mosaic."""
        self.tally.add(placed)

    def goes_on(self) -> bool:
        """Never end a run."""
        return True

    def close(self) -> None:
        """Nothing is held."""
