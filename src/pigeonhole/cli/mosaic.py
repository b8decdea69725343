"""The command `pigeonhole mosaic`."""

import argparse
import logging
import sys
from pathlib import Path

from pigeonhole.cli.options import (
    Parser,
    StoreOnce,
    UsageError,
    add_settings,
    read_settings,
    user_path,
)
from pigeonhole.settings import (
    FOLDER_MOSAIC,
    FOLDER_TILES,
    FaceSettings,
    MosaicSettings,
    PhotoSettings,
    TileSetSettings,
)

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
CUT = ("cut", "size", "color", "variants", "min_crop")
"""Settings of `tiles` that are options."""
FACE_OPTIONS = {
    name: f"--face-{name.replace('_', '-')}" for name in FaceSettings.model_fields
}
"""Options for the settings of `faces`."""


class _Formatter(logging.Formatter):
    """Names options instead of settings in messages that are logged."""

    def __init__(self, parser: Parser) -> None:
        super().__init__("%(message)s")
        self._parser = parser

    def format(self, record: logging.LogRecord) -> str:
        text = self._parser.with_options(super().format(record))
        # Names of files can contain control characters of terminals.
        return "".join(
            char if char.isprintable() or char == "\n" else ascii(char)[1:-1]
            for char in text
        )


def add_arguments(parser: Parser) -> None:
    """Add the arguments of the command."""
    parser.add_argument(
        "target", help="Image, or name of one of scikit-image's sample photos."
    )
    parser.add_argument(
        "--tiles",
        type=user_path,
        action=StoreOnce,
        required=True,
        metavar="FOLDER|FILE",
        help="Folder of photos, or tile set (.npz).",
    )
    parser.add_argument(
        "--output",
        "-o",
        type=user_path,
        action=StoreOnce,
        required=True,
        metavar="FILE",
        help="File to write: .png, .jpg, .tif, or .dzi (Deep Zoom) if large.",
    )
    text = "Also write placement (.csv), quality (.json), credits (.md) and the list "
    text += "of files that aren't used (-skipped.csv) next to it."
    parser.add_argument("--details", action="store_true", help=text)
    parser.add_argument(
        "--force",
        action="store_true",
        help="Replace existing files that this command didn't write.",
    )
    tiles = parser.add_argument_group("tiles cut from a folder")
    add_settings(tiles, "tiles", FOLDER_TILES, CUT)
    tiles.add_argument(
        "--crops",
        dest="tiles.crops",
        default=argparse.SUPPRESS,
        type=user_path,
        action=StoreOnce,
        metavar="FILE",
        help="Crops chosen by hand, a JSON or YAML file of {photo: [x, y, width, "
        "height]}: the photo, or the face in it that is nearest, has this crop only.",
    )
    tiles.add_argument(
        "--save-tiles",
        type=user_path,
        action=StoreOnce,
        metavar="FILE",
        help="Save the tile set (.npz).",
    )
    tiles.add_argument(
        "--no-cache",
        dest="cache",
        action="store_false",
        help="Cut the tiles again, and don't keep them in the cache.",
    )
    of_photos = ["max_pixels", "max_hash_distance", "removal_list"]
    add_settings(tiles, "photos", PhotoSettings(), of_photos)
    faces = parser.add_argument_group("faces in the photos of a folder (--cut faces)")
    add_settings(faces, "faces", FaceSettings(), renamed=FACE_OPTIONS)
    for title, names in GROUPS.items():
        group = parser.add_argument_group(title)
        renamed = {"print.size": "--paper"}
        add_settings(group, "mosaic", FOLDER_MOSAIC, names, renamed)
    parser.setting_names = {
        "mosaic.pin": "pin in --edits",
        "mosaic.replace": "replace in --edits",
    }


def run(options: argparse.Namespace) -> None:
    """Make a photo mosaic of an image from a folder of photos."""
    settings = read_settings(options, "mosaic", FOLDER_MOSAIC)
    _check_effects(options, settings)
    tile_settings, crops = _read_tile_settings(options)
    face_settings = read_settings(options, "faces", FaceSettings())
    photo_settings = read_settings(options, "photos", PhotoSettings())
    # OpenCV and Numba take a third of a second to import.
    from pigeonhole.core.cache import cache_dir
    from pigeonhole.mosaic.from_folder import (
        check_output,
        mosaic_from_folder,
        mosaic_outputs,
        skipped_table,
    )

    handler = logging.StreamHandler()
    handler.setFormatter(_Formatter(options.parser))
    logging.basicConfig(level="INFO", handlers=[handler])
    save_tiles = options.save_tiles
    check_output(options.output, options.tiles, settings, save_tiles)
    written = {
        "details": options.details,
        "save_tiles": save_tiles,
        "force": options.force,
    }
    inputs = options.target, options.tiles, settings, photo_settings
    lists = {"the crops": crops, "the excluded faces": Path(face_settings.exclude)}
    mosaic_outputs(options.output, *inputs, **written, lists=lists).check()
    result = mosaic_from_folder(
        options.target,
        options.tiles,
        settings,
        tile_settings,
        photo_settings,
        face_settings,
        cache=cache_dir("tiles") if options.cache else None,
    )
    size = result.save(options.output, **written)
    if result.skipped:
        table = f"{skipped_table(options.output)} lists"
        where = table if options.details else "With --details, a table lists"
        sys.stderr.write(f"{where} every file that isn't used, with the reason.\n")
    mosaic, used = result.mosaic, (result.mosaic.use_counts() > 0).sum()
    sys.stdout.write(
        f"{options.output}: {size} pixels, {len(mosaic.layout):,} cells, "
        f"{used:,} of {mosaic.tile_count:,} tiles\n"
    )


def _read_tile_settings(
    options: argparse.Namespace,
) -> tuple[TileSetSettings, Path | None]:
    """Return the settings of tiles, and the file of crops."""
    crops = vars(options).pop("tiles.crops", None)
    settings = read_settings(options, "tiles", FOLDER_TILES)
    if crops is None:
        return settings, None
    # Imported here because of OpenCV.
    from pigeonhole.tiles.crop_file import with_crops

    return with_crops(settings, crops), crops


def _check_effects(options: argparse.Namespace, settings: MosaicSettings) -> None:
    """Raise UsageError if an option has no effect with the other ones."""
    cut = [f"tiles.{name}" for name in CUT]
    weights = ["mosaic.lowpass_weight", "mosaic.repetition_weight"]
    of_faces = [f"faces.{name}" for name in FACE_OPTIONS]
    whole = getattr(options, "tiles.cut", FOLDER_TILES.cut) == "photos"
    sizes = ["mosaic.levels", "mosaic.cells"]
    sheet = ["mosaic.print.dpi", "mosaic.print.bleed", "mosaic.print.fit"]
    is_perceptual = settings.match == "perceptual"
    is_quadtree = settings.layout == "quadtree"
    has_tiles = options.tiles.suffix == ".npz" and options.tiles.is_file()
    rules = (
        (
            has_tiles,
            [*cut, "tiles.crops", "photos.max_hash_distance"],
            "a folder of photos in --tiles",
        ),
        (whole, of_faces, "--cut faces"),
        (not is_quadtree, sizes, "--layout quadtree"),
        (not is_perceptual, weights, "--match perceptual"),
        (
            not is_perceptual and not is_quadtree,
            ["mosaic.structure_weight"],
            "--match perceptual or --layout quadtree",
        ),
        (settings.print.size is None, sheet, "--paper"),
    )
    for is_unused, keys, needed in rules:
        given = [key for key in keys if is_unused and hasattr(options, key)]
        if given:
            option = options.parser.with_options(given[0])
            if getattr(options, given[0]) is False:
                option = option.replace("--", "--no-", 1)
            raise UsageError(
                f"{option} has no effect without {needed}: add it, or omit {option}."
            )
