"""Figures of hashes: first-collision times and hash quality by key set."""

from collections.abc import Sequence
from itertools import cycle
from pathlib import PurePath

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.colors import SymLogNorm
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from pigeonhole.birthday.hash_tests import EffectiveBitsTest, RepeatsTest
from pigeonhole.core.arrays import Float64Array
from pigeonhole.core.tables import Table
from pigeonhole.plots.colors import CLAIMED, EXACT, INK, MEASURED, OTHER
from pigeonhole.plots.style import annotate, legend_below, minus, new_figure, styled

MAX_DEVIATION = 0.4
"""Effective bits beyond this deviation are drawn at the edge, as a number."""
PALETTE = ("#CC79A7", "#D55E00", "#E69F00", "#009E73", "#56B4E9", "#333333")
MAX_NAME = 18
"""Number of characters of a key set's name from which on it is shortened."""
TICKS = (-1000, -100, -10, -3, 0, 3, 10, 100, 1000)


@styled
def density(table: Table) -> Figure:
    """Draw the density of T over the root of the space for some hash lengths."""
    figure = new_figure(
        "First collisions at all lengths have the same distribution", 9, 5
    )
    axes = figure.subplots()
    x = np.linspace(0, 4, 400)
    limit = x * np.exp(-(x**2) / 2)
    axes.fill_between(x, limit, color=EXACT, alpha=0.1, lw=0)
    axes.plot(x, limit, color=EXACT, lw=2, label="Limit: Rayleigh distribution")
    all_bits = np.unique(table["bits"])
    long_bits = [bits for bits in all_bits if bits >= 16] or list(all_bits)
    for number, (color, bits) in enumerate(zip(PALETTE, long_bits[-6:], strict=False)):
        rows = table["bits"] == bits
        trials, sample = table["trials"][rows][0], table["density"][rows]
        center = table["center"][rows]
        width = center[1] - center[0]
        error = np.sqrt(np.maximum(sample, 1e-9) / trials / width)
        axes.errorbar(
            # Shifted so that the points don't overlap.
            center + (number - 2.5) * width / 20,
            sample,
            yerr=error,
            fmt="o",
            ms=3.5,
            lw=0.8,
            color=color,
            label=f"{int(bits)} bits, {int(trials):,} trials",
        )
    axes.set_xlim(0, 4)
    axes.set_ylim(0, None)
    axes.set_title("T, the draw that first repeats an earlier one, ± 1 std deviation")
    axes.set(xlabel="T / √N", ylabel="Density")
    axes.legend(loc="upper right")
    return figure


@styled
def hashes(tests: Sequence[RepeatsTest]) -> Figure:
    """Draw a heat map of the deviations of repeats, by hash and key set."""
    key_sets = list(dict.fromkeys(test.key_set for test in tests))
    names = list(dict.fromkeys(test.algorithm for test in tests))
    widths = sorted({test.bits for test in tests})
    figure = new_figure("Hash quality: deviation from random values", 11, 6.2)
    panels = figure.subplots(1, len(key_sets), sharey=True, squeeze=False)[0]
    norm = SymLogNorm(3, linscale=1.2, vmin=-1000, vmax=1000, clip=True)
    cmap = colormaps["RdBu_r"]
    for axes, key_set in zip(panels, key_sets, strict=True):
        axes.grid(visible=False)
        z = np.zeros((len(names), len(widths)))
        for test in tests:
            if test.key_set == key_set:
                row, column = names.index(test.algorithm), widths.index(test.bits)
                z[row, column] = test.z
                red, green, blue, _ = cmap(norm(test.z))
                is_dark = 0.3 * red + 0.6 * green + 0.1 * blue < 0.5
                _annotate_cell(axes, row, column, test, "white" if is_dark else INK)
        image = axes.imshow(z, cmap=cmap, norm=norm, aspect="auto")
        axes.set_xticks(range(len(widths)), [str(width) for width in widths])
        axes.set_yticks(range(len(names)), names)
        axes.tick_params(length=0)
        axes.set_title(_short_name(key_set))
        axes.set_xlabel("Leading bits")
    bar = figure.colorbar(image, ax=list(panels), fraction=0.03, ticks=TICKS)
    labels = [minus(f"{tick:+,}") if tick else "0" for tick in TICKS]
    bar.ax.set_yticklabels(labels)
    bar.set_label("Deviation of repeats in standard deviations")
    return figure


def _short_name(key_set: str) -> str:
    """Return the name of a key set, without the folder and the middle of a file's."""
    name = PurePath(key_set).name
    return name if len(name) <= MAX_NAME else f"{name[:9]}…{name[-8:]}"


def _format_deviation(z: float) -> str:
    if abs(z) >= 1000:
        return minus(f"{z / 1000:+,.0f}k")
    return minus(f"{z:+.1f}" if abs(z) < 100 else f"{z:+.0f}")


def _annotate_cell(
    axes: Axes, row: int, column: int, test: RepeatsTest, color: str
) -> None:
    """Write the deviation into a cell, and frame it if the test is flagged."""
    axes.text(
        column,
        row,
        _format_deviation(test.z),
        ha="center",
        va="center",
        fontsize=8,
        color=color,
    )
    if test.flagged:
        corner = column - 0.5, row - 0.5
        axes.add_patch(Rectangle(corner, 1, 1, fill=False, ec=INK, lw=1.8))


@styled
def effective_bits(tests: Sequence[EffectiveBitsTest]) -> Figure:
    """Draw the effective bits of each hash on each key set."""
    key_sets = list(dict.fromkeys(test.key_set for test in tests))
    names = list(dict.fromkeys(test.algorithm for test in tests))
    bits = tests[0].bits
    # Four rows have the height of one unit, and one is the gap between hashes.
    units = (len(key_sets) + 1) / 4
    figure = new_figure(f"Effective bits out of {bits}", 9, 1.8 + 6.8 * units)
    axes = figure.subplots()
    axes.axvline(bits, color=INK, lw=1, label="Random values")
    styles = cycle(((MEASURED, "o"), (EXACT, "s"), (CLAIMED, "D"), (OTHER, "^")))
    for number, (key_set, (color, marker)) in enumerate(
        zip(key_sets, styles, strict=False)
    ):
        y = units * np.arange(len(names), dtype=np.float64)
        y += 0.25 * (number - (len(key_sets) - 1) / 2)
        _effective_bits_of_key_set(
            axes, [test for test in tests if test.key_set == key_set], y, color, marker
        )
    axes.plot([], [], "o", ms=11, mfc="none", mec=INK, mew=1.2, label="Significant")
    axes.set_yticks([units * number for number in range(len(names))], names)
    axes.invert_yaxis()
    axes.set_xlim(bits - 1.15 * MAX_DEVIATION, bits + 1.15 * MAX_DEVIATION)
    axes.set_title(
        "From first collisions, with 95% confidence intervals; "
        "numbers at the edges are beyond them"
    )
    axes.set_xlabel("← too many repeats     effective bits     too few repeats →")
    legend_below(figure, axes, 3)
    return figure


def _effective_bits_of_key_set(
    axes: Axes,
    tests: Sequence[EffectiveBitsTest],
    y: Float64Array,
    color: str,
    marker: str,
) -> None:
    """Draw one key set; values beyond the axis are drawn at its edge, as a number."""
    bits = tests[0].bits
    values = np.array([test.effective_bits for test in tests])
    center, low, high = (
        np.clip(x, bits - MAX_DEVIATION, bits + MAX_DEVIATION)
        for x in (
            values,
            np.array([test.bits_low for test in tests]),
            np.array([test.bits_high for test in tests]),
        )
    )
    axes.errorbar(
        center,
        y,
        xerr=np.maximum([center - low, high - center], 0),
        fmt=marker,
        ms=4.5,
        color=color,
        elinewidth=1.2,
        label=_short_name(tests[0].key_set),
    )
    flagged = np.array([test.flagged for test in tests])
    axes.plot(center[flagged], y[flagged], "o", ms=11, mfc="none", mec=INK, mew=1.2)
    for value, x, height in zip(values, center, y, strict=True):
        if value != x:
            text = f"{value:.1f}" if np.isfinite(value) else "no repeat"
            shift, side = (10, "left") if value < x else (-10, "right")
            ground = {"facecolor": "white", "edgecolor": "none", "pad": 0.5}
            options = {"va": "center", "fontsize": 8, "bbox": ground}
            annotate(
                axes, text, (x, height), (shift, 0), ha=side, color=color, **options
            )
