"""Style and text formats shared by all figures."""

from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from pigeonhole.plots.colors import INK, PALE

FIGURE_STYLE: dict[Any, Any] = {
    # Start from Matplotlib's defaults, so that no matplotlibrc changes the figures.
    **mpl.rcParamsDefault,
    "font.family": "DejaVu Sans",
    "font.size": 10,
    "axes.titlesize": 11,
    "axes.titlelocation": "left",
    "axes.titlepad": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "axes.axisbelow": True,
    "axes.grid": True,
    "grid.color": PALE,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    # A white ground, so that no line strikes through the words.
    "legend.frameon": True,
    "legend.framealpha": 0.9,
    "legend.edgecolor": "none",
    "legend.fontsize": 9,
    "figure.constrained_layout.use": True,
    "figure.constrained_layout.h_pad": 0.08,
    "figure.constrained_layout.w_pad": 0.08,
}
"""Matplotlib settings of every figure. They must also be active while a figure is
saved, because ticks are created then."""

styled = mpl.rc_context(FIGURE_STYLE)
"""Decorator of functions that draw in `FIGURE_STYLE`."""


def new_figure(title: str, width: float = 8.0, height: float = 4.4) -> Figure:
    """Return an empty figure with a title, sized in inches."""
    figure = Figure(figsize=(width, height))
    figure.suptitle(title, x=0.01, ha="left", fontsize=14, fontweight="bold")
    return figure


def annotate(
    axes: Axes,
    text: str,
    position: tuple[float, float],
    offset: tuple[float, float],
    **options: Any,
) -> None:
    """Write text near a position, at an offset in points of 1/72 inch."""
    axes.annotate(text, position, offset, textcoords="offset points", **options)


def mark(axes: Axes, x: float, text: str) -> None:
    """Draw a dotted vertical line with a label at its top."""
    axes.axvline(x, color=INK, lw=0.8, ls=":")
    xycoords = ("data", "axes fraction")
    annotate(axes, text, (x, 1), (4, -4), xycoords=xycoords, va="top", fontsize=9)


def minus(text: str) -> str:
    """Replace hyphens by minus signs, as in the labels of axes."""
    return text.replace("-", "\N{MINUS SIGN}")


def legend_below(figure: Figure, axes: Axes, columns: int) -> None:
    """Write the legend of a plot below it."""
    handles, labels = axes.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower left", ncols=columns)


def format_time(seconds: float, _: int | None = None) -> str:
    """Format a time in the unit that fits; also a tick formatter."""
    for unit, name in ((1, "s"), (1e-3, "ms"), (1e-6, "µs")):
        if seconds >= 0.99 * unit:
            return f"{seconds / unit:g} {name}"
    return f"{seconds * 1e9:g} ns"
