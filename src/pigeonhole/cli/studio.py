"""The command `pigeonhole studio`."""

import argparse
import logging
import os
import sys

from pigeonhole.cli.options import Parser, user_path


def add_arguments(parser: Parser) -> None:
    """Add the arguments of the command."""
    parser.add_argument(
        "project",
        nargs="?",
        type=user_path,
        metavar="PROJECT",
        help="Folder of the project; a new folder begins a new project (default: the "
        "project that was open last).",
    )
    parser.add_argument(
        "--port",
        type=int,
        default=0,
        help="Port of the page; 0 picks the one of the last time, or a free one "
        "(default: %(default)s).",
    )
    parser.add_argument(
        "--host",
        default="127.0.0.1",
        help="Address that the page listens on; 0.0.0.0 admits other devices on the "
        "same network, over TLS (default: %(default)s).",
    )
    parser.add_argument(
        "--open",
        action=argparse.BooleanOptionalAction,
        default=None,
        help="Open the page in the browser (default: if there is a desktop).",
    )


def run(options: argparse.Namespace) -> None:
    """Make photo mosaics in the browser: photos, target, sliders, export."""
    # OpenCV and Numba take a third of a second to import.
    from pigeonhole.studio.server.serve import serve_studio

    logging.basicConfig(level="WARNING", format="%(message)s")
    serve_studio(options.project, options.host, options.port, show=options.open)
    # Everything is saved and closed. Threads that still read photos, and unloading the
    # libraries, would only delay the end.
    sys.stdout.flush()
    os._exit(0)
