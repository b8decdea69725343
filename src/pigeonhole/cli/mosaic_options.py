"""The arguments of `pigeonhole mosaic`, without the imports that making one takes."""

import argparse
from pathlib import Path
from typing import Any, Literal, get_args

from pydantic import ValidationError

from pigeonhole.core.errors import SettingsError
from pigeonhole.core.geometry import Size
from pigeonhole.settings import (
    LookSettings,
    MosaicSettings,
    PhotoSettings,
    PrintSettings,
    ReuseSettings,
    TileSetSettings,
    way_out,
)

CHOICES = ("match", "space", "layout")
SHARES = ("shape", "tone", "tint", "overlay")
NUMBERS = ("levels", "cells")
USUAL_MATCH = "mixed"
"""Of a single mosaic, which is looked at from near and from far."""
LIMITS = ("at_most", "apart", "seconds")
ARGUMENTS = {*CHOICES, *SHARES, *NUMBERS, *LIMITS} | {
    *("far", "width", "mask", "mirror", "everyone", "ban", "edits")
}
"""Settings of config.yaml's mosaic that are arguments here."""


def add_mosaic(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.set_defaults(verb=_mosaic)
    parser.add_argument(
        "target", help="A picture, or the name of one of scikit-image's photos."
    )
    parser.add_argument(
        "--tiles",
        type=Path,
        required=True,
        metavar="FOLDER|FILE.npz",
        help="A folder of photos, or a tile set that is there already.",
    )
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        required=True,
        metavar="FILE",
        help="The mosaic: .png or .jpg; .tif and .dzi (Deep Zoom) for large ones.",
    )
    parser.add_argument(
        "--details",
        action="store_true",
        help="Write beside it the placement (csv), the quality (json), credits (md).",
    )
    _add_tiles(parser.add_argument_group("tiles from a folder"))
    _add_large(parser.add_argument_group("large, drawn from the photos"))
    _add_looks(parser.add_argument_group("looks"))
    _add_limits(parser.add_argument_group("repetition and edits"))


def _add_tiles(group: Any) -> None:
    told = {name: f.description for name, f in TileSetSettings.model_fields.items()}
    usual = TileSetSettings()
    group.add_argument(
        "--size",
        type=_size,
        metavar="WIDTHxHEIGHT",
        help=f"{told['size']} (default: {usual.size})",
    )
    group.add_argument(
        "--cut",
        choices=("photos", "faces"),
        help=f"{told['cut']} (default: photos)",
    )
    group.add_argument("--grey", action="store_true", help="Make grey tiles.")
    group.add_argument(
        "--save-tiles", type=Path, metavar="FILE.npz", help="Keep the tile set here."
    )
    group.add_argument(
        "--no-cache",
        action="store_true",
        help="Cut the tiles anew, and don't keep them in the user's cache.",
    )


def _add_large(group: Any) -> None:
    pixels = MosaicSettings.model_fields["tile_pixels"]
    group.add_argument(
        "--tile-pixels", type=_pixels, metavar="N|full", help=pixels.description
    )
    fields = PrintSettings.model_fields
    group.add_argument("--paper", metavar="SIZE", help=fields["size"].description)
    for name in ("dpi", "bleed", "fit"):
        group.add_argument(
            f"--{name}",
            metavar=name.upper(),
            default=fields[name].default,
            help=f"{fields[name].description} (default: %(default)s)",
        )


def _pixels(text: str) -> int | Literal["full"]:
    if text == "full":
        return "full"
    if not text.isdecimal() or not 1 <= int(text) <= 10_000:
        raise argparse.ArgumentTypeError(
            f"{text!r}: write a number from 1 to 10,000, or full"
        )
    return int(text)


def paper_of(options: argparse.Namespace) -> PrintSettings:
    """
    Return the paper that the arguments say.

    Raises
    ------
    SettingsError
    """
    given = {"size": options.paper, "dpi": options.dpi}
    given |= {"bleed": options.bleed, "fit": options.fit}
    try:
        return PrintSettings.model_validate(given)
    except ValidationError as error:
        fault = error.errors(include_url=False)[0]
        name = {"size": "paper"}.get(str(fault["loc"][0]), str(fault["loc"][0]))
        raise SettingsError(f"--{name}", fault["input"], way_out(fault)) from None


def _add_looks(group: Any) -> None:
    width = MosaicSettings.model_fields["width"]
    group.add_argument(
        "--width",
        type=int,
        default=width.default,
        help=f"{width.description} (default: %(default)s)",
    )
    group.add_argument(
        "--mask",
        metavar="FILE",
        help=MosaicSettings.model_fields["mask"].description,
    )
    for name in (*CHOICES, *NUMBERS, "far", *SHARES):
        field = LookSettings.model_fields[name]
        value = USUAL_MATCH if name == "match" else field.default
        usual = "" if value is None else f" (default: {value})"
        choices = get_args(field.annotation) if name in CHOICES else None
        # Whatever else is written is judged by the settings, which have the sentence.
        group.add_argument(
            f"--{name}",
            choices=choices,
            metavar=None if choices else name.upper(),
            default=argparse.SUPPRESS,
            help=f"{field.description}{usual}",
        )
    group.add_argument(
        "--mirror",
        action="store_true",
        help=LookSettings.model_fields["mirror"].description,
    )


def _add_limits(group: Any) -> None:
    for name in LIMITS:
        field = ReuseSettings.model_fields[name]
        group.add_argument(
            f"--{name.replace('_', '-')}",
            metavar="N",
            default=argparse.SUPPRESS,
            help=field.description,
        )
    group.add_argument(
        "--everyone",
        action="store_true",
        help=ReuseSettings.model_fields["everyone"].description,
    )
    group.add_argument(
        "--ban",
        action="append",
        default=[],
        metavar="TILE|PHOTO",
        help="A tile's id or a photo that no cell may show; may be repeated.",
    )
    group.add_argument(
        "--edits",
        metavar="FILE.json",
        help=MosaicSettings.model_fields["edits"].description,
    )
    group.add_argument(
        "--forgotten",
        type=Path,
        default=Path(PhotoSettings().forgotten),
        metavar="FILE",
        help="What `pigeonhole forget` took out, left out here (default: %(default)s).",
    )


def _size(text: str) -> Size:
    try:
        return Size.parse(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r}: {error}") from None


def looks_of(options: argparse.Namespace) -> LookSettings:
    """
    Return the looks that the arguments say.

    Raises
    ------
    SettingsError
        A value is out of range, or doesn't fit another.
    """
    given = vars(options)
    reuse = {name: given[name] for name in LIMITS if name in given}
    looks = {"match": USUAL_MATCH} | {
        name: given[name]
        for name in (*CHOICES, *NUMBERS, "far", *SHARES)
        if name in given
    }
    try:
        return LookSettings.model_validate(
            {
                **looks,
                "mirror": options.mirror,
                "ban": options.ban,
                "reuse": {**reuse, "everyone": options.everyone},
            }
        )
    except ValidationError as error:
        fault = error.errors(include_url=False)[0]
        name = str(fault["loc"][-1] if fault["loc"][0] == "reuse" else fault["loc"][0])
        raise SettingsError(_argument(name), fault["input"], way_out(fault)) from None


def _argument(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def _mosaic(options: argparse.Namespace) -> None:
    try:
        _make(options)
    except SettingsError as error:
        section, _, name = error.key.rpartition(".")
        if section and name in ARGUMENTS:
            raise error.called(_argument(name)) from None
        raise


def _make(options: argparse.Namespace) -> None:
    looks, paper = looks_of(options), paper_of(options)
    if options.width < 1:
        raise SettingsError("--width", options.width, "take a positive number.")
    # OpenCV and Numba take a third of a second to import.
    from pigeonhole.cli.mosaic import Job, one_mosaic

    tiles = TileSetSettings(
        cut=options.cut or "photos",
        size=options.size or TileSetSettings().size,
        colour=not options.grey,
    )
    one_mosaic(
        Job(
            target=options.target,
            tiles=options.tiles,
            output=options.output,
            cut=tiles,
            looks=looks,
            width=options.width,
            tile_pixels=options.tile_pixels,
            paper=paper,
            mask=options.mask,
            edits=options.edits,
            forgotten=options.forgotten,
            details=options.details,
            save_tiles=options.save_tiles,
            cached=not options.no_cache,
            max_pixels=PhotoSettings().max_pixels,
        )
    )
