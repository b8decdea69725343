"""`pigeonhole …`: parse, call, one-line errors.

Exit status: 0 done, 1 something that a person can mend (one line on stderr), 2 wrong
usage, 130 stopped by Ctrl-C. What is slow to import waits until a verb needs it.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from pigeonhole.cli.ids_options import add_ids
from pigeonhole.cli.live_options import add_live
from pigeonhole.cli.mosaic_options import add_mosaic
from pigeonhole.cli.parser import Parser
from pigeonhole.core.errors import PigeonholeError
from pigeonhole.settings import PhotoSettings

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
    parser = Parser("pigeonhole", description="Photo mosaics.")
    verbs = parser.add_subparsers(required=True, metavar="VERB")
    add_live(verbs.add_parser("live", help="show a mosaic of what the camera sees"))
    add_mosaic(verbs.add_parser("mosaic", help="make one mosaic of a picture"))
    add_ids(verbs.add_parser("ids", help="tell how long ids have to be"))
    _add_forget(verbs.add_parser("forget", help="take photos or faces out for good"))
    _add_review(verbs.add_parser("review", help="mark boxes that show no face"))
    return parser


def _add_review(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(verb=_review)
    parser.add_argument(
        "--results",
        type=Path,
        default=Path("results"),
        help="The folder of all results (default: %(default)s).",
    )
    parser.add_argument(
        "--port", type=int, default=0, help="The port to listen on; 0 for any free one."
    )
    parser.add_argument(
        "--open", action="store_true", help="Open the page in the browser, too."
    )


def _review(options: argparse.Namespace) -> None:
    from pigeonhole.curation.review_server import serve_review

    page = options.results / "faces" / "review.html"
    serve_review(page, options.port, show=options.open)


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
    from pigeonhole.curation.removal import forget, named
    from pigeonhole.tiles.prepare import usual_cache

    names, cache = named(options.names), usual_cache()
    report = forget(names, options.results, options.list, cache)
    sys.stdout.write(f"{report}\n")
