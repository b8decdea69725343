"""Source -> placer -> sinks."""

import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from threading import Timer

from pigeonhole.live.frames import Frame, Placed
from pigeonhole.live.latest import Slot
from pigeonhole.live.matcher import Placer
from pigeonhole.live.session import Stage
from pigeonhole.live.sinks import Sink

GLANCE = 0.01
"""Seconds after which a window looks at its events, new frame or not."""
PATIENCE = 2.0
"""Seconds after which a person is told to wait."""


def run(
    source: Iterable[Frame], stage: Stage, sinks: Sequence[Sink], frames: int = 0
) -> None:
    """
    Send the mosaics of a source to all sinks until the source or a sink ends.

    Frames are placed in a thread of its own: a slow match leaves windows responsive,
    and Ctrl-C never meets the kernels, which can't be interrupted.

    Parameters
    ----------
    source : iterable of Frame
    stage : Stage
    sinks : sequence of Sink
        Called in this thread alone, as windows demand.
    frames : int
        How many to show; 0 for no end.
    """
    watched = any(sink.live for sink in sinks)
    taken = 0
    with ExitStack() as stack:
        mosaics = stack.enter_context(Slot(_placed(source, stage), drop=watched))
        # A thread that waits for pages is woken before it is waited for.
        stack.callback(stage.feed.release)
        for placed in mosaics.polled(GLANCE):
            if placed is not None and not stage.controls.frozen:
                for sink in sinks:
                    sink.take(placed)
                taken += 1
            ends = [not sink.goes_on() for sink in sinks]
            if taken == frames > 0 or any(ends):
                return


def _placed(source: Iterable[Frame], stage: Stage) -> Iterator[Placed]:
    placer = Placer(stage.palette, stage.controls)
    with _told_to_wait():
        placer.warm_up(stage.settings.frame)
    yield from map(placer, source)


@contextmanager
def _told_to_wait() -> Iterator[None]:
    """Say on a terminal why nothing moves yet, if it takes long."""
    told = "Getting ready; the first start on a machine takes longer.\n"
    timer = Timer(PATIENCE, sys.stderr.write, [told])
    if sys.stderr.isatty():
        timer.start()
    try:
        yield
    finally:
        timer.cancel()
