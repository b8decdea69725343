"""Figures for people who choose ids."""

import math

import numpy as np
from matplotlib.figure import Figure

from pigeonhole.birthday.ids import SCHEMES, Answer, tenants_probability
from pigeonhole.birthday.theory import draws_for
from pigeonhole.core.tables import Table
from pigeonhole.plots.style import (
    CLAIMED,
    EXACT,
    INK,
    MEASURED,
    OTHER,
    new_figure,
    styled,
)

RISKS = (
    (0.5, "50 %", MEASURED),
    (0.01, "1 %", OTHER),
    (1e-6, "1e-6", EXACT),
    (1e-15, "1e-15", CLAIMED),
)


@styled
def safe_draws(_: Table) -> Figure:
    """Draw the number of ids at which a risk is reached, by the bits of an id."""
    figure = new_figure("Every two bits more double the number of safe ids", 9.5, 6)
    axes = figure.subplots()
    bits = np.arange(8, 171, 6)
    for risk, name, colour in RISKS:
        draws = [float(draws_for(risk, 2 ** int(b))) for b in bits]
        axes.plot(bits, draws, color=colour, lw=1.8)
        axes.annotate(
            f"Risk {name}",
            (bits[-1], draws[-1]),
            (6, 0),
            textcoords="offset points",
            color=colour,
            va="center",
            annotation_clip=False,
        )
    axes.set_yscale("log")
    axes.set(xlim=(8, 168), ylim=(1.5, 1e27))
    shown = ("get_uid", "crc32", "docker", "xxh64", "uuid7", "ulid", "uuid4", "sha1")
    for name in shown:
        scheme = SCHEMES[name]
        top = float(draws_for(0.5, scheme.space))
        axes.axvline(scheme.bits, color=INK, lw=0.8, ls=":", ymax=0.995)
        label = f"{name} (each {'ms' if scheme.tick else ''})" if scheme.tick else name
        axes.annotate(
            label,
            (scheme.bits, max(top * 8, 1e3)),
            (-3, 0),
            textcoords="offset points",
            rotation=90,
            ha="right",
            va="bottom",
            fontsize=9,
        )
    axes.set_title("Ids, all equally likely, of which any two may be equal")
    axes.set(xlabel="Random bits of an id", ylabel="Ids until the risk is reached")
    return figure


@styled
def ids(found: Answer) -> Figure:
    """Draw the chance of a collision by the number of ids, and what was asked."""
    scheme, tenants = found.scheme, found.tenants
    ids_of_each = (found.ids or 0) / tenants
    figure = new_figure(
        f"When do ids collide? {scheme.name}, {scheme.bits:.1f} bits", 9
    )
    axes = figure.subplots()
    half = scheme.bits / 2
    most = max(half + 2.2, math.log2(max(ids_of_each, 1)) + 0.5)
    powers = np.linspace(min(1.0, half), most, 200)
    numbers = [max(int(2.0 ** float(p)), 2) for p in powers]
    chances = [tenants_probability(n * tenants, scheme.space, tenants) for n in numbers]
    axes.plot([float(n) for n in numbers], chances, color=EXACT, label="Exact")
    axes.axhline(found.risk, color=CLAIMED, ls="--", label=f"Risk {found.risk:g}")
    axes.plot(
        max(float(found.safe), 1),
        max(found.probability_safe, 1e-300),
        "o",
        color=CLAIMED,
        label=f"Largest safe number, {found.safe:.4g}",
    )
    if found.ids and found.probability:
        axes.plot(
            ids_of_each,
            found.probability,
            "D",
            color=MEASURED,
            label=f"{ids_of_each:.4g} ids: {found.probability:.3g}",
        )
    low = min(found.risk, found.probability or 1.0, *filter(None, chances)) / 10
    axes.set(xscale="log", yscale="log", ylim=(low, 3))
    tick = ", all within one tick" if scheme.tick else ""
    several = f" of any of {tenants:,} tenants" if tenants > 1 else ""
    axes.set_title(f"Chance that any two{several} are equal{tick}")
    each = " of each tenant" if several else ""
    axes.set(xlabel=f"Number of ids{each}", ylabel="Probability")
    axes.legend(loc="lower right")
    return figure
