"""Figures of hashes: times of first collisions, and repeats by key sets."""

from collections.abc import Mapping, Sequence
from itertools import cycle

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import SymLogNorm
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from pigeonhole.core.tables import Table
from pigeonhole.plots.style import (
    CLAIMED,
    EXACT,
    INK,
    MEASURED,
    OTHER,
    Numbers,
    new_figure,
    styled,
)

BEYOND = 0.4
"""Bits to either side of all, up to which effective bits are drawn."""
SHADES = ("#CC79A7", "#D55E00", "#E69F00", "#009E73", "#56B4E9", "#333333")


@styled
def density(table: Table) -> Figure:
    """Draw the density of T over the root of the space for some widths."""
    figure = new_figure("One law for hashes of any length", 9, 5)
    axes = figure.subplots()
    x = np.linspace(0, 4, 400)
    limit = x * np.exp(-(x**2) / 2)
    axes.fill_between(x, limit, color=EXACT, alpha=0.1, lw=0)
    axes.plot(x, limit, color=EXACT, lw=2, label="Limit: Rayleigh's density")
    widths = [bits for bits in np.unique(table["bits"]) if bits >= 16] or list(
        np.unique(table["bits"])
    )
    for number, (colour, bits) in enumerate(zip(SHADES, widths[-6:], strict=False)):
        of = table["bits"] == bits
        trials, seen = table["trials"][of][0], table["density"][of]
        middle = table["middle"][of]
        width = middle[1] - middle[0]
        error = np.sqrt(np.maximum(seen, 1e-9) / trials / width)
        axes.errorbar(
            # Side by side, not one on the other.
            middle + (number - 2.5) * width / 20,
            seen,
            yerr=error,
            fmt="o",
            ms=3.5,
            lw=0.8,
            color=colour,
            label=f"{int(bits)} bits, {int(trials):,} trials",
        )
    axes.set_xlim(0, 4)
    axes.set_ylim(0, None)
    axes.set_title("T, the draw that first repeats an earlier one; bars: one s.d.")
    axes.set(xlabel="T / √N", ylabel="Density")
    axes.legend(loc="upper right")
    return figure


@styled
def hashes(rows: Sequence[Mapping[str, str]]) -> Figure:
    """Draw a heat map of hashes by key sets: how far repeats stray from chance."""
    sets = list(dict.fromkeys(row["key_set"] for row in rows))
    names = list(dict.fromkeys(row["algorithm"] for row in rows))
    widths = sorted({int(row["bits"]) for row in rows})
    figure = new_figure("Cheap hashes give themselves away", 11, 6.2)
    panels = figure.subplots(1, len(sets), sharey=True, squeeze=False)[0]
    norm = SymLogNorm(3, linscale=1.2, vmin=-1000, vmax=1000)
    for axes, name in zip(panels, sets, strict=True):
        axes.grid(visible=False)
        z = np.zeros((len(names), len(widths)))
        for row in rows:
            if row["key_set"] != name:
                continue
            at = names.index(row["algorithm"]), widths.index(int(row["bits"]))
            z[at] = float(row["z"])
            text = f"{z[at]:+.1f}" if abs(z[at]) < 100 else f"{z[at]:+,.0f}"
            dark = abs(z[at]) > 60
            colour = "white" if dark else INK
            axes.text(
                at[1], at[0], text, ha="center", va="center", fontsize=8, color=colour
            )
            if row["flagged"] == "1":
                corner = at[1] - 0.5, at[0] - 0.5
                axes.add_patch(Rectangle(corner, 1, 1, fill=False, ec=INK, lw=1.8))
        shown = axes.imshow(z, cmap="RdBu_r", norm=norm, aspect="auto")
        axes.set_xticks(range(len(widths)), [str(width) for width in widths])
        axes.set_yticks(range(len(names)), names)
        axes.tick_params(length=0)
        axes.set_title(name)
        axes.set_xlabel("First bits kept")
    bar = figure.colorbar(
        shown,
        ax=list(panels),
        fraction=0.03,
        ticks=[-1000, -100, -10, -3, 0, 3, 10, 100, 1000],
    )
    bar.ax.set_yticklabels(
        ["-1000", "-100", "-10", "-3", "0", "+3", "+10", "+100", "+1000"]
    )
    bar.set_label("Repeats, in standard deviations from chance")
    return figure


@styled
def effective_bits(rows: Sequence[Mapping[str, str]]) -> Figure:
    """Draw how many bits of each hash work on each key set, with intervals."""
    sets = list(dict.fromkeys(row["key_set"] for row in rows))
    names = list(dict.fromkeys(row["algorithm"] for row in rows))
    kept = int(rows[0]["bits"])
    figure = new_figure(f"Of {kept} bits, how many work?", 9, 6.4)
    axes = figure.subplots()
    axes.axvline(kept, color=INK, lw=1, label="A perfect hash")
    looks = cycle(((MEASURED, "o"), (EXACT, "s"), (CLAIMED, "D"), (OTHER, "^")))
    for number, (name, (colour, mark)) in enumerate(zip(sets, looks, strict=False)):
        of = [row for row in rows if row["key_set"] == name]
        y = np.arange(len(names), dtype=np.float64)
        y += 0.24 * (number - (len(sets) - 1) / 2)
        _effective_of(axes, of, y, colour, mark)
    axes.plot([], [], "o", ms=11, mfc="none", mec=INK, mew=1.2, label="Not by chance")
    axes.set_yticks(range(len(names)), names)
    axes.invert_yaxis()
    axes.set_xlim(kept - 1.15 * BEYOND, kept + 1.15 * BEYOND)
    axes.set_title("From the times of first collisions, with 95 % intervals")
    axes.set_xlabel("Fewer: values repeat too often. More: nearly one to one.")
    axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0))
    return figure


def _effective_of(
    axes: Axes, rows: Sequence[Mapping[str, str]], y: Numbers, colour: str, mark: str
) -> None:
    """Draw one key set; what lies beyond the axis stands at its edge, as a number."""
    kept = int(rows[0]["bits"])
    found, low, high = (
        np.array([float(row[key]) for row in rows])
        for key in ("effective_bits", "bits_low", "bits_high")
    )
    middle, left, right = (
        np.clip(x, kept - BEYOND, kept + BEYOND) for x in (found, low, high)
    )
    axes.errorbar(
        middle,
        y,
        xerr=np.maximum([middle - left, right - middle], 0),
        fmt=mark,
        ms=4.5,
        color=colour,
        elinewidth=1.2,
        label=rows[0]["key_set"],
    )
    flagged = np.array([row["flagged"] == "1" for row in rows])
    axes.plot(middle[flagged], y[flagged], "o", ms=11, mfc="none", mec=INK, mew=1.2)
    for value, x, height in zip(found, middle, y, strict=True):
        if value != x:
            below = value < x
            axes.annotate(
                f"{value:.1f}" if np.isfinite(value) else "no repeat",
                (x, height),
                (10 if below else -10, 0),
                textcoords="offset points",
                ha="left" if below else "right",
                va="center",
                fontsize=8,
                color=colour,
            )


OF_HASHES = {draw.__name__: draw for draw in (hashes, effective_bits)}
"""The figures that name hashes and key sets, by name."""
