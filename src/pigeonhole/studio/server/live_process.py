"""The live page: `python -m pigeonhole.studio.server.live_process TILES`.

It ends when its standard input is closed, so that it doesn't outlive the studio.
"""

import os
import sys
import threading
from pathlib import Path

from pigeonhole.core.errors import PigeonholeError
from pigeonhole.core.geometry import Size
from pigeonhole.core.runtime import configure, signals_as_interrupts
from pigeonhole.settings import LiveSettings
from pigeonhole.studio.jobs.process import end_with_server

FRAME_SIZE = Size(640, 480)
"""Frames are at most this large; both sides are multiples of a tile's."""


def live_settings(tile: Size) -> LiveSettings:
    """Return the settings of a live page for tiles of a size."""
    width, height = (
        side * max(1, limit // side)
        for side, limit in zip(tile, FRAME_SIZE, strict=True)
    )
    return LiveSettings(
        sink=("page",), frame_size=Size(width, height), open_browser=False
    )


def main(tiles: Path) -> int:
    """Show the live page until the studio ends, and return the exit status."""
    threading.Thread(target=end_with_server, daemon=True).start()
    configure()
    from pigeonhole.live.show import show_live
    from pigeonhole.tiles import TileSet

    try:
        with signals_as_interrupts():
            show_live(live_settings(TileSet.load(tiles).size), [tiles])
    except KeyboardInterrupt:
        pass
    except PigeonholeError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    status = main(Path(sys.argv[1]))
    sys.stderr.flush()
    # The interpreter may wait forever for threads that are inside of OpenCV.
    os._exit(status)
