"""Figures of a mosaic's quality and of the tiles that its tile set lacks."""

from textwrap import fill
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from pigeonhole.core.arrays import Image
from pigeonhole.imaging.blur import low_pass
from pigeonhole.imaging.resize import resize
from pigeonhole.mosaic.advice import BIN_WIDTH, CELLS_PER_TILE, Advice
from pigeonhole.mosaic.compose import Mosaic
from pigeonhole.plots.colors import EXACT, INK, MEASURED
from pigeonhole.plots.style import new_figure, styled

THUMBNAIL_SIDE = 480
"""Longer side of an image inside a figure, in pixels."""


@styled
def quality_figure(mosaic: Mosaic, original: Image, quality: dict[str, Any]) -> Figure:
    """
    Draw target and mosaic, both also low-pass filtered, the errors and the tile uses.

    Parameters
    ----------
    mosaic : Mosaic
    original : uint8 array, shape (rows * height, columns * width, 3)
    quality : mapping
        Content of quality.json.
    """
    shown = quality["as_shown"]
    figure = new_figure("Quality of the mosaic", 10, 7)
    axes = figure.subplots(2, 3)
    target, image = mosaic.in_tile_channels(original), mosaic.image()
    size = mosaic.tile_set.size
    _show(axes[0, 0], target, "Target")
    _show(axes[0, 1], image, f"Mosaic\n{_describe_error(shown['local_error'])}")
    blurred_target, blurred_mosaic = low_pass(target, size), low_pass(image, size)
    error = _describe_error(shown["lowpass_error"])
    _show(axes[1, 0], blurred_target, "Target, low-pass")
    _show(axes[1, 1], blurred_mosaic, f"Mosaic, low-pass\n{error}")
    _error_map(axes[0, 2], np.abs(blurred_target - blurred_mosaic))
    _use_counts(axes[1, 2], mosaic, quality)
    return figure


def _describe_error(error: dict[str, float | None]) -> str:
    ssim = "" if error["ssim"] is None else f", SSIM {error['ssim']:.3f}"
    return f"mean error {error['mean_absolute_error']:.1f}{ssim}"


def _show(axes: Axes, image: npt.NDArray[Any], title: str) -> None:
    axes.imshow(_thumbnail(image), cmap="gray", vmin=0, vmax=255)
    _set_image_title(axes, title)


def _set_image_title(axes: Axes, title: str) -> None:
    axes.set_title(title)
    axes.set_axis_off()


def _thumbnail(image: npt.NDArray[Any]) -> Image:
    pixels = np.clip(np.rint(image), 0, 255).astype(np.uint8)
    scale = min(1.0, THUMBNAIL_SIDE / max(image.shape[:2]))
    height, width = (max(1, round(scale * side)) for side in image.shape[:2])
    return resize(pixels, width, height)


def _error_map(axes: Axes, errors: npt.NDArray[np.float32]) -> None:
    """Draw a map of the low-pass error, on the same scale for every image."""
    gray = errors if errors.ndim == 2 else errors.mean(axis=2)
    image = axes.imshow(_thumbnail(gray), cmap="magma_r", vmin=0, vmax=48)
    _set_image_title(axes, "Low-pass error")
    bar = axes.figure.colorbar(
        image, ax=axes, orientation="horizontal", shrink=0.8, extend="max"
    )
    bar.set_label("absolute error, in levels of 255")
    bar.outline.set_visible(False)


def _use_counts(axes: Axes, mosaic: Mosaic, quality: dict[str, Any]) -> None:
    counts = np.sort(mosaic.use_counts())[::-1]
    counts = counts[counts > 0]
    axes.loglog(np.arange(1, len(counts) + 1), counts, color=EXACT, lw=2)
    axes.axhline(CELLS_PER_TILE, color=INK, lw=1, ls="--")
    axes.text(
        1, CELLS_PER_TILE, " repetition is visible above", va="bottom", fontsize=8
    )
    max_count = quality["most_used_tile"]["count"]
    axes.set_title(
        f"{quality['tiles_used']:,} of {quality['tiles']:,} tiles used,\n"
        f"one of them {max_count:,} time{'s' if max_count > 1 else ''}"
    )
    axes.set(xlabel="tiles, most used first", ylabel="cells")
    axes.set_ylim(bottom=0.8)


@styled
def advice_figure(advice: Advice) -> Figure:
    """Draw how many tiles of each lightness the target needs and the tile set has."""
    lacking = int(advice.missing.sum())
    title = (
        "Tiles that the target needs and the set lacks"
        if lacking
        else "The tile set has enough tiles of every lightness"
    )
    figure = new_figure(title)
    axes = figure.subplots()
    left = BIN_WIDTH * np.arange(len(advice.cells))
    bar: dict[str, Any] = {"width": 0.42 * BIN_WIDTH, "align": "edge"}
    axes.bar(left + 0.08 * BIN_WIDTH, advice.tiles, color=EXACT, label="tiles", **bar)
    axes.bar(
        left + 0.5 * BIN_WIDTH,
        advice.needed,
        color=MEASURED,
        label=f"needed: one tile for every {CELLS_PER_TILE} cells",
        **bar,
    )
    for edge, needed, missing in zip(left, advice.needed, advice.missing, strict=True):
        if missing:
            x, text = edge + 0.71 * BIN_WIDTH, f"+{missing:,}"
            axes.text(x, int(needed), text, ha="center", va="bottom")
    axes.set_title(fill(advice.sentence(), 90) if lacking else "", fontsize=10)
    axes.set(xlabel="mean lightness L, from black to white", ylabel="tiles")
    axes.set_xticks(range(0, 101, BIN_WIDTH))
    axes.grid(visible=False, axis="x")
    axes.legend()
    return figure
