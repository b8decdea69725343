"""Summarize a mosaic in words, with advice that is one click away.

Far quality is the mean CIEDE2000 difference of target and mosaic after a blur of one
cell, near quality the SSIM of their gray versions. The limits of their words are from
looking at 168 mosaics: 14 settings, three targets, 99 and 919 photos, 40 and 100 photos
across. With a far difference below 5, a mosaic resembles the target from a distance; up
to 8.5 its colors are dull; above 12 the target is hard to recognize, as in mosaics
matched by brightness alone (16 to 23). An SSIM above 0.32 shows the lines of the target
in its cells; below 0.14, there is only noise in them.
"""

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any, NamedTuple

import cv2
import numpy as np

from pigeonhole.core.arrays import Float32Array, Float64Array, Image
from pigeonhole.core.geometry import Size
from pigeonhole.imaging.blur import low_pass
from pigeonhole.imaging.color_spaces import delta_e_2000, means_to_lab
from pigeonhole.imaging.resize import resize, to_gray
from pigeonhole.matching.color_transfer import pixel_statistics
from pigeonhole.mosaic.advice import COLOR_NAMES
from pigeonhole.mosaic.cell_stats import cell_colors, near_own_source
from pigeonhole.mosaic.compose import Mosaic
from pigeonhole.mosaic.targets import Target
from pigeonhole.settings import MosaicOptions

WORDS = ("excellent", "good", "fair", "weak")
FAR_LIMITS = (5.0, 8.5, 12.0)
"""Color differences from which on far quality gets the next word."""
NEAR_LIMITS = (0.32, 0.215, 0.14)
"""SSIM below which near quality gets the next word."""
SSIM_WINDOW = 7
"""Side of the SSIM window in pixels, as in quality.json."""
FAR_SAMPLES = 4
"""Number of pixels in a cell, in each direction, that remain for the far quality."""
MAX_ADVICE = 3
"""Number of pieces of advice that are given at most."""
MAX_REPEATS = 0.005
"""Share of the cells next to their own photo up to which nobody notices."""
SOURCES_TO_KEEP_APART = 16
"""Number of photos from which on equal neighbors can be forbidden at little cost."""
MAX_UNUSED = 0.05
"""Unused photos, as a share of the cells, that can be placed without harm. More would
not fit the target: with 632 in 1,200 cells, the far difference doubled."""
FEW_COLUMNS, MORE_COLUMNS = 60, 1.6
"""Photos across below which more of them are advised, and by which factor."""
LARGE_TRANSFER, LARGE_OVERLAY = 15.0, 0.3
"""Color transfer and overlay above which no more is advised."""
MIN_AT_BOUND = 0.1
"""Share of the cells at the bound of color transfer from which on more is advised."""


class Summary(NamedTuple):
    """
    A mosaic in words.

    Attributes
    ----------
    numbers : mapping
        The numbers behind the sentences.
    sentences : list of str
    advice : list of mappings
        Each has a `text`, the `label` of its button, and a `patch` for
        `Document.changed`.
    """

    numbers: dict[str, Any]
    sentences: list[str]
    advice: list[dict[str, Any]]


def summarize(mosaic: Mosaic, target: Target) -> Summary:
    """Summarize a mosaic of a target in words, in a tenth of the time of `quality`."""
    numbers = _variety(mosaic) | _color_change(mosaic) | _errors(mosaic, target)
    numbers["far"] = WORDS[int(np.searchsorted(FAR_LIMITS, numbers["far_delta_e"]))]
    near = np.searchsorted([-limit for limit in NEAR_LIMITS], -numbers["near_ssim"])
    numbers["near"] = WORDS[int(near)]
    advice = list(islice(_advice(mosaic, numbers), MAX_ADVICE))
    return Summary(numbers, _sentences(numbers), advice)


def _variety(mosaic: Mosaic) -> dict[str, Any]:
    """Return how many photos or faces are used, how often, and how close together."""
    count, layout = mosaic.tile_count, mosaic.layout
    sources = mosaic.tile_set.sources[:count]
    placed = sources[mosaic.placement.ravel() % count]
    uses = np.bincount(placed)
    total = int(sources.max()) + 1
    photos = len({row.photo for row in mosaic.tile_set.rows[:count]})
    return {
        "cells": len(layout),
        "noun": "face" if total > photos else "photo",
        "sources": total,
        "used": int(np.count_nonzero(uses)),
        "most_uses": int(uses.max()),
        "repeats": int(near_own_source(layout, placed, 1).sum()),
        "repeats_within_3": int(near_own_source(layout, placed, 3).sum()),
        "missing": int(mosaic.advice.missing.sum()),
        "missing_color": COLOR_NAMES[int(mosaic.advice.missing.argmax())],
    }


def _color_change(mosaic: Mosaic) -> dict[str, Any]:
    """Return how far color transfer moves the mean colors of tiles, in CIELAB."""
    options = mosaic.options
    if not options.color_transfer:
        return {"color_change": 0.0, "at_bound": 0.0}
    numbers, places = np.unique(mosaic.placement.ravel(), return_inverse=True)
    tiles = means_to_lab(pixel_statistics(mosaic.tile_set.tiles[numbers]).means)
    cells = means_to_lab(cell_colors(mosaic.frame, mosaic.layout).means)
    distances = np.linalg.norm(tiles[places.ravel()] - cells, axis=1)
    distances *= options.color_transfer
    moved = np.minimum(distances, options.max_color_transfer)
    return {
        "color_change": round(float(moved.mean()), 2),
        "at_bound": round(float((distances > moved).mean()), 4),
    }


def _errors(mosaic: Mosaic, target: Target) -> dict[str, Any]:
    """Return the far and the near error, nearly as in quality.json."""
    wanted = mosaic.in_tile_channels(target.image)
    shown, coverage = mosaic.curve.undo(mosaic.image()), mosaic.coverage
    if coverage is not None:
        pixels = coverage if wanted.ndim == 2 else coverage[..., None]
        shown = np.where(pixels, shown, wanted)
    return {
        "far_delta_e": round(_far_error(wanted, shown, mosaic.tile_set.size), 3),
        "near_ssim": round(_similarity(to_gray(wanted), to_gray(shown)), 4),
    }


def _far_error(wanted: Image, shown: Image, cell: Size) -> float:
    """Return the mean color difference after a blur of one cell."""
    width = max(1, wanted.shape[1] * FAR_SAMPLES // cell.width)
    height = max(1, wanted.shape[0] * FAR_SAMPLES // cell.height)
    # The blur leaves no detail between these pixels.
    pair = (
        low_pass(resize(image, width, height), Size(FAR_SAMPLES, FAR_SAMPLES))
        for image in (wanted, shown)
    )
    labs = (means_to_lab(_pixels(image[::2, ::2])) for image in pair)
    return float(delta_e_2000(*labs).mean())


def _pixels(image: Float32Array) -> Float64Array:
    channels = image.shape[2] if image.ndim == 3 else 1
    return image.reshape(-1, channels).astype(np.float64)


def _similarity(wanted: Image, shown: Image) -> float:
    """Return the mean SSIM of two gray images; skimage's takes ten times as long."""
    first, second = wanted.astype(np.float32), shown.astype(np.float32)

    def mean(image: Float32Array) -> Float32Array:
        blurred = cv2.blur(image, (SSIM_WINDOW, SSIM_WINDOW))
        return np.asarray(blurred, np.float32)

    means = mean(first), mean(second)
    product = means[0] * means[1]
    squares = means[0] ** 2 + means[1] ** 2
    # Sample variances, as in skimage.
    scale = SSIM_WINDOW**2 / (SSIM_WINDOW**2 - 1)
    covariance = scale * (mean(first * second) - product)
    variances = scale * (mean(first**2 + second**2) - squares)
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    similarity = (2 * product + c1) / (squares + c1)
    similarity *= (2 * covariance + c2) / (variances + c2)
    return float(similarity.mean())


def _sentences(numbers: Mapping[str, Any]) -> list[str]:
    noun, used, sources = numbers["noun"], numbers["used"], numbers["sources"]
    photos, verb = _plural(noun, sources), "is" if used == 1 else "are"
    use = f"{used:,} of {sources:,} {photos} {verb} used"
    if 1 < used == sources:
        use = f"All {sources:,} {photos} are used"
    most = numbers["most_uses"]
    often = "each once" if most == 1 else f"up to {most:,} times each"
    repeats, cells = numbers["repeats"], numbers["cells"]
    next_to = f"No {noun} is next to itself."
    if repeats:
        next_to = f"{repeats:,} of {cells:,} cells have their own {noun} next to them."
    change, bound = numbers["color_change"], numbers["at_bound"]
    colors = f"The {_plural(noun, 2)} keep their own colors."
    if change:
        colors = f"Color transfer is {change:.1f} ΔE on average (2 is just noticeable)"
        colors += f"; {bound:.0%} of the cells need more." if bound >= 0.005 else "."
    far, near = numbers["far"], numbers["near"]
    quality = f"It looks {far} from a distance and {near} up close."
    return [f"{use}, {often}.", next_to, colors, quality]


def _plural(noun: str, count: int) -> str:
    return noun if count == 1 else f"{noun}s"


def _advice(mosaic: Mosaic, numbers: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """
    Yield advice, the most useful first.

    All were verified in 28 mosaics like those of the module: each improves the number
    that it is about. More photos across lower the color difference after a blur of the
    same number of pixels, by 10 to 25 %.
    """
    options, noun = mosaic.options, numbers["noun"]
    photos = _plural(noun, 2)
    if options.match in ("mean", "mean-2x2"):
        yield _piece(
            f"The {photos} are chosen by their brightness only.",
            "Compare colors and shapes",
            {"match": "perceptual"},
        )
    elif numbers["repeats"] > MAX_REPEATS * numbers["cells"]:
        yield from _keep_apart(mosaic, numbers)
    if numbers["far_delta_e"] >= FAR_LIMITS[0]:
        yield from _allow_color(mosaic, numbers)
    unused = numbers["sources"] - numbers["used"]
    if 0 < unused <= MAX_UNUSED * numbers["cells"]:
        verb = "is" if unused == 1 else "are"
        yield _piece(
            f"{unused:,} {_plural(noun, unused)} {verb} not used.",
            f"Use every {noun} at least once",
            {"repetition": {"use_all": True}},
        )
    columns = mosaic.layout.size.width / mosaic.tile_set.size.width
    if columns < FEW_COLUMNS:
        more = round(columns * MORE_COLUMNS)
        yield _piece(
            f"With {columns:.0f} {photos} across, fine details are lost.",
            f"Use {more} {photos} across",
            {"width": more * mosaic.tile_set.size.width},
        )


def _keep_apart(mosaic: Mosaic, numbers: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield advice against repeats next to each other."""
    text = f"The same {numbers['noun']} often appears next to itself."
    options, default = mosaic.options, MosaicOptions()
    weight = max(options.repetition_weight, default.repetition_weight)
    patch: dict[str, Any] | None = None
    if options.match != default.match or options.repetition_weight < weight:
        # The other modes have only limits, which take much longer.
        patch = {"match": default.match, "repetition_weight": weight}
    elif numbers["sources"] >= SOURCES_TO_KEEP_APART:
        patch = {"repetition": {"min_distance": 1}}
    if patch:
        yield _piece(text, "Keep them apart", patch)


def _allow_color(
    mosaic: Mosaic, numbers: Mapping[str, Any]
) -> Iterator[dict[str, Any]]:
    """Yield advice against colors that the photos don't have."""
    options, missing = mosaic.options, numbers["missing"]
    strength, bound = options.color_transfer, options.max_color_transfer
    text = "Your photos lack some colors of the target"
    if missing:
        text += f", especially {numbers['missing_color']}"
    text += "."
    if 0 < missing <= numbers["sources"]:
        color = numbers["missing_color"]
        text = f"About {missing:,} more photos would help, especially {color} ones."
        if missing == 1:
            text = f"One more photo would help, in {color}."
    if strength < 1:
        value = min(1.0, round(strength + 0.3, 2))
        yield _piece(
            text, f"Allow {value:.0%} color transfer", {"color_transfer": value}
        )
    elif bound < LARGE_TRANSFER and numbers["at_bound"] > MIN_AT_BOUND:
        value = min(LARGE_TRANSFER, bound + 5)
        yield _piece(
            text,
            f"Raise the transfer limit to {value:g}",
            {"max_color_transfer": value},
        )
    elif options.overlay < LARGE_OVERLAY:
        value = min(LARGE_OVERLAY, round(options.overlay + 0.1, 2))
        yield _piece(text, f"Blend in {value:.0%} of the target", {"overlay": value})


def _piece(text: str, label: str, mosaic: dict[str, Any]) -> dict[str, Any]:
    return {"text": text, "label": label, "patch": {"mosaic": mosaic}}
