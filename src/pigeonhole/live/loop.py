"""The main loop of a live run: source, matcher, sinks."""

import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from threading import Timer

from pigeonhole.live.frames import Frame, MatchedFrame
from pigeonhole.live.latest import LatestValue
from pigeonhole.live.matcher import FrameMatcher
from pigeonhole.live.session import Session
from pigeonhole.live.sinks import Sink

POLL_INTERVAL = 0.01
"""Seconds after which sinks handle events even if there is no new frame."""
NOTICE_DELAY = 2.0
"""Seconds of preparation after which a notice is printed."""
NOTICE = "Getting ready. The first start on a machine takes longer.\n"


def run(
    source: Iterable[Frame], session: Session, sinks: Sequence[Sink], frames: int = 0
) -> None:
    """
    Send the mosaics of a source to all sinks until the source or a sink ends.

    Frames are matched in a separate thread. Slow matches therefore don't block windows,
    and Ctrl-C never arrives in a kernel, which can't be interrupted. Sinks are called
    only in the current thread, as windows require.

    Parameters
    ----------
    source : iterable of Frame
    session : Session
    sinks : sequence of Sink
    frames : int
        Number of frames after which to stop; 0 means no limit.
    """
    has_viewers = any(sink.has_viewers for sink in sinks)
    written = 0
    with ExitStack() as stack:
        mosaics = stack.enter_context(
            LatestValue(_matched(source, session), drop=has_viewers)
        )
        # Wake up a reader thread that waits for the page before it is joined.
        stack.callback(session.frame_queue.release)
        for matched in mosaics.poll(POLL_INTERVAL):
            if matched is not None and not session.controls.frozen:
                for sink in sinks:
                    sink.write(matched)
                written += 1
            # Every sink handles its events, even if an earlier one has closed.
            open_sinks = [sink.is_open() for sink in sinks]
            if written == frames > 0 or not all(open_sinks):
                return


def _matched(source: Iterable[Frame], session: Session) -> Iterator[MatchedFrame]:
    matcher = FrameMatcher(session.tile_sets, session.controls)
    with _delayed_notice():
        matcher.warm_up(session.settings.frame_size)
    yield from map(matcher, source)


@contextmanager
def _delayed_notice() -> Iterator[None]:
    """Print a notice on a terminal if the block takes long."""
    timer = Timer(NOTICE_DELAY, sys.stderr.write, [NOTICE])
    if sys.stderr.isatty():
        timer.start()
    try:
        yield
    finally:
        timer.cancel()
