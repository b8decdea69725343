"""`pigeonhole …`: parse, call, one-line errors.

Exit status: 0 done, 1 something that a person can mend (one line on stderr), 2 wrong
usage, 130 stopped by Ctrl-C. What is slow to import waits until a verb needs it.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import get_args

from pigeonhole.errors import PigeonholeError
from pigeonhole.ids_options import add_ids
from pigeonhole.settings import LiveSettings, PhotoSettings, Size

DONE, MENDABLE, STOPPED = 0, 1, 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit status."""
    options = _parser().parse_args(arguments)
    try:
        options.verb(options)
    except PigeonholeError as error:
        sys.stderr.write(f"pigeonhole: {error}\n")
        return MENDABLE
    except KeyboardInterrupt:
        return STOPPED
    return DONE


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("pigeonhole", description="Photo mosaics.")
    verbs = parser.add_subparsers(required=True, metavar="VERB")
    _add_live(verbs.add_parser("live", help="show a mosaic of what the camera sees"))
    add_ids(verbs.add_parser("ids", help="tell how long ids have to be"))
    _add_forget(verbs.add_parser("forget", help="take photos or faces out for good"))
    return parser


def _add_forget(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(verb=_forget)
    parser.add_argument(
        "names",
        nargs="+",
        metavar="PHOTO|FACE",
        help="A photo's name, or a face as photo x y width height.",
    )
    parser.add_argument(
        "--results",
        type=Path,
        default=Path("results"),
        help="The folder of all results (default: %(default)s).",
    )
    parser.add_argument(
        "--list",
        type=Path,
        default=Path(PhotoSettings().forgotten),
        help="photos.forgotten of config.yaml (default: %(default)s).",
    )


def _forget(options: argparse.Namespace) -> None:
    from pigeonhole.forget import forget, named

    report = forget(named(options.names), options.results, options.list)
    sys.stdout.write(f"{report}\n")


def _add_live(parser: argparse.ArgumentParser) -> None:
    usual = LiveSettings()
    fields = LiveSettings.model_fields
    told = {name: field.description for name, field in fields.items()}
    parser.set_defaults(verb=_live)
    parser.add_argument(
        "--tiles",
        type=Path,
        metavar="FILE",
        default=Path("results", "tiles", f"{usual.tiles}.npz"),
        help="The tile set to use (default: %(default)s).",
    )
    parser.add_argument("--source", default=usual.source, help=told["source"])
    parser.add_argument(
        "--frame", type=_size, default=usual.frame, metavar="SIZE", help=told["frame"]
    )
    parser.add_argument(
        "--mirror",
        action=argparse.BooleanOptionalAction,
        default=usual.mirror,
        help=told["mirror"],
    )
    for name in ("match", "sink"):
        choices = get_args(fields[name].annotation)
        parser.add_argument(
            f"--{name}", choices=choices, default=getattr(usual, name), help=told[name]
        )
    parser.add_argument(
        "--frames", type=_frames, default=usual.frames, metavar="N", help=told["frames"]
    )


def _size(text: str) -> Size:
    try:
        return Size.parse(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r}: {error}") from None


def _frames(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r}: write a number from 0 up")
    return int(text)


def _live(options: argparse.Namespace) -> None:
    # Here, since OpenCV and Numba take half a second to import.
    from pigeonhole.live.loop import Placer, run
    from pigeonhole.live.sinks.none import NoSink
    from pigeonhole.live.sinks.window import Window, probe
    from pigeonhole.live.source import open_source
    from pigeonhole.tiles import TileSet

    tiles = TileSet.load(options.tiles).tiles
    placer = Placer(tiles, options.frame, options.match, mirror=options.mirror)
    if options.sink == "window":
        probe()
    sink = Window() if options.sink == "window" else NoSink()
    with (
        open_source(options.source, options.frame, live=sink.live) as source,
        closing(sink),
    ):
        try:
            run(source, placer, [sink], options.frames)
        finally:
            if isinstance(sink, NoSink) and (stats := sink.tally.stats()):
                facts = {
                    "cells": placer.cells,
                    "tiles": len(tiles),
                    "source": str(source.original),
                }
                sys.stdout.write(json.dumps({**stats.as_dict(), **facts}) + "\n")
