"""A mosaic -> figures of its quality and of what its tile set lacks; never saves."""

from textwrap import fill
from typing import Any

import matplotlib as mpl
import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from pigeonhole.core.arrays import Picture
from pigeonhole.imaging.blur import blurred
from pigeonhole.imaging.resize import resize
from pigeonhole.mosaic.advice import SERVES, STEP, Advice
from pigeonhole.mosaic.compose import Mosaic
from pigeonhole.plots.style import EXACT, INK, MEASURED, STYLE, new_figure

SHOWN = 480
"""Longer side of a picture inside a figure, in pixels."""


def quality_figure(mosaic: Mosaic, original: Picture, found: dict[str, Any]) -> Figure:
    """
    Draw target and mosaic from near and from far, the errors, and the tiles' uses.

    Parameters
    ----------
    mosaic : Mosaic
    original : uint8 array, shape (rows * height, columns * width, 3)
    found : mapping
        What `quality` returned.
    """
    with mpl.rc_context(STYLE):
        shown = found["as_shown"]
        figure = new_figure("How near the mosaic comes to its target", 10, 7)
        axes = figure.subplots(2, 3)
        seen, picture = mosaic.seen(original), mosaic.picture()
        size = mosaic.tile_set.size
        _show(axes[0, 0], seen, "Target")
        _show(axes[0, 1], picture, f"Mosaic\n{_judged(shown['near_look'])}")
        far = [blurred(each, size) for each in (seen, picture)]
        _show(axes[1, 0], far[0], "Target from afar")
        _show(axes[1, 1], far[1], f"Mosaic from afar\n{_judged(shown['far_look'])}")
        _errors(axes[0, 2], np.abs(far[0] - far[1]))
        _uses(axes[1, 2], mosaic, found)
        return figure


def _judged(look: dict[str, float | None]) -> str:
    error, ssim = look["mean_absolute_error"], look["ssim"]
    told = "" if ssim is None else f", SSIM {ssim:.3f}"
    return f"mean error {error:.1f}{told}"


def _show(axes: Axes, picture: npt.NDArray[Any], title: str) -> None:
    axes.imshow(_small(picture), cmap="gray", vmin=0, vmax=255)
    _plain(axes, title)


def _plain(axes: Axes, title: str) -> None:
    axes.set_title(title)
    axes.set_axis_off()


def _small(picture: npt.NDArray[Any]) -> Picture:
    as_bytes = np.clip(np.rint(picture), 0, 255).astype(np.uint8)
    scale = min(1.0, SHOWN / max(picture.shape[:2]))
    tall, wide = (max(1, round(scale * side)) for side in picture.shape[:2])
    return resize(as_bytes, wide, tall)


def _errors(axes: Axes, errors: npt.NDArray[np.float32]) -> None:
    """Map where the far look is wrong, on a scale that doesn't hang on the picture."""
    grey = errors if errors.ndim == 2 else errors.mean(axis=2)
    image = axes.imshow(_small(grey), cmap="magma_r", vmin=0, vmax=48)
    _plain(axes, "Where it is wrong from afar")
    bar = axes.figure.colorbar(
        image, ax=axes, orientation="horizontal", shrink=0.8, extend="max"
    )
    bar.set_label("error in levels of 255")
    bar.outline.set_visible(False)


def _uses(axes: Axes, mosaic: Mosaic, found: dict[str, Any]) -> None:
    counts = np.sort(mosaic.uses())[::-1]
    counts = counts[counts > 0]
    axes.loglog(np.arange(1, len(counts) + 1), counts, color=EXACT, lw=2)
    axes.axhline(SERVES, color=INK, lw=1, ls="--")
    axes.text(1, SERVES, " repetition shows above", va="bottom", fontsize=8)
    most = found["most_used_tile"]["count"]
    axes.set_title(
        f"{found['tiles_used']:,} of {found['tiles']:,} tiles used,\n"
        f"one of them {most:,} time{'s' * (most > 1)}"
    )
    axes.set_xlabel("tile, from the most used on")
    axes.set_ylabel("cells")
    axes.set_ylim(bottom=0.8)


def advice_figure(advice: Advice) -> Figure:
    """Draw how many tiles of each lightness the target needs, and the set has."""
    with mpl.rc_context(STYLE):
        lacking = int(advice.missing.sum())
        title = (
            "What the target needs and the tile set lacks"
            if lacking
            else ("The tile set has every tone that the target needs")
        )
        figure = new_figure(title)
        axes = figure.subplots()
        left = STEP * np.arange(len(advice.cells))
        bar: dict[str, Any] = {"width": 0.42 * STEP, "align": "edge"}
        axes.bar(left + 0.08 * STEP, advice.tiles, color=EXACT, label="tiles", **bar)
        axes.bar(
            left + 0.5 * STEP,
            advice.needed,
            color=MEASURED,
            label=f"needed: a tile for every {SERVES} cells",
            **bar,
        )
        for place, missing in zip(left, advice.missing, strict=True):
            if missing:
                top = int(advice.needed[place // STEP])
                axes.text(
                    place + 0.71 * STEP, top, f"+{missing:,}", ha="center", va="bottom"
                )
        axes.set_title(fill(advice.sentence(), 90) if lacking else "", fontsize=10)
        axes.set_xlabel("mean lightness L, from black to white")
        axes.set_ylabel("tiles")
        axes.set_xticks(range(0, 101, STEP))
        axes.grid(visible=False, axis="x")
        axes.legend()
        return figure
