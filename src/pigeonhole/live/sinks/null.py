"""The sink that shows nothing and only measures."""

import json
import sys

from pigeonhole.live.frames import Placed
from pigeonhole.live.sources.source import Source
from pigeonhole.live.stats import Tally


class NoSink:
    """
    Counts and times mosaics, and prints one line of JSON at the end.

    Parameters
    ----------
    source : Source
        Its own size is told.
    """

    live = False

    def __init__(self, source: Source) -> None:
        self._source = source
        self._tally = Tally()

    def take(self, placed: Placed) -> None:
        """Count a mosaic."""
        self._tally.add(placed)

    def goes_on(self) -> bool:
        """Never end a run."""
        return True

    def close(self) -> None:
        """Tell the numbers, if there was a frame."""
        if stats := self._tally.stats():
            facts = stats.as_dict() | {"source": str(self._source.original)}
            sys.stdout.write(json.dumps(facts) + "\n")
            sys.stdout.flush()
