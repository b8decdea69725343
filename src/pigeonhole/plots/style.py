"""The look of every figure."""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

import matplotlib as mpl
import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure

from pigeonhole.core.tables import Table

Numbers = npt.NDArray[np.float64]
Drawing = Callable[[Table], Figure]
Thing = TypeVar("Thing")

# Okabe and Ito's colours, which the colour-blind tell apart.
EXACT, MEASURED, CLAIMED, OTHER = "#0072B2", "#D55E00", "#009E73", "#CC79A7"
INK, PALE = "#333333", "#E6E6E6"

STYLE: dict[Any, Any] = {
    # First the library's own, so that a person's matplotlibrc changes no figure.
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
    "legend.frameon": False,
    "legend.fontsize": 9,
    "figure.constrained_layout.use": True,
    "figure.constrained_layout.h_pad": 0.08,
    "figure.constrained_layout.w_pad": 0.08,
}
"""The look of every figure; whoever saves one needs it too, as ticks are made late."""


def styled(draw: Callable[[Thing], Figure]) -> Callable[[Thing], Figure]:
    """Let a function draw in our style."""

    @wraps(draw)
    def drawn(table: Thing) -> Figure:
        with mpl.rc_context(STYLE):
            return draw(table)

    return drawn


def new_figure(title: str, width: float = 8.0, height: float = 4.4) -> Figure:
    """Return an empty figure with a title over all of it."""
    figure = Figure(figsize=(width, height))
    figure.suptitle(title, x=0.01, ha="left", fontsize=14, fontweight="bold")
    return figure


def percent(share: float, digits: int) -> str:
    """Write a share as people read it."""
    return f"{100 * share:.{digits}f} %"


def as_time(seconds: float, _: int | None = None) -> str:
    """Write a time in the unit that fits it."""
    for unit, name in ((1, "s"), (1e-3, "ms"), (1e-6, "µs")):
        if seconds >= 0.99 * unit:
            return f"{seconds / unit:g} {name}"
    return f"{seconds * 1e9:g} ns"
