"""Figure of the exhaustive count of all MD5 values."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from pigeonhole.core.arrays import Float64Array
from pigeonhole.core.tables import Table
from pigeonhole.plots.colors import EXACT, MEASURED
from pigeonhole.plots.style import annotate, new_figure, styled


@styled
def census(table: Table) -> Figure:
    """Draw how many values occur 0, 1, 2, ... times among as many messages."""
    space = int(table["values"].sum())
    bits = space.bit_length() - 1
    figure = new_figure(
        f"The MD5 values of all 2^{bits} messages occur like random draws", 11.5, 6
    )
    count_axes, deviation_axes = figure.subplots(
        2, 1, sharex=True, height_ratios=(3, 1)
    )
    shown = (table["values"] > 0) | (table["expected"] > 0.5)
    times, values = table["times"][shown], table["values"][shown]
    expected = table["expected"][shown]
    count_axes.bar(
        times, values, width=0.6, color=MEASURED, alpha=0.35, label="Counted"
    )
    count_axes.plot(
        times, expected, "_", color=EXACT, ms=26, mew=2.5, label="Expected (binomial)"
    )
    for x, y in zip(times, values, strict=True):
        point, text = (x, max(y, 1)), f"{int(y):,}"
        annotate(count_axes, text, point, (0, 7), ha="center", fontsize=6.5)
    distinct = space - int(table["values"][0])
    count_axes.set_yscale("log")
    count_axes.set(ylim=(0.5, 8 * values.max()), ylabel="Number of values")
    count_axes.yaxis.set_major_formatter("{x:,.0f}")
    count_axes.set_title(
        f"{distinct:,} of {space:,} values occur at least once: "
        f"{distinct / space:.3%}, in theory 1 \N{MINUS SIGN} 1/e = 63.212%"
    )
    count_axes.legend(loc="upper right")
    _deviations(deviation_axes, times, table["z"][shown])
    return figure


def _deviations(axes: Axes, times: Float64Array, z: Float64Array) -> None:
    axes.axhspan(-1.96, 1.96, color=EXACT, alpha=0.12, lw=0)
    axes.axhline(0, color=EXACT, lw=1)
    axes.plot(times, z, "o", color=MEASURED)
    axes.set_ylim(min(-3, z.min() - 0.5), max(3, z.max() + 0.5))
    axes.set_xticks(times)
    axes.set_title("Deviation of each count; the band holds 95% of random deviations")
    axes.set(xlabel="Number of times that a value occurs", ylabel="Std deviations")
