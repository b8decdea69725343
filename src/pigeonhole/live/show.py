"""Open the source, the tile sets and the sinks of a live mosaic, and run it."""

import signal
from collections.abc import Sequence
from contextlib import ExitStack, closing, suppress
from pathlib import Path

from pigeonhole.core.runtime import signals_as_interrupts
from pigeonhole.live.loop import run
from pigeonhole.live.preflight import check_requirements
from pigeonhole.live.session import Controls, Session
from pigeonhole.live.sinks.registry import open_sinks
from pigeonhole.live.sources.source import open_source
from pigeonhole.live.tile_sets import TileSets
from pigeonhole.matching import TileIndex
from pigeonhole.matching.search.index import UnreadableIndex
from pigeonhole.settings import LiveSettings
from pigeonhole.tiles import TileSet


def show_live(settings: LiveSettings, paths: Sequence[Path]) -> None:
    """
    Show a live mosaic until the source ends, a sink is closed or Ctrl-C is pressed.

    `paths` are the files of the tile sets; the first one is shown first.
    """
    check_requirements(settings)
    tile_sets = load_tile_sets(paths, settings)
    session = Session(settings, tile_sets, Controls.of(settings, tile_sets))
    with signals_as_interrupts(), ExitStack() as stack:
        source = stack.enter_context(open_source(settings, session.frame_queue))
        sinks = [
            stack.enter_context(closing(sink)) for sink in open_sinks(session, source)
        ]
        # A second Ctrl-C must not interrupt the recorder while it closes the file.
        stack.callback(signal.signal, signal.SIGINT, signal.SIG_IGN)
        run(source, session, sinks, settings.max_frames)


def load_tile_sets(paths: Sequence[Path], settings: LiveSettings) -> TileSets:
    """
    Load tile sets, with the indexes next to them that fit their tiles.

    The name of a tile set is the stem of its file, or the path if stems repeat.
    """
    stems = [path.stem for path in paths]
    sets, indexes = {}, {}
    for path in paths:
        name = path.stem if stems.count(path.stem) == 1 else str(path)
        sets[name] = TileSet.load(path)
        with suppress(UnreadableIndex):
            index = path.with_suffix(".index")
            indexes[name] = TileIndex.load(index, sets[name].tiles)
    return TileSets(sets, settings, indexes)
