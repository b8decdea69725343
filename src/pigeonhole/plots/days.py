"""Figures of counting everything: real birthdays by day, and the census by value."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import TwoSlopeNorm
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from pigeonhole.core.tables import Table
from pigeonhole.plots.style import EXACT, INK, MEASURED, new_figure, percent, styled

MONTHS = (
    "Jan",
    "Feb",
    "Mar",
    "Apr",
    "May",
    "Jun",
    "Jul",
    "Aug",
    "Sep",
    "Oct",
    "Nov",
    "Dec",
)


@styled
def birthdays(table: Table) -> Figure:
    """Draw how often each day is a birthday, and how little that changes."""
    figure = new_figure("Real birthdays collide a little more than equal days", 11, 4.6)
    days, gain = figure.subplots(1, 2, width_ratios=(3, 2))
    _calendar(figure, days)
    _gain(gain, table)
    return figure


def _calendar(figure: Figure, axes: Axes) -> None:
    # Read here: other figures don't need it.
    from pigeonhole.birthday.experiments.days import births

    month, day, born = births().T
    usual = np.full((12, 31), np.nan)
    usual[month - 1, day - 1] = 100 * (born / np.median(born) - 1)
    shades = TwoSlopeNorm(0, -50, 15)
    shown = axes.imshow(usual, cmap="PuOr_r", norm=shades, aspect="auto")
    for at, name, side in (
        ((12, 25), "Christmas", "right"),
        ((7, 4), "4 July", "left"),
        ((1, 1), "New Year", "left"),
        ((2, 29), "leap day", "left"),
    ):
        shift = 0.7 if side == "left" else -0.7
        axes.text(at[1] - 1 + shift, at[0] - 1, name, ha=side, va="center", fontsize=8)
    axes.grid(visible=False)
    axes.set_yticks(range(12), MONTHS)
    axes.set_xticks(range(0, 31, 5), [str(d) for d in range(1, 32, 5)])
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    axes.set_title("Births in the USA, 2000 to 2014, by day of the month")
    bar = figure.colorbar(shown, ax=axes, fraction=0.04, ticks=[-50, -25, 0, 5, 10, 15])
    bar.ax.set_yticklabels([f"{t:+d} %" if t else "median" for t in bar.get_ticks()])
    bar.outline.set_visible(False)


def _gain(axes: Axes, table: Table) -> None:
    people, equal = table["draws"], table["equal_days"]
    axes.axhline(0, color=INK, lw=0.8)
    axes.errorbar(
        people,
        100 * (table["share"] - equal),
        yerr=100
        * np.maximum(
            [table["share"] - table["low"], table["high"] - table["share"]], 0
        ),
        fmt="o",
        ms=3,
        color=MEASURED,
        elinewidth=0.9,
        label="Measured, with 95 % intervals",
    )
    axes.plot(people, 100 * (table["exact"] - equal), color=EXACT, label="Exact")
    at_23 = float(table["exact"][people == 23][0])
    axes.text(
        0.97,
        0.05,
        f"23 people: {percent(at_23, 2)},\nequal days {percent(float(equal[22]), 2)}",
        transform=axes.transAxes,
        ha="right",
        color=EXACT,
    )
    axes.set_title("A shared birthday, beyond 365 equal days")
    axes.set(xlabel="People in the group", ylabel="Percentage points", xlim=(0, 90))
    axes.set_ylim(top=1.3 * axes.get_ylim()[1])
    axes.legend(loc="upper right")


@styled
def census(table: Table) -> Figure:
    """Draw how many values come 0, 1, 2, ... times among as many messages."""
    space = int(table["values"].sum())
    bits = space.bit_length() - 1
    figure = new_figure(
        f"All 2^{bits} messages, counted: as if thrown at random", 11.5, 6
    )
    counts, strays = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))
    shown = (table["values"] > 0) | (table["expected"] > 0.5)
    times, values = table["times"][shown], table["values"][shown]
    counts.bar(times, values, width=0.6, color=MEASURED, alpha=0.35, label="Counted")
    counts.plot(
        times, table["expected"][shown], "_", color=EXACT, ms=26, mew=2.5, label="Exact"
    )
    for x, y in zip(times, values, strict=True):
        counts.annotate(
            f"{int(y):,}",
            (x, max(y, 1)),
            (0, 7),
            textcoords="offset points",
            ha="center",
            fontsize=6.5,
        )
    distinct = space - int(table["values"][0])
    counts.set_yscale("log")
    counts.set(ylim=(0.5, 8 * values.max()), ylabel="Values")
    counts.yaxis.set_major_formatter(FuncFormatter(_in_words))
    counts.set_title(
        f"{distinct:,} of {space:,} values come at least once; "
        f"{percent(distinct / space, 3)}, by theory 1 - 1/e = 63.212 %"
    )
    counts.legend(loc="upper right")
    _strays(strays, times, table["z"][shown])
    return figure


def _strays(axes: Axes, times: np.ndarray, z: np.ndarray) -> None:
    axes.axhspan(-1.96, 1.96, color=EXACT, alpha=0.12, lw=0)
    axes.axhline(0, color=EXACT, lw=1)
    axes.plot(times, z, "o", color=MEASURED)
    axes.set_ylim(min(-3, z.min() - 0.5), max(3, z.max() + 0.5))
    axes.set_xticks(times)
    axes.set_title("How far each count strays; 95 of 100 lie in the band")
    axes.set(xlabel="Times that a value comes", ylabel="Std deviations")


def _in_words(number: float, _: int | None = None) -> str:
    for unit, name in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if number >= unit:
            return f"{number / unit:g} {name}"
    return f"{number:g}"
