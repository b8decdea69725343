"""Figures of shares of trials with a collision: exact, sample and tutorial."""

import math

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from pigeonhole.birthday import tutorials
from pigeonhole.birthday.theory import draws_for, expected_repeats
from pigeonhole.core.arrays import Float64Array
from pigeonhole.core.tables import Table
from pigeonhole.plots.colors import CLAIMED, EXACT, MEASURED, NEUTRAL, OTHER
from pigeonhole.plots.style import legend_below, new_figure, styled


@styled
def people(table: Table) -> Figure:
    """Draw the share of groups of 23 with a shared birthday, for 365 and 366 days."""
    title = "Slightly more than half of all groups of 23 share a birthday"
    figure = new_figure(title, height=5)
    axes = figure.subplots()
    for row, (color, name) in enumerate(((EXACT, "365 days"), (OTHER, "366 outcomes"))):
        trials, exact = int(table["trials"][row]), table["exact"][row]
        label = f"{name}: exact {exact:.2%}"
        top = _binomial_curve(axes, trials, exact, color, label)
        _sample_share(axes, table, row, (0.12 + 0.13 * row) * top, color, name)
    _stated_share(axes, tutorials.PEOPLE_COUNT, "random.randint(0, 365): 366 outcomes")
    legend_below(figure, axes, 3)
    axes.set_title(f"{int(table['trials'][0]):,} groups")
    axes.set_xlabel("Share of groups with a shared birthday")
    return figure


@styled
def root(table: Table) -> Figure:
    """Draw the share of trials with a collision among 16 values of 8 bits."""
    title = "16 values of one byte collide in 38% of trials, not in half"
    figure = new_figure(title, height=5)
    axes = figure.subplots()
    _shares(axes, table)
    trials, space = int(table["trials"][0]), int(table["space"][0])
    half = f"With a probability of 50%,\nwhich needs {draws_for(0.5, space):,} draws"
    _binomial_curve(axes, trials, tutorials.HALF, NEUTRAL, half, dashed=True)
    _stated_share(axes, tutorials.ROOT_COUNT, "trials with a collision")
    axes.set_xlabel("Share of trials with a collision")
    legend_below(figure, axes, 2)
    return figure


@styled
def get_uid(table: Table) -> Figure:
    """Draw the share of trials with a collision, and the repeats, of 4,096 ids."""
    title = "4,096 ids of 24 bits collide in 39% of runs, with 0.5 repeats per run"
    figure = new_figure(title, height=5)
    axes = figure.subplots()
    _shares(axes, table)
    trials, repeats = int(table["trials"][0]), table["repeats"][0]
    mean = expected_repeats(int(table["draws"][0]), int(table["space"][0]))
    # The number of repeats in all trials is nearly a Poisson variable.
    deviation = math.sqrt(mean / trials)
    x = np.linspace(mean - 4.5 * deviation, mean + 4.5 * deviation, 200)
    heights = np.exp(-(((x - mean) / deviation) ** 2) / 2)
    heights /= deviation * math.sqrt(2 * math.pi)
    axes.plot(x, heights, color=OTHER, label=f"Repeats per run: exact {mean:.4f}")
    axes.fill_between(x, heights, color=OTHER, alpha=0.12, lw=0)
    axes.plot(
        repeats / trials,
        0.24 * heights.max(),
        "o",
        color=OTHER,
        label=f"Repeats per run: sample {repeats / trials:.4f}",
    )
    _stated_share(axes, tutorials.UID_COUNT, "repeats, one line each")
    axes.xaxis.set_major_formatter("{x:.2f}")
    axes.set_xlabel("Share of runs with a collision, or repeats per run")
    legend_below(figure, axes, 2)
    return figure


def _shares(axes: Axes, table: Table) -> None:
    trials, exact = int(table["trials"][0]), table["exact"][0]
    draws, space = int(table["draws"][0]), int(table["space"][0])
    top = _binomial_curve(axes, trials, exact, EXACT, f"Exact {exact:.2%}")
    _sample_share(axes, table, 0, 0.12 * top, MEASURED, "")
    axes.set_title(f"{draws:,} draws from {space:,} values, {trials:,} trials")


def _binomial_curve(
    axes: Axes,
    trials: int,
    share: float,
    color: str,
    label: str,
    *,
    dashed: bool = False,
) -> float:
    """Draw the binomial distribution of a share and return its maximum."""
    reach = 4.5 * math.sqrt(trials * share * (1 - share)) + 1
    hits = np.arange(
        max(0, int(trials * share - reach)),
        min(trials, int(trials * share + reach)) + 1,
    )
    # Density per unit of share, so that different numbers of trials are comparable.
    heights = _binomial_pmf(hits, trials, share) * trials
    axes.plot(
        hits / trials, heights, color=color, ls="--" if dashed else "-", label=label
    )
    if not dashed:
        axes.fill_between(hits / trials, heights, color=color, alpha=0.12, lw=0)
    axes.set_ylim(bottom=0)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    axes.grid(visible=False)
    axes.xaxis.set_major_formatter(PercentFormatter(1))
    return float(heights.max())


def _binomial_pmf(
    hits: npt.NDArray[np.int64], trials: int, share: float
) -> Float64Array:
    log_coefficients = [
        math.lgamma(trials + 1) - math.lgamma(k + 1) - math.lgamma(trials - k + 1)
        for k in hits.tolist()
    ]
    log_powers = hits * math.log(share) + (trials - hits) * math.log1p(-share)
    return np.asarray(np.exp(np.array(log_coefficients) + log_powers), np.float64)


def _sample_share(
    axes: Axes, table: Table, row: int, height: float, color: str, name: str
) -> None:
    share, low, high = (table[key][row] for key in ("share", "low", "high"))
    label = f"{name}: sample" if name else "Sample"
    axes.errorbar(
        share,
        height,
        xerr=[[share - low], [high - share]],
        fmt="o",
        color=color,
        capsize=4,
        label=f"{label} {share:.1%}\nwith 95% confidence interval",
    )


def _stated_share(axes: Axes, count: tutorials.StatedCount, note: str) -> None:
    label = f"Tutorial: {count.hits:,} in {count.trials:,}\n({note})"
    axes.axvline(count.share, color=CLAIMED, lw=2, label=label)
