"""Sinks: outputs of live mosaics. A run can have any number of them.

A sink uses what it needs of a `MatchedFrame`: tile numbers, or the mosaic, which is
rendered when the first sink accesses it. `write` blocks all other sinks, so a slow sink
works in a thread of its own and drops frames if it can't keep up.

To add a sink, write a module in this package and add it to `registry.open_sinks` and to
`LiveSettings.sink`.
"""

from typing import Protocol

from pigeonhole.live.frames import MatchedFrame


class Sink(Protocol):
    """
    An output of mosaics. All methods are called from the main thread.

    A sink is created after its display or device has been checked, and it is always
    closed. Options that the user can change go into the `Controls` of the `Session`.
    """

    has_viewers: bool = True
    """Whether someone watches live. Frames are then shown at their own rate, and stale
    frames are dropped."""

    def write(self, matched: MatchedFrame) -> None:
        """Show, send, record or count a mosaic."""

    def is_open(self) -> bool:
        """Handle events and return False to end the run; called about 100 times/s."""
        return True

    def close(self) -> None:
        """Release all resources within a second."""
