"""Shares of trials with a collision: by chance, measured, and as tutorials say."""

import math

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from pigeonhole.birthday import tutorials
from pigeonhole.birthday.theory import draws_for
from pigeonhole.core.tables import Table
from pigeonhole.plots.style import (
    CLAIMED,
    EXACT,
    MEASURED,
    OTHER,
    Numbers,
    new_figure,
    percent,
    styled,
)


@styled
def people(table: Table) -> Figure:
    """Draw how many groups of 23 share a birthday, with 365 and with 366 outcomes."""
    figure = new_figure(
        "23 people share a birthday in half of all groups, and a bit more"
    )
    axes = figure.subplots()
    for row, (colour, name) in enumerate(
        ((EXACT, "365 days"), (OTHER, "366 outcomes"))
    ):
        trials, exact = int(table["trials"][row]), table["exact"][row]
        label = f"{name}: what chance gives (exact {percent(exact, 2)})"
        top = _spread_of_chance(axes, trials, exact, colour, label)
        _our_share(axes, table, row, (0.12 + 0.13 * row) * top, colour, name)
    _claimed_share(axes, tutorials.PEOPLE_COUNT, "random.randint(0, 365): 366 outcomes")
    axes.set_title(f"{int(table['trials'][0]):,} groups")
    axes.set_xlabel("Share of groups with a shared birthday")
    return figure


@styled
def root(table: Table) -> Figure:
    """Draw how many trials with 16 values of 8 bits have a collision."""
    figure = new_figure(
        "16 values of one byte collide in 38 % of all trials, not in half"
    )
    _rate_and_claims(figure.subplots(), table, tutorials.ROOT_COUNT)
    return figure


@styled
def get_uid(table: Table) -> Figure:
    """Draw how many runs with 4,096 ids of 24 bits have a collision."""
    figure = new_figure("4,096 ids of 24 bits collide in 39 % of all runs, not in half")
    _rate_and_claims(figure.subplots(), table, tutorials.UID_COUNT)
    return figure


def _rate_and_claims(axes: Axes, table: Table, count: tutorials.Count) -> None:
    trials, exact = int(table["trials"][0]), table["exact"][0]
    draws, space = int(table["draws"][0]), int(table["space"][0])
    label = f"What chance gives (exact {percent(exact, 2)})"
    top = _spread_of_chance(axes, trials, exact, EXACT, label)
    label = f"It would give for 50 %,\nwhich needs {draws_for(0.5, space):,} draws"
    _spread_of_chance(axes, trials, tutorials.HALF, "#777777", label, dashed=True)
    _our_share(axes, table, 0, 0.12 * top, MEASURED, "")
    _claimed_share(axes, count, "")
    axes.set_title(f"{draws:,} draws from {space:,} values, {trials:,} trials")
    axes.set_xlabel("Share of trials with a collision")


def _spread_of_chance(
    axes: Axes,
    trials: int,
    share: float,
    colour: str,
    label: str,
    *,
    dashed: bool = False,
) -> float:
    """Draw the binomial distribution of a share; return its greatest height."""
    reach = 4.5 * math.sqrt(trials * share * (1 - share)) + 1
    hits = np.arange(
        max(0, int(trials * share - reach)),
        min(trials, int(trials * share + reach)) + 1,
    )
    # Per unit of share, so that numbers of trials can be compared.
    heights = _binomial(hits, trials, share) * trials
    axes.plot(
        hits / trials, heights, color=colour, ls="--" if dashed else "-", label=label
    )
    if not dashed:
        axes.fill_between(hits / trials, heights, color=colour, alpha=0.12, lw=0)
    axes.set_ylim(bottom=0)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    axes.grid(visible=False)
    axes.xaxis.set_major_formatter(PercentFormatter(1, decimals=0, symbol=" %"))
    axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0))
    return float(heights.max())


def _binomial(hits: npt.NDArray[np.int64], trials: int, share: float) -> Numbers:
    logs = [
        math.lgamma(trials + 1) - math.lgamma(k + 1) - math.lgamma(trials - k + 1)
        for k in hits.tolist()
    ]
    odds = hits * math.log(share) + (trials - hits) * math.log1p(-share)
    return np.asarray(np.exp(np.array(logs) + odds), np.float64)


def _our_share(
    axes: Axes, table: Table, row: int, height: float, colour: str, name: str
) -> None:
    share, low, high = (table[key][row] for key in ("share", "low", "high"))
    label = f"{name}: measured" if name else "Measured"
    axes.errorbar(
        share,
        height,
        xerr=[[share - low], [high - share]],
        fmt="o",
        color=colour,
        capsize=4,
        label=f"{label} {percent(share, 1)}\nwith its 95 % interval",
    )
    axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0))


def _claimed_share(axes: Axes, count: tutorials.Count, note: str) -> None:
    label = f"The tutorial's {count.hits:,} of {count.trials:,}"
    label = f"{label}\n({note})" if note else label
    axes.axvline(count.share, color=CLAIMED, lw=2, label=label)
    axes.legend(
        loc="upper left", bbox_to_anchor=(1.0, 1.0), labelspacing=1.0, handlelength=1.5
    )
