"""The command `pigeonhole mosaic`."""

import argparse
import logging
import sys
from pathlib import Path

from pigeonhole.cli.options import Parser, add_settings, read_settings
from pigeonhole.settings import FOLDER_MOSAIC, FOLDER_TILES, PhotoSettings

GROUPS = {
    "layout and matching": (
        *("width", "mask", "layout", "levels", "cells"),
        *("match", "space", "lowpass_weight", "structure_weight"),
    ),
    "color": (
        *("histogram_matching", "color_transfer", "max_color_transfer", "overlay"),
    ),
    "repetition and edits": (
        *("mirror", "repetition_weight", "repetition", "ban", "edits"),
    ),
    "images and prints, rendered from the photos": (
        *("tile_width", "print.size", "print.dpi", "print.bleed", "print.fit"),
    ),
}
"""Settings of `mosaic` that are options, by the group in which `--help` shows them."""


def add_arguments(parser: Parser) -> None:
    """Add the arguments of the command."""
    parser.add_argument(
        "target", help="Image, or name of one of scikit-image's sample photos."
    )
    parser.add_argument(
        "--tiles",
        type=Path,
        required=True,
        metavar="FOLDER|FILE",
        help="Folder of photos, or tile set (.npz).",
    )
    parser.add_argument(
        "--output",
        "-o",
        type=Path,
        required=True,
        metavar="FILE",
        help="File to write: .png or .jpg, or .tif or .dzi (Deep Zoom) if large.",
    )
    text = "Also write placement (.csv), quality (.json) and credits (.md) next to it."
    parser.add_argument("--details", action="store_true", help=text)
    tiles = parser.add_argument_group("tiles cut from a folder")
    cut = ["cut", "size", "color", "variants", "min_crop"]
    add_settings(tiles, "tiles", FOLDER_TILES, cut)
    tiles.add_argument(
        "--save-tiles", type=Path, metavar="FILE", help="Save the tile set (.npz)."
    )
    tiles.add_argument(
        "--no-cache",
        dest="cache",
        action="store_false",
        help="Cut the tiles again, and don't keep them in the cache.",
    )
    add_settings(tiles, "photos", PhotoSettings(), ["removal_list"])
    for title, names in GROUPS.items():
        group = parser.add_argument_group(title)
        renamed = {"print.size": "--paper"}
        add_settings(group, "mosaic", FOLDER_MOSAIC, names, renamed)


def run(options: argparse.Namespace) -> None:
    """Make a photo mosaic of an image from a folder of photos."""
    settings = read_settings(options, "mosaic", FOLDER_MOSAIC)
    tile_settings = read_settings(options, "tiles", FOLDER_TILES)
    photo_settings = read_settings(options, "photos", PhotoSettings())
    # OpenCV and Numba take a third of a second to import.
    from pigeonhole.core.cache import cache_dir
    from pigeonhole.mosaic.from_folder import check_output, mosaic_from_folder

    logging.basicConfig(level="INFO", format="%(message)s", stream=sys.stderr)
    check_output(options.output, options.tiles, settings)
    result = mosaic_from_folder(
        options.target,
        options.tiles,
        settings,
        tile_settings,
        photo_settings,
        cache=cache_dir("tiles") if options.cache else None,
        save_tiles=options.save_tiles,
    )
    size = result.save(options.output)
    if options.details:
        result.save_details(options.output)
    mosaic, used = result.mosaic, (result.mosaic.use_counts() > 0).sum()
    sys.stdout.write(
        f"{options.output}: {size} pixels, {len(mosaic.layout):,} cells, "
        f"{used:,} of {mosaic.tile_count:,} tiles\n"
    )
