"""Figures of the experiments with people, bytes, hash lengths and dicts.

In every figure, exact values are blue, sample values with 95% confidence intervals are
orange, and values stated by a tutorial are green.
"""

import math

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, PercentFormatter

from pigeonhole.birthday import theory, tutorials
from pigeonhole.core.arrays import Float64Array
from pigeonhole.core.tables import Table
from pigeonhole.plots.colors import CLAIMED, EXACT, INK, MEASURED, OTHER
from pigeonhole.plots.style import (
    annotate,
    format_time,
    legend_below,
    mark,
    minus,
    new_figure,
    styled,
)


@styled
def curve(table: Table) -> Figure:
    """Draw the probability of a shared birthday by the size of the group."""
    figure = new_figure("Among 23 people a shared birthday is more likely than not", 11)
    collision_axes, survival_axes = figure.subplots(1, 2)
    _sample_points(
        collision_axes, table["draws"], table["share"], table["low"], table["high"]
    )
    collision_axes.plot(table["draws"], table["exact"], color=EXACT, label="Exact")
    half = theory.draws_for(tutorials.HALF, tutorials.DAYS)
    collision_axes.plot([0, half, half], [0.5, 0.5, 0], color=CLAIMED, ls="--", lw=1.5)
    probability = theory.collision_probability(half, tutorials.DAYS)
    collision_axes.annotate(
        f"{half} people: {probability:.2%}",
        (half, probability),
        (half + 8, probability - 0.06),
        color=CLAIMED,
        va="top",
        arrowprops={"arrowstyle": "-", "color": CLAIMED, "lw": 0.8},
    )
    collision_axes.set_title("Shared birthday")
    collision_axes.yaxis.set_major_formatter(PercentFormatter(1))
    collision_axes.set(xlim=(0, 90), ylim=(0, 1.01), ylabel="Probability")
    collision_axes.legend(loc="lower right")
    _survival(survival_axes, table)
    for axes in (collision_axes, survival_axes):
        axes.set_xlabel("People in the group")
    return figure


def _survival(axes: Axes, table: Table) -> None:
    shown = table["share"] < 1
    people, survival = table["draws"][shown], 1 - table["share"][shown]
    low, high = 1 - table["high"][shown], 1 - table["low"][shown]
    _sample_points(axes, people, survival, low, high)
    axes.plot(table["draws"], 1 - table["exact"], color=EXACT, label="Exact")
    axes.set_yscale("log")
    axes.set(xlim=(0, 90), ylim=(2e-6, 1.5), ylabel="Probability")
    trials = int(table["trials"][0])
    axes.set_title(f"No shared birthday (log scale), {trials:,} groups")
    # Below the legend and away from the lines of the grid.
    axes.text(4, 4e-6, "In larger groups, all samples share a birthday")
    axes.legend(loc="lower left", bbox_to_anchor=(0, 0.1))


def _sample_points(
    axes: Axes,
    x: Float64Array,
    share: Float64Array,
    low: Float64Array,
    high: Float64Array,
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
        label="Sample, with 95% confidence intervals",
    )


@styled
def first_byte(table: Table) -> Figure:
    """Draw the distribution of repeats among 256 values of one byte."""
    mean = theory.expected_repeats(tutorials.BYTE_INPUTS, 2**tutorials.BYTE_BITS)
    figure = new_figure("256 inputs hashed to one byte: 94 repeats, give or take 10", 9)
    axes = figure.subplots()
    shown = table["exact"] > 1e-5
    repeats, share = table["repeats"][shown], table["share"][shown]
    axes.bar(repeats, share, width=0.85, color=MEASURED, alpha=0.25, lw=0)
    _sample_points(axes, repeats, share, table["low"][shown], table["high"][shown])
    axes.plot(repeats, table["exact"][shown], color=EXACT, label="Exact distribution")
    axes.axvline(mean, color=EXACT, ls=":", lw=1.5, label=f"Exact mean {mean:.2f}")
    stated = tutorials.BYTE_REPEATS
    axes.axvline(stated, color=CLAIMED, lw=2, label=f"Tutorial: {stated}", zorder=1)
    trials = int(table["trials"][0])
    axes.set_title(f"{trials:,} trials of 256 random inputs, first byte of their MD5")
    axes.set(xlabel="Inputs that repeat an earlier value", ylabel="Share of trials")
    axes.set_ylim(bottom=0)
    axes.yaxis.set_major_formatter(PercentFormatter(1))
    axes.legend(loc="upper right")
    return figure


@styled
def sweep(table: Table) -> Figure:
    """Draw the share of trials with a collision by the length of the hash."""
    figure = new_figure("√N draws collide in about 39% of trials, not in half", 9, 5)
    axes = figure.subplots()
    _rates(axes, table)
    axes.set_xlabel("Leading bits of MD5")
    legend_below(figure, axes, 3)
    return figure


@styled
def sweep_seconds(table: Table) -> Figure:
    """Draw the collision rate and the time of a trial by the length of the hash."""
    figure = new_figure(
        "The rate of collisions is constant, the time grows with √N", 9, 7.2
    )
    rate_axes, time_axes = figure.subplots(2, 1, sharex=True, height_ratios=(3, 2))
    _rates(rate_axes, table)
    bits, seconds = table["bits"], table["seconds_per_trial"]
    time_axes.plot(bits, seconds, "o-", color=INK, ms=5)
    for x, y, speed in zip(bits, seconds, table["draws_per_second"], strict=True):
        text = f"{speed / 1e6:,.0f}"
        annotate(time_axes, text, (x, y), (0, 8), ha="center", fontsize=9)
    time_axes.set_yscale("log")
    time_axes.set_ylim(seconds.min() / 3, seconds.max() * 8)
    time_axes.yaxis.set_major_formatter(FuncFormatter(format_time))
    time_axes.set_title("Time of a trial; the numbers are million hashes per second")
    time_axes.set(xlabel="Leading bits of MD5", ylabel="CPU time")
    legend_below(figure, rate_axes, 3)
    return figure


def _rates(axes: Axes, table: Table) -> None:
    bits = table["bits"]
    axes.axhline(
        tutorials.HALF, color=CLAIMED, ls="--", label="Tutorial: approximately 50%"
    )
    limit = -math.expm1(-0.5)
    label = minus(f"Limit 1 - exp(-1/2) = {limit:.2%}")
    axes.axhline(limit, color=EXACT, ls=":", lw=1.5, label=label)
    # A bar for each length, because they can have different numbers of trials.
    axes.vlines(
        bits,
        table["band_low"],
        table["band_high"],
        color=EXACT,
        alpha=0.2,
        lw=14,
        label="Simultaneous 99% band",
    )
    axes.plot(bits, table["exact"], "_-", color=EXACT, ms=14, label="Exact")
    _sample_points(axes, bits, table["share"], table["low"], table["high"])
    trials = " or ".join(f"{int(n):,}" for n in sorted(set(table["trials"]))[::-1])
    axes.set_title(f"{trials} trials of √N = 2^(bits/2) draws for each length")
    axes.set_ylabel("Share of trials with a collision")
    axes.set_ylim(
        min(0.31, table["low"].min() - 0.02, table["band_low"].min() - 0.02),
        max(0.52, table["high"].max() + 0.02, table["band_high"].max() + 0.02),
    )
    axes.yaxis.set_major_formatter(PercentFormatter(1))
    axes.set_xticks(bits)


@styled
def dict_seconds(table: Table) -> Figure:
    """Draw the time of an insertion and of a lookup by the size of a dict."""
    figure = new_figure("Dicts get slower when they outgrow a CPU cache", 9)
    axes = figure.subplots()
    for series, label, color, line in (
        ("random_lookup", "Lookup, random keys", MEASURED, "o-"),
        ("random_insertion", "Insertion, random keys", EXACT, "s-"),
        ("ordered_insertion", "Insertion, keys 0, 1, 2, … (tutorial)", OTHER, "^-"),
        ("ordered_lookup", "Lookup, keys 0, 1, 2, … (tutorial)", CLAIMED, "v-"),
    ):
        median = table[f"{series}_ns"]
        low, high = table[f"{series}_ns_low"], table[f"{series}_ns_high"]
        axes.plot(table["size"], median, line, color=color, ms=5, label=label)
        axes.fill_between(table["size"], low, high, color=color, alpha=0.2, lw=0)
    axes.set_xscale("log", base=2)
    axes.set_title("Medians and quartiles of 3 to 25 measurements")
    axes.set(xlabel="Keys in the dict", ylabel="Nanoseconds per operation")
    axes.set_yscale("log")
    axes.yaxis.set_major_formatter("{x:g}")
    axes.set_ylim(top=1.6 * max(table[name].max() for name in table if "_high" in name))
    _mark_caches(axes, table)
    legend_below(figure, axes, 2)
    return figure


def _mark_caches(axes: Axes, table: Table) -> None:
    """Mark the sizes at which a dict and its keys fill each cache."""
    for level in (1, 2, 3):
        cache = table[f"cache_{level}_bytes"][0]
        if not table["bytes"][0] < cache < table["bytes"][-1]:
            continue
        # Interpolate on a log-log scale, because bytes are nearly proportional to keys.
        keys = np.exp(np.interp(*map(np.log, (cache, table["bytes"], table["size"]))))
        mark(axes, keys, f"L{level} cache full ({_format_bytes(cache)})")


def _format_bytes(size: float) -> str:
    megabytes = size / 2**20
    return f"{megabytes:g} MB" if megabytes >= 1 else f"{1024 * megabytes:g} KB"
