"""Tables of the birthday experiments -> figures; never saves, never shows.

Every figure has the same look: what is exact is a blue line, what we measured a point
with its 95 % interval (orange, where it stands alone), what a tutorial says green.
"""

import math
from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, PercentFormatter

from pigeonhole.birthday import tutorials
from pigeonhole.birthday.theory import (
    collision_probability,
    draws_for,
    expected_repeats,
)
from pigeonhole.core.tables import Table
from pigeonhole.plots.days import birthdays, census
from pigeonhole.plots.hashes import density
from pigeonhole.plots.ids import safe_draws
from pigeonhole.plots.shares import get_uid, people, root
from pigeonhole.plots.style import (
    CLAIMED,
    EXACT,
    INK,
    MEASURED,
    OTHER,
    Drawing,
    Numbers,
    as_time,
    new_figure,
    percent,
    styled,
)


@styled
def curve(table: Table) -> Figure:
    """Draw the chance of a shared birthday by the size of the group."""
    figure = new_figure("With 23 people a shared birthday is likelier than not", 11)
    rising, falling = figure.subplots(1, 2)
    _points(rising, table["draws"], table["share"], table["low"], table["high"])
    rising.plot(table["draws"], table["exact"], color=EXACT, label="Exact")
    half = draws_for(tutorials.HALF, tutorials.DAYS)
    rising.plot([0, half, half], [0.5, 0.5, 0], color=CLAIMED, ls="--", lw=1.5)
    chance = collision_probability(half, tutorials.DAYS)
    rising.annotate(
        f"{half} people: {percent(chance, 2)}",
        (half, chance),
        (half + 8, chance - 0.02),
        color=CLAIMED,
        va="top",
    )
    rising.set_title("A shared birthday")
    rising.yaxis.set_major_formatter(PercentFormatter(1, decimals=0, symbol=" %"))
    rising.set(xlim=(0, 90), ylim=(0, 1.01), ylabel="Probability")
    rising.legend(loc="lower right")
    _survival(falling, table)
    for axes in (rising, falling):
        axes.set_xlabel("People in the group")
    return figure


def _survival(axes: Axes, table: Table) -> None:
    seen = table["share"] < 1
    people, none = table["draws"][seen], 1 - table["share"][seen]
    low, high = 1 - table["high"][seen], 1 - table["low"][seen]
    _points(axes, people, none, low, high)
    axes.plot(table["draws"], 1 - table["exact"], color=EXACT, label="Exact")
    axes.set_yscale("log")
    axes.set(xlim=(0, 90), ylim=(4e-6, 1.5), title="No shared birthday, on a log axis")
    trials = int(table["trials"][0])
    axes.text(4, 8e-6, f"{trials:,} groups; beyond the last point all share one")


def _points(
    axes: Axes, x: Numbers, share: Numbers, low: Numbers, high: Numbers
) -> None:
    axes.errorbar(
        x,
        share,
        yerr=[np.maximum(share - low, 0), np.maximum(high - share, 0)],
        fmt="o",
        ms=4,
        color=MEASURED,
        elinewidth=1.2,
        capsize=2,
        label="Measured, with 95 % intervals",
    )


@styled
def first_byte(table: Table) -> Figure:
    """Draw how many of 256 values of a byte repeat an earlier one."""
    mean = expected_repeats(tutorials.BYTE_INPUTS, 2**tutorials.BYTE_BITS)
    figure = new_figure("256 inputs into one byte: 94 repeats, give or take 10", 9)
    axes = figure.subplots()
    shown = table["exact"] > 1e-5
    repeats, share = table["repeats"][shown], table["share"][shown]
    axes.bar(repeats, share, width=0.85, color=MEASURED, alpha=0.25, lw=0)
    _points(axes, repeats, share, table["low"][shown], table["high"][shown])
    axes.plot(repeats, table["exact"][shown], color=EXACT, label="Exact distribution")
    axes.axvline(mean, color=EXACT, ls=":", lw=1.5, label=f"Its mean, {mean:.2f}")
    claimed = tutorials.BYTE_REPEATS
    axes.axvline(
        claimed, color=CLAIMED, lw=2, label=f"The tutorial's run, {claimed}", zorder=1
    )
    trials = int(table["trials"][0])
    axes.set_title(f"{trials:,} trials of 256 random inputs, first byte of their MD5")
    axes.set(xlabel="Inputs that repeat an earlier value", ylabel="Share of trials")
    axes.set_ylim(bottom=0)
    axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=0, symbol=" %"))
    axes.legend(loc="upper right")
    return figure


@styled
def sweep(table: Table) -> Figure:
    """Draw the share of trials with a collision by the length of the hash."""
    figure = new_figure("The square root of the space gives 39 %, whatever its size", 9)
    _rates(figure.subplots(), table)
    figure.axes[0].set_xlabel("Bits of MD5 that are kept")
    return figure


@styled
def sweep_seconds(table: Table) -> Figure:
    """Draw rate and time of a trial, above each other, by the length of the hash."""
    figure = new_figure(
        "Twice the bits: the same rate, and the square of the time", 9, 7.2
    )
    rates, times = figure.subplots(2, 1, sharex=True, height_ratios=(3, 2))
    _rates(rates, table)
    bits, each = table["bits"], table["seconds_per_trial"]
    times.plot(bits, each, "o-", color=INK, ms=5)
    for x, y, speed in zip(bits, each, table["draws_per_second"], strict=True):
        times.annotate(
            f"{speed / 1e6:.0f}",
            (x, y),
            (0, 8),
            textcoords="offset points",
            ha="center",
            fontsize=9,
        )
    times.set_yscale("log")
    times.set_ylim(each.min() / 3, each.max() * 8)
    times.yaxis.set_major_formatter(FuncFormatter(as_time))
    times.set_title("The numbers are million hashes a second")
    times.set(xlabel="Bits of MD5 that are kept", ylabel="Time of a trial")
    return figure


def _rates(axes: Axes, table: Table) -> None:
    bits = table["bits"]
    axes.axhline(
        tutorials.HALF,
        color=CLAIMED,
        ls="--",
        label="The tutorial: approximately 50 %",
    )
    limit = -math.expm1(-0.5)
    axes.axhline(
        limit,
        color=EXACT,
        ls=":",
        lw=1.5,
        label=f"Limit 1 - exp(-1/2) = {percent(limit, 2)}",
    )
    axes.fill_between(
        bits,
        table["band_low"],
        table["band_high"],
        color=EXACT,
        alpha=0.13,
        lw=0,
        label="Simultaneous 99 % band",
    )
    axes.plot(bits, table["exact"], "_-", color=EXACT, ms=14, label="Exact")
    _points(axes, bits, table["share"], table["low"], table["high"])
    trials = " or ".join(f"{int(n):,}" for n in sorted(set(table["trials"]))[::-1])
    axes.set_title(f"{trials} trials of 2^(bits/2) draws for each")
    axes.set_ylabel("Share of trials with a collision")
    axes.set_ylim(min(0.28, table["low"].min() - 0.02), max(0.62, table["high"].max()))
    axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=0, symbol=" %"))
    axes.set_xticks(bits)
    axes.legend(loc="upper left", ncols=2)


@styled
def dict_seconds(table: Table) -> Figure:
    """Draw the time of one insertion and of one look-up by the size of a dict."""
    figure = new_figure("A dict is O(1) in steps, but not in time: caches decide", 9)
    axes = figure.subplots()
    for series, name, colour, line in (
        ("random_look_up", "Look-up, random keys", MEASURED, "o-"),
        ("random_insertion", "Insertion, random keys", EXACT, "s-"),
        (
            "ordered_insertion",
            "Insertion, keys 0, 1, 2, … (the tutorial's)",
            OTHER,
            "^-",
        ),
        ("ordered_look_up", "Look-up, keys 0, 1, 2, … (the tutorial's)", CLAIMED, "v-"),
    ):
        middle = table[f"{series}_ns"]
        low, high = table[f"{series}_ns_low"], table[f"{series}_ns_high"]
        axes.plot(table["size"], middle, line, color=colour, ms=5, label=name)
        axes.fill_between(table["size"], low, high, color=colour, alpha=0.2, lw=0)
    axes.set_xscale("log", base=2)
    axes.set_title("Medians of 3 to 25 measurements; the bands hold their middle half")
    axes.set(xlabel="Keys in the dict", ylabel="Nanoseconds per operation")
    axes.set_ylim(0, 1.2 * max(table[name].max() for name in table if "_high" in name))
    _mark_caches(axes, table)
    axes.legend(loc="upper left", bbox_to_anchor=(0, 0.93))
    return figure


def _mark_caches(axes: Axes, table: Table) -> None:
    """Mark the sizes at which a dict and its keys outgrow each cache."""
    for level in (1, 2, 3):
        cache = table[f"cache_{level}_bytes"][0]
        if not table["bytes"][0] < cache < table["bytes"][-1]:
            continue
        # Both grow in proportion, or nearly.
        keys = np.exp(np.interp(*map(np.log, (cache, table["bytes"], table["size"]))))
        axes.axvline(keys, color=INK, lw=0.8, ls=":")
        axes.annotate(
            f"L{level}, {_as_bytes(cache)}, is full",
            (keys, 1),
            (4, -4),
            xycoords=("data", "axes fraction"),
            textcoords="offset points",
            va="top",
            fontsize=9,
        )


def _as_bytes(size: float) -> str:
    mega = size / 2**20
    return f"{mega:g} MB" if mega >= 1 else f"{1024 * mega:g} KB"


FIGURES: Mapping[str, Drawing] = {
    draw.__name__: draw
    for draw in (
        people,
        curve,
        birthdays,
        first_byte,
        root,
        dict_seconds,
        sweep,
        sweep_seconds,
        get_uid,
        density,
        census,
        safe_draws,
    )
}
"""Every figure by its name, which is also that of its table and its file."""
