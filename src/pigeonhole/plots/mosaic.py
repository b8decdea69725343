"""Figures of a mosaic: quality, comparison with the tutorials, and missing photos."""

from textwrap import fill
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from pigeonhole.core.arrays import Float64Array, Image
from pigeonhole.core.geometry import Box
from pigeonhole.imaging.blur import low_pass
from pigeonhole.imaging.resize import resize, to_rgb
from pigeonhole.mosaic.advice import CELLS_PER_PHOTO, COLOR_NAMES, MIN_SHARE, Advice
from pigeonhole.mosaic.cell_stats import (
    ERROR_COLORS,
    MAX_ERROR,
    cell_errors,
    worst_cells,
)
from pigeonhole.mosaic.comparison import Comparison
from pigeonhole.mosaic.compose import Mosaic
from pigeonhole.plots.colors import CLAIMED, EXACT, INK, MEASURED, PALE
from pigeonhole.plots.style import new_figure, styled

THUMBNAIL_SIDE = 640
"""Longer side of an image inside a figure, in pixels."""
CELL_SIDE = 96
"""Longer side of a single cell inside a figure, in pixels."""
WIDTH = 5.8
"""Width of the figures in inches, for text that is readable on phones."""
LEFTS, IMAGE = (0.15, 2.98), 2.67
"""Left sides of two images next to each other, and their width, in inches."""
ERROR_SCALE = LinearSegmentedColormap.from_list("error", ERROR_COLORS)


class _Page:
    """
    A figure whose parts are placed one below the other, in inches.

    Constrained layout would differ in the last digits from run to run.
    """

    def __init__(self, title: str, height: float) -> None:
        self.figure = new_figure(title, WIDTH, height)
        self.figure.set_layout_engine("none")
        self.figure.texts[0].set_y(1 - 0.12 / height)
        self.height = height
        self.top = 0.5

    def axes(self, left: float, width: float, height: float, down: float = 0) -> Axes:
        """Return axes at the current place, or further down."""
        bottom = self.height - self.top - down - height
        box = (left, bottom, width, height)
        scale = (WIDTH, self.height, WIDTH, self.height)
        return self.figure.add_axes(tuple(np.divide(box, scale).tolist()))

    def skip(self, height: float) -> None:
        """Continue further down."""
        self.top += height


@styled
def quality_figure(mosaic: Mosaic, original: Image, quality: dict[str, Any]) -> Figure:
    """
    Draw target and mosaic, their low-pass versions, errors, key figures, worst cells.

    Parameters
    ----------
    mosaic : Mosaic
    original : uint8 array, shape (rows * height, columns * width, 3)
    quality : mapping
        Content of quality.json.
    """
    target, image = mosaic.in_tile_channels(original), mosaic.image()
    size = mosaic.tile_set.size
    errors = cell_errors(target, image, mosaic.layout)
    height = IMAGE * float(np.clip(target.shape[0] / target.shape[1], 0.5, 1.5))
    facts, bound = _key_figures(quality), quality["pool_bound"]
    numbers = max(height + 0.85, 0.36 * len(facts) + 0.5)
    others = 6.8 + 1.25 * bool(bound)
    page = _Page("Quality of the mosaic", 2 * height + numbers + others)
    for blurred in (False, True):
        pictures = {"Target": target, "Mosaic": image}
        for left, (title, picture) in zip(LEFTS, pictures.items(), strict=True):
            axes = page.axes(left, IMAGE, height, 0.3)
            shown = low_pass(picture, size) if blurred else picture
            _show(axes, shown, title + blurred * ", from a distance")
        page.skip(height + 0.4)
    scale = page.axes(LEFTS[0], IMAGE, 0.08, height + 0.4)
    _draw_error_map(page.axes(LEFTS[0], IMAGE, height, 0.3), scale, mosaic, errors)
    axes = page.axes(LEFTS[1], IMAGE, 0.36 * len(facts), 0.3)
    axes.set_title("In numbers")
    _draw_key_figures(axes, facts)
    page.skip(numbers + 0.1)
    if bound:
        _draw_pool_bound(page.axes(LEFTS[0], WIDTH - 0.3, 0.36, 0.35), bound)
        page.skip(1.3)
    _draw_source_uses(page.axes(0.55, WIDTH - 0.75, 1.25, 0.35), mosaic, quality)
    page.skip(2.2)
    _draw_worst_cells(page, mosaic, target, image, errors)
    return page.figure


def _show(axes: Axes, image: npt.NDArray[Any], title: str) -> None:
    axes.imshow(_thumbnail(image), cmap="gray", vmin=0, vmax=255)
    axes.set_title(title)
    axes.set_anchor("NW")
    axes.set_axis_off()


def _thumbnail(image: npt.NDArray[Any]) -> Image:
    pixels = np.clip(np.rint(image), 0, 255).astype(np.uint8)
    scale = _thumbnail_scale(image)
    height, width = (max(1, round(scale * length)) for length in image.shape[:2])
    return resize(pixels, width, height)


def _thumbnail_scale(image: npt.NDArray[Any]) -> float:
    return min(1.0, THUMBNAIL_SIDE / int(max(image.shape[:2])))


def _draw_error_map(
    axes: Axes, scale: Axes, mosaic: Mosaic, errors: Float64Array
) -> None:
    """Draw the error of each cell, on the same scale for every mosaic."""
    layout = mosaic.layout
    pixels = np.zeros(layout.size[::-1], np.uint8)
    levels = np.rint(errors).astype(np.uint8)
    for group in layout.groups:
        group.paste(pixels, levels[group.numbers, None, None])
    image = axes.imshow(_thumbnail(pixels), cmap=ERROR_SCALE, vmin=0, vmax=MAX_ERROR)
    axes.set_title("Error of each cell")
    axes.set_anchor("NW")
    axes.set(xticks=[], yticks=[])
    axes.grid(visible=False)
    axes.spines[:].set(visible=True, color=PALE)
    bar = axes.figure.colorbar(image, cax=scale, orientation="horizontal", extend="max")
    bar.set_label("levels of 255", fontsize=9)
    bar.outline.set_visible(False)


def _draw_key_figures(axes: Axes, facts: list[tuple[str, str]]) -> None:
    """Write the numbers that matter, each with what it means."""
    axes.set_axis_off()
    for index, (number, meaning) in enumerate(facts):
        y = 1 - (index + 0.5) / len(facts)
        place: dict[str, Any] = {"transform": axes.transAxes, "va": "center"}
        axes.text(0.25, y, number, ha="right", fontsize=12, fontweight="bold", **place)
        axes.text(0.31, y, meaning, fontsize=9, linespacing=1.15, **place)


def _key_figures(quality: dict[str, Any]) -> list[tuple[str, str]]:
    shown, change = quality["as_shown"], quality["color_change"]
    lowpass, near = shown["lowpass_error"], quality["near_own_source"]
    most, ssim = quality["most_used_source"], shown["local_error"]["ssim"]
    at_bound = f"{change['cells_at_bound']:.0%}"
    off_target, moved = (part["delta_e_2000"]["mean"] for part in (lowpass, change))
    used, sources = quality["sources_used"], quality["sources"]
    return [
        (
            f"{off_target:.1f}",
            "color error from\na distance (ΔE2000)",
        ),
        *([(f"{ssim:.2f}", "similarity up close\n(SSIM)")] if ssim else []),
        (
            f"{moved:.1f}",
            f"color transfer (ΔE2000),\n{at_bound} of cells at the limit",
        ),
        (f"{change['contrast_kept']:.0%}", "of the contrast of the\nphotos kept"),
        (
            f"{quality['crop_share']['mean']:.0%}",
            "of the largest crop of\neach photo shown",
        ),
        (f"{used:,}", f"of {sources:,} photos or\nfaces used"),
        (f"{most['share']:.1%}", "of cells show the most\nused one"),
        (f"{near['within_3']:.0%}", "of cells repeat theirs\nwithin 3 cells"),
    ]


def _draw_pool_bound(axes: Axes, bound: dict[str, Any]) -> None:
    """Draw the parts of the error as one bar."""
    parts = {
        "missing colors": (bound["colors"], EXACT),
        "missing photos": (bound["photos"], CLAIMED),
        "rules on repetition": (bound["rules"], MEASURED),
    }
    left = 0.0
    for name, (value, color) in parts.items():
        axes.barh(0, value, left=left, color=color, label=name, edgecolor="white")
        if value > 0.06 * bound["actual"]:
            style: dict[str, Any] = {"color": "white", "fontweight": "bold"}
            style |= {"ha": "center", "va": "center"}
            axes.text(left + value / 2, 0, f"{value:.1f}", **style)
        left += value
    axes.set_title(f"Where the error of {bound['actual']:.1f} levels comes from")
    axes.set_axis_off()
    axes.set_xlim(0, max(bound["actual"], 1e-9))
    axes.legend(loc="upper left", bbox_to_anchor=(0, 0.02), ncols=3, borderpad=0)
    text: dict[str, Any] = {"transform": axes.transAxes, "fontsize": 9, "va": "top"}
    axes.text(0, -0.75, bound["lowpass_sentence"], **text)


def _draw_source_uses(axes: Axes, mosaic: Mosaic, quality: dict[str, Any]) -> None:
    """Draw the number of cells of each photo or face, the most used first."""
    sources = mosaic.tile_set.sources[mosaic.placement.ravel()]
    counts = np.sort(np.bincount(sources, minlength=quality["sources"]))[::-1]
    ranks = np.arange(len(counts) + 1)
    axes.stairs(counts, ranks, color=EXACT, fill=True)
    axes.axhline(CELLS_PER_PHOTO, color=INK, lw=1, ls="--")
    axes.text(
        len(counts),
        CELLS_PER_PHOTO,
        "repetition is visible above",
        ha="right",
        va="bottom",
        fontsize=9,
    )
    axes.set_title(
        f"Uses of each photo or face: as varied as "
        f"{quality['effective_sources']:,.0f} used equally"
    )
    axes.set(xlabel="photos and faces, most used first", ylabel="cells")
    axes.set_xlim(0, len(counts))
    axes.set_ylim(0, 1.08 * max(int(counts[0]), CELLS_PER_PHOTO))


def _draw_worst_cells(
    page: _Page,
    mosaic: Mosaic,
    target: Image,
    image: Image,
    errors: Float64Array,
) -> None:
    """Draw the worst cells: the target on the left, the tile as shown on the right."""
    width = (WIDTH - 0.3) / 5
    for index, cell in enumerate(worst_cells(errors).tolist()):
        row, column, height, breadth = mosaic.layout.clipped_boxes[cell]
        box = slice(row, row + height), slice(column, column + breadth)
        pair = [_enlarge(to_rgb(picture[box])) for picture in (target, image)]
        gap = np.full((len(pair[0]), 6, 3), 255, np.uint8)
        down, right = divmod(index, 5)
        axes = page.axes(0.15 + width * right, 0.9 * width, 0.66, 0.3 + 1.45 * down)
        _show(axes, np.hstack([pair[0], gap, pair[1]]), "")
        if index == 0:
            axes.set_title("The worst cells: target and mosaic")
        label, tile = mosaic.layout.labels[cell], int(mosaic.placement.ravel()[cell])
        photo = _shorten(mosaic.tile_set.rows[tile].photo)
        text = f"row {label[0]}\ncolumn {label[1]}\nerror {errors[cell]:.0f}\n{photo}"
        place: dict[str, Any] = {"transform": axes.transAxes, "va": "top"}
        axes.text(0, -0.08, text, fontsize=8.5, linespacing=1.25, **place)


def _enlarge(cell: Image) -> Image:
    scale = CELL_SIDE / max(cell.shape[:2])
    height, width = (max(1, round(scale * side)) for side in cell.shape[:2])
    return resize(cell, width, height)


def _shorten(name: str, length: int = 15) -> str:
    """Return a name that fits below a cell, without its middle if it is long."""
    if len(name) <= length:
        return name
    half = (length - 1) // 2
    return f"{name[:half]}…{name[-half:]}"


@styled
def comparison_figure(comparison: Comparison) -> Figure:
    """Draw the mosaic of the tutorials and this one next to each other."""
    sides = comparison.tutorial, comparison.mosaic
    heights = [
        IMAGE * float(np.clip(image.shape[0] / image.shape[1], 0.5, 1.5))
        for image in (sides[0].mosaic, sides[0].detail)
    ]
    facts = [_comparison_facts(side.quality) for side in sides]
    numbers = 0.4 * len(facts[0])
    page = _Page("Compared with the tutorials", sum(heights) + numbers + 1.5)
    titles = "As in the tutorials", "This mosaic"
    for left, title, side, lines in zip(LEFTS, titles, sides, facts, strict=True):
        axes = page.axes(left, IMAGE, heights[0], 0.3)
        _show(axes, side.mosaic, title)
        _draw_box(axes, comparison.detail, side.mosaic)
        down = heights[0] + 0.7
        _show(page.axes(left, IMAGE, heights[1], down), side.detail, "Enlarged")
        down += heights[1] + 0.1
        _draw_key_figures(page.axes(left, IMAGE, numbers, down), lines)
    return page.figure


def _draw_box(axes: Axes, box: Box, image: Image) -> None:
    """Draw the outline of a part of an image, which is shown as a thumbnail."""
    scale = _thumbnail_scale(image)
    x, y, width, height = (scale * length for length in box)
    for line, color in ((3, "white"), (1.2, INK)):
        style: dict[str, Any] = {"fill": False, "lw": line, "edgecolor": color}
        axes.add_patch(Rectangle((x - 0.5, y - 0.5), width, height, **style))


def _comparison_facts(quality: dict[str, Any]) -> list[tuple[str, str]]:
    local, lowpass = (
        quality["as_shown"][f"{kind}_error"] for kind in ("local", "lowpass")
    )
    near, most = quality["near_own_source"], quality["most_used_source"]
    facts = [
        (f"{near['within_1']:.0%}", "of cells have their own\nphoto next to them"),
        (f"{most['share']:.1%}", "of cells show the most\nused photo"),
    ]
    if local["ssim"]:
        facts.append((f"{local['ssim']:.2f}", "similarity up close\n(SSIM)"))
    levels = lowpass["mean_absolute_error"]
    return [*facts, (f"{levels:.1f}", "levels of 255: error\nfrom a distance")]


@styled
def advice_figure(advice: Advice) -> Figure:
    """Draw how many photos of each color the target needs and which are missing."""
    missing, needed = advice.missing, advice.needed
    shown = np.flatnonzero(
        (advice.cells >= MIN_SHARE * advice.cells.sum()) | (missing > 0)
    )
    title = "Photos that are missing" if missing.any() else "Enough photos"
    sentence = fill(advice.sentence(), 84)
    above, below = 0.2 * sentence.count("\n") + 0.6, 0.26 * max(2, len(shown))
    page = _Page(title, above + below + 1.05)
    text: dict[str, Any] = {"va": "top", "fontsize": 9, "linespacing": 1.4}
    page.figure.text(0.012, 1 - 0.48 / page.height, sentence, **text)
    axes = page.axes(1.2, WIDTH - 1.4, below, above)
    places = np.arange(len(shown))
    there = (needed - missing)[shown]
    axes.barh(places, there, color=EXACT, label="in the tile set")
    axes.barh(places, missing[shown], left=there, color=MEASURED, label="missing")
    for place, color in zip(places, shown, strict=True):
        if missing[color]:
            label = f" {missing[color]:,} missing"
            axes.text(int(needed[color]), int(place), label, va="center", fontsize=9)
    axes.set_xlabel(
        f"photos needed: one for every {CELLS_PER_PHOTO} cells of the color"
    )
    axes.set_yticks(places, [COLOR_NAMES[color] for color in shown])
    axes.tick_params(axis="y", length=0)
    axes.invert_yaxis()
    axes.margins(x=0.16, y=0.01)
    axes.grid(visible=False, axis="y")
    axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=2, borderpad=0)
    return page.figure
