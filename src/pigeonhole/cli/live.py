"""The command `pigeonhole live`."""

import argparse
import logging
from pathlib import Path

from pigeonhole.cli.options import (
    Parser,
    StoreOnce,
    add_settings,
    read_settings,
    to_arguments,
    user_path,
)
from pigeonhole.settings import LiveSettings

DEFAULTS = LiveSettings()
NAMES = LiveSettings.model_fields.keys() - {"tiles"}
"""Settings that are options; `--tiles` names files instead."""


def add_arguments(parser: Parser) -> None:
    """Add the arguments of the command."""
    files = [Path("results", "tiles", f"{name}.npz") for name in DEFAULTS.tiles]
    parser.add_argument(
        "--tiles",
        type=user_path,
        action=StoreOnce,
        nargs="+",
        metavar="FILE",
        default=files,
        help=f"Tile sets; a key switches to the next one (default: {files[0]}).",
    )
    add_settings(parser, "live", DEFAULTS, NAMES)


def run(options: argparse.Namespace) -> None:
    """Show a live mosaic of a camera, a video or a folder of images."""
    settings = read_settings(options, "live", DEFAULTS)
    # OpenCV and Numba take half a second to import.
    from pigeonhole.live.show import show_live

    # Names of recordings get a number if files with these names exist.
    logging.basicConfig(level="INFO", format="%(message)s")
    show_live(settings, options.tiles)


def live_arguments(settings: LiveSettings) -> list[str]:
    """Return the options, except `--tiles`, that lead to these settings."""
    return to_arguments("live", settings, DEFAULTS, NAMES)
