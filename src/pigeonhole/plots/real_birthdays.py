"""Figure of real birthdays: births by day, and their effect on shared birthdays."""

from calendar import month_abbr

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import TwoSlopeNorm
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke

from pigeonhole.core.tables import Table
from pigeonhole.plots.colors import EXACT, INK, MEASURED
from pigeonhole.plots.style import minus, new_figure, styled


@styled
def birthdays(table: Table) -> Figure:
    """Draw the births of each day and the extra probability of a shared birthday."""
    figure = new_figure(
        "Real birthdays collide slightly more often than equally likely days", 11, 4.6
    )
    calendar_axes, difference_axes = figure.subplots(1, 2, width_ratios=(3, 2))
    _calendar(figure, calendar_axes)
    _difference(difference_axes, table)
    return figure


def _calendar(figure: Figure, axes: Axes) -> None:
    # Imported here because it loads Numba, which no other figure needs.
    from pigeonhole.birthday.experiments.real_birthdays import read_births

    month, day, births = read_births().T
    percent = np.full((12, 31), np.nan)
    percent[month - 1, day - 1] = 100 * (births / np.median(births) - 1)
    image = axes.imshow(
        percent, cmap="PuOr_r", norm=TwoSlopeNorm(0, -50, 15), aspect="auto"
    )
    for (row, column), name, side in (
        ((12, 25), "Christmas", "right"),
        ((7, 4), "July 4", "left"),
        ((1, 1), "New Year", "left"),
        ((2, 29), "leap day", "left"),
    ):
        shift = 0.7 if side == "left" else -0.7
        label = axes.text(
            column - 1 + shift, row - 1, name, ha=side, va="center", fontsize=9
        )
        label.set_path_effects([withStroke(linewidth=2, foreground="white")])
    axes.grid(visible=False)
    axes.set_yticks(range(12), month_abbr[1:])
    axes.set_xticks(range(0, 31, 5), [str(d) for d in range(1, 32, 5)])
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    axes.set_title("Births in the USA, 2000 to 2014")
    axes.set_xlabel("Day of the month")
    bar = figure.colorbar(image, ax=axes, fraction=0.04, ticks=[-50, -25, 0, 5, 10, 15])
    labels = [minus(f"{t:+d}%") if t else "median" for t in bar.get_ticks()]
    bar.ax.set_yticklabels(labels)
    bar.set_label("Births (the scale is finer above the median)")
    bar.outline.set_visible(False)


def _difference(axes: Axes, table: Table) -> None:
    people, equal = table["draws"], table["equal_days"]
    error = [table["share"] - table["low"], table["high"] - table["share"]]
    axes.axhline(0, color=INK, lw=0.8)
    axes.errorbar(
        people,
        100 * (table["share"] - equal),
        yerr=100 * np.maximum(error, 0),
        fmt="o",
        ms=3,
        color=MEASURED,
        elinewidth=0.9,
        label="Sample, with 95% confidence intervals",
    )
    axes.plot(people, 100 * (table["exact"] - equal), color=EXACT, label="Exact")
    at_23 = float(table["exact"][people == 23][0])
    axes.text(
        0.97,
        0.05,
        f"23 people: {at_23:.2%},\nequal days {equal[22]:.2%}",
        transform=axes.transAxes,
        ha="right",
        color=EXACT,
    )
    axes.set_title(
        "Extra probability of a shared birthday\ncompared with 365 equal days"
    )
    axes.set(
        xlabel="People in the group",
        ylabel="Difference in percentage points",
        xlim=(0, 90),
    )
    axes.set_ylim(top=1.3 * axes.get_ylim()[1])
    axes.legend(loc="upper right")
