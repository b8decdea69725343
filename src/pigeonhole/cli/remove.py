"""The command `pigeonhole remove`."""

import argparse
import sys
from pathlib import Path

from pigeonhole.cli.options import Parser, add_settings, read_settings, user_path
from pigeonhole.settings import PhotoSettings, read_settings_file
from pigeonhole.settings.validation import validate


def add_arguments(parser: Parser) -> None:
    """Add the arguments of the command."""
    parser.add_argument(
        "names",
        nargs="+",
        metavar="PHOTO|FACE",
        help="The file name of a photo, or a face as 'PHOTO X Y WIDTH HEIGHT'. Write "
        "-- before names that start with a dash.",
    )
    parser.add_argument(
        "--results",
        type=user_path,
        default=Path("results"),
        help="Folder of the results (default: %(default)s).",
    )
    add_settings(parser, "photos", PhotoSettings(), ["removal_list"])


def run(options: argparse.Namespace) -> None:
    """Remove photos or faces from all results, for good."""
    from pigeonhole.curation.removal import join_face_words, remove
    from pigeonhole.pipeline.run_lock import lock_all_results

    names = join_face_words(options.names)
    with lock_all_results(options.results.absolute().parent):
        report = remove(names, options.results, _find_list(options))
    sys.stdout.write(f"{report}\n")
    # The removal is done, but the next run stops at a damaged line.
    for error in report.damaged:
        raise error


def _find_list(options: argparse.Namespace) -> Path:
    """Return the path of the list that the workflow of the results reads."""
    from pigeonhole.photos.list_file import list_path

    photos = read_settings(options, "photos", PhotoSettings())
    if photos.model_fields_set:
        return Path(photos.removal_list)
    config = options.results.absolute().parent / "config.yaml"
    if config.is_file():
        section = read_settings_file(config).get("photos")
        if isinstance(section, dict) and "removal_list" in section:
            own = {"removal_list": section["removal_list"]}
            photos = validate(PhotoSettings, own, "photos")
    return list_path(photos.removal_list, options.results)
