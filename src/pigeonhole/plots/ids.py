"""Figures of the collision risk of random ids."""

import math

import numpy as np
from matplotlib.figure import Figure

from pigeonhole.birthday.ids import SCHEMES, IdReport, tenants_probability
from pigeonhole.birthday.theory import draws_for
from pigeonhole.core.tables import Table
from pigeonhole.plots.colors import CLAIMED, EXACT, INK, MEASURED, OTHER
from pigeonhole.plots.style import annotate, new_figure, styled

RISKS = (
    (0.5, "50%", MEASURED),
    (0.01, "1%", OTHER),
    (1e-6, "1e-6", EXACT),
    (1e-15, "1e-15", CLAIMED),
)
SHOWN = ("get_uid", "crc32", "docker", "xxh64", "uuid7", "ulid", "uuid4", "sha1")


@styled
def safe_draws(_: Table) -> Figure:
    """Draw the number of ids at which a risk is reached, by the bits of an id."""
    figure = new_figure("Safe number of random ids by length", 9.5, 6)
    axes = figure.subplots()
    bits = np.arange(8, 171, 6)
    for risk, name, color in RISKS:
        draws = [float(draws_for(risk, 2 ** int(b))) for b in bits]
        axes.plot(bits, draws, color=color, lw=1.8)
        end, options = (bits[-1], draws[-1]), {"va": "center", "annotation_clip": False}
        annotate(axes, f"Risk {name}", end, (6, 0), color=color, **options)
    axes.set_yscale("log")
    axes.set(xlim=(8, 168), ylim=(1.5, 1e27))
    for name in SHOWN:
        scheme = SCHEMES[name]
        top = float(draws_for(0.5, scheme.space))
        axes.axvline(scheme.bits, color=INK, lw=0.8, ls=":", ymax=0.995)
        text = f"{name} (per ms)" if scheme.tick else name
        point = (scheme.bits, max(top * 8, 1e3))
        annotate(
            axes, text, point, (-3, 0), rotation=90, ha="right", va="bottom", fontsize=9
        )
    axes.set_title("Every two additional bits double the safe number of ids")
    axes.set(
        xlabel="Random bits of an id",
        ylabel="Number of ids at which the risk is reached",
    )
    return figure


@styled
def ids(report: IdReport) -> Figure:
    """Draw the collision probability by the number of ids, and the report's numbers."""
    scheme, tenants = report.scheme, report.tenants
    ids_per_tenant = (report.ids or 0) / tenants
    figure = new_figure(
        f"Collision probability of {scheme.name}, {scheme.bits:.1f} bits", 9
    )
    axes = figure.subplots()
    half = scheme.bits / 2
    max_power = max(half + 2.2, math.log2(max(ids_per_tenant, 1)) + 0.5)
    powers = np.linspace(min(1.0, half), max_power, 200)
    numbers = [max(int(2.0 ** float(p)), 2) for p in powers]
    probabilities = [
        tenants_probability(n * tenants, scheme.space, tenants) for n in numbers
    ]
    axes.plot([float(n) for n in numbers], probabilities, color=EXACT, label="Exact")
    axes.axhline(report.risk, color=CLAIMED, ls="--", label=f"Risk {report.risk:g}")
    axes.plot(
        max(float(report.safe), 1),
        max(report.probability_safe, 1e-300),
        "o",
        color=CLAIMED,
        label=f"Largest safe number: {_format_number(report.safe)}",
    )
    if report.ids and report.probability:
        axes.plot(
            ids_per_tenant,
            report.probability,
            "D",
            color=MEASURED,
            label=f"{_format_number(ids_per_tenant)} ids: {report.probability:.3g}",
        )
    low = min(report.risk, report.probability or 1.0, *filter(None, probabilities)) / 10
    axes.set(xscale="log", yscale="log", ylim=(low, 3))
    owner = f" of any of {tenants:,} tenants" if tenants > 1 else ""
    tick = ", all within one tick" if scheme.tick else ""
    axes.set_title(f"Probability that any two ids{owner} are equal{tick}")
    per_tenant = " per tenant" if tenants > 1 else ""
    axes.set(xlabel=f"Number of ids{per_tenant}", ylabel="Probability")
    axes.legend(loc="lower right")
    return figure


def _format_number(number: float) -> str:
    """Format a number with commas up to a million, and with 4 digits above."""
    return f"{number:,.4g}" if number >= 1e6 else f"{number:,.10g}"
