"""The command `pigeonhole review`."""

import argparse
from pathlib import Path

from pigeonhole.cli.options import Parser, user_path


def add_arguments(parser: Parser) -> None:
    """Add the arguments of the command."""
    parser.add_argument(
        "--results",
        type=user_path,
        default=Path("results"),
        help="Folder of the results (default: %(default)s).",
    )
    parser.add_argument(
        "--port",
        type=int,
        default=0,
        help="Port of the page; 0 picks a free one (default: %(default)s).",
    )
    parser.add_argument(
        "--open", action="store_true", help="Also open the page in the browser."
    )


def run(options: argparse.Namespace) -> None:
    """Review the detected faces in the browser and mark wrong ones."""
    from pigeonhole.curation.review_server import serve_review

    page = options.results / "faces" / "review.html"
    serve_review(page, options.port, show=options.open)
