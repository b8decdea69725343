"""What a live run needs beside its tiles, checked before anything is made or opened."""

from pigeonhole.live.display import probe_display
from pigeonhole.live.sources.resolve import find_source
from pigeonhole.settings import LiveSettings


def check(settings: LiveSettings) -> None:
    """
    Look for the source and for a display, if one is asked for.

    Raises
    ------
    LiveError
        One sentence says what is missing and what to do.
    """
    find_source(settings)
    if "window" in settings.sink:
        probe_display()
