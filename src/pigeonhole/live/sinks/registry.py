"""Open the sinks of a run by name."""

from collections.abc import Iterator
from typing import assert_never

from pigeonhole.live.session import Session
from pigeonhole.live.sinks import Sink
from pigeonhole.live.sinks.file import Recorder
from pigeonhole.live.sinks.null import NullSink
from pigeonhole.live.sources.source import Source


def open_sinks(session: Session, source: Source) -> Iterator[Sink]:
    """
    Yield the sinks of a run as they are opened.

    Close each sink even if opening a later one fails. There is always a recorder,
    because the window can start a recording at any time.
    """
    names = session.settings.sink
    recorder = Recorder(session.settings, source, start="file" in names)
    yield recorder
    # Import only what is needed: the web server is slow to import.
    for name in dict.fromkeys(names):
        match name:
            case "window":
                from pigeonhole.live.sinks.window import WindowSink

                yield WindowSink(session, recorder)
            case "page":
                from pigeonhole.live.page import PageSink

                yield PageSink(session)
            case "camera":
                from pigeonhole.live.sinks.camera import VirtualCameraSink

                yield VirtualCameraSink(session.settings, source)
            case "none":
                yield NullSink(source)
            case "file":
                # The recorder is open already.
                pass
            case _:
                assert_never(name)
