"""Figures of hashes: times of first collisions, and repeats by key sets."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.colors import SymLogNorm
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from pigeonhole.birthday.tables import Table
from pigeonhole.plots.style import EXACT, INK, new_figure, styled

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
    for colour, bits in zip(SHADES, widths[-6:], strict=False):
        of = table["bits"] == bits
        trials, seen = table["trials"][of][0], table["density"][of]
        middle = table["middle"][of]
        width = middle[1] - middle[0]
        error = np.sqrt(np.maximum(seen, 1e-9) / trials / width)
        axes.errorbar(
            middle,
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
