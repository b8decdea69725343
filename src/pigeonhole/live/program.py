"""`pigeonhole live`: open everything, run, close everything."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing
from pathlib import Path

from pigeonhole.live.controls import Controls, Stage
from pigeonhole.live.loop import run
from pigeonhole.live.sinks import Sink
from pigeonhole.live.sinks.none import NoSink
from pigeonhole.live.sinks.window import Window, probe
from pigeonhole.live.source import Source, open_source
from pigeonhole.live.tiles import Palette
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
    palette = Palette(_loaded(paths), settings)
    stage = Stage(settings, palette, Controls.of(settings, palette))
    if "window" in settings.sink:
        probe()
    with ExitStack() as stack:
        source = stack.enter_context(open_source(settings, stage.feed))
        sinks = [stack.enter_context(closing(sink)) for sink in _opened(stage, source)]
        run(source, stage, sinks, settings.frames)


def _loaded(paths: Sequence[Path]) -> Mapping[str, TileSet]:
    """Name the sets by their files, or by their paths where that is ambiguous."""
    stems = [path.stem for path in paths]
    return {
        path.stem if stems.count(path.stem) == 1 else str(path): TileSet.load(path)
        for path in paths
    }


def _opened(stage: Stage, source: Source) -> Iterator[Sink]:
    """Open one sink after the other, so that each can be closed if the next fails."""
    for name in dict.fromkeys(stage.settings.sink):
        match name:
            case "window":
                yield Window(stage)
            case "page":
                # A web server takes long to import.
                from pigeonhole.live.page import Page

                yield Page(stage)
            case "none":
                yield NoSink(source)
