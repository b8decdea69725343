"""`pigeonhole live`: open everything, run, close everything."""

import signal
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path

from pigeonhole.live.loop import run
from pigeonhole.live.preflight import check
from pigeonhole.live.session import Controls, Stage
from pigeonhole.live.sinks import Sink
from pigeonhole.live.sinks.camera import VirtualCamera
from pigeonhole.live.sinks.file import Recorder
from pigeonhole.live.sinks.null import NoSink
from pigeonhole.live.sinks.window import Window
from pigeonhole.live.sources.source import Source, open_source
from pigeonhole.live.tile_sets import Palette
from pigeonhole.matching import TileIndex
from pigeonhole.matching.search.index import UnreadableIndex
from pigeonhole.settings import LiveSettings
from pigeonhole.tiles import TileSet


def live(settings: LiveSettings, paths: Sequence[Path]) -> None:
    """
    Show the live mosaic until its source, a sink or a person ends it.

    Parameters
    ----------
    settings : LiveSettings
    paths : sequence of Path
        The tile sets' files, the first to begin with.

    Raises
    ------
    PigeonholeError
        One sentence of what is missing.
    """
    check(settings)
    palette = loaded(paths, settings)
    stage = Stage(settings, palette, Controls.of(settings, palette))
    with _stoppable(), ExitStack() as stack:
        source = stack.enter_context(open_source(settings, stage.feed))
        sinks = [stack.enter_context(closing(sink)) for sink in _opened(stage, source)]
        # Whoever presses Ctrl-C twice still finds the recording whole.
        stack.callback(signal.signal, signal.SIGINT, signal.SIG_IGN)
        run(source, stage, sinks, settings.frames)


@contextmanager
def _stoppable() -> Iterator[None]:
    """Take a polite kill, or a terminal that is closed, for Ctrl-C."""
    names = ("SIGINT", "SIGTERM", "SIGHUP")
    signals = [getattr(signal, name) for name in names if hasattr(signal, name)]
    before = [signal.signal(each, signal.default_int_handler) for each in signals]
    try:
        yield
    finally:
        for each, handler in zip(signals, before, strict=True):
            signal.signal(each, handler)


def loaded(paths: Sequence[Path], settings: LiveSettings) -> Palette:
    """
    Load tile sets, and the indexes that lie beside them and are of their tiles.

    A set is named by its file, or by its path where that is ambiguous.
    """
    stems = [path.stem for path in paths]
    sets, indexes = {}, {}
    for path in paths:
        name = path.stem if stems.count(path.stem) == 1 else str(path)
        sets[name] = TileSet.load(path)
        with suppress(UnreadableIndex):
            index = path.with_suffix(".index")
            indexes[name] = TileIndex.load(index, sets[name].tiles)
    return Palette(sets, settings, indexes)


def _opened(stage: Stage, source: Source) -> Iterator[Sink]:
    """Open one sink after the other, so that each can be closed if the next fails."""
    settings = stage.settings
    recorder = Recorder(settings, source, at_once="file" in settings.sink)
    yield recorder
    for name in dict.fromkeys(settings.sink):
        match name:
            case "window":
                yield Window(stage, recorder)
            case "page":
                # A web server takes long to import.
                from pigeonhole.live.page import Page

                yield Page(stage)
            case "camera":
                yield VirtualCamera(settings, source)
            case "none":
                yield NoSink(source)
