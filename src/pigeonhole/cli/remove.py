"""The command `pigeonhole remove`."""

import argparse
import sys
from pathlib import Path

from pigeonhole.cli.options import Parser, add_settings, read_settings
from pigeonhole.settings import PhotoSettings


def add_arguments(parser: Parser) -> None:
    """Add the arguments of the command."""
    parser.add_argument(
        "names",
        nargs="+",
        metavar="PHOTO|FACE",
        help="The file name of a photo, or a face as 'PHOTO X Y WIDTH HEIGHT'.",
    )
    parser.add_argument(
        "--results",
        type=Path,
        default=Path("results"),
        help="Folder of the results (default: %(default)s).",
    )
    add_settings(parser, "photos", PhotoSettings(), ["removal_list"])


def run(options: argparse.Namespace) -> None:
    """Remove photos or faces from all results, for good."""
    from pigeonhole.curation.removal import join_face_words, remove

    photos = read_settings(options, "photos", PhotoSettings())
    names = join_face_words(options.names)
    report = remove(names, options.results, Path(photos.removal_list))
    sys.stdout.write(f"{report}\n")
