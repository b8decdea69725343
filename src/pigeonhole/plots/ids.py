"""Figures of the collision risk of random ids."""

import math
from decimal import Decimal
from fractions import Fraction

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from pigeonhole.birthday.bounds import collision_decimal
from pigeonhole.birthday.ids import SCHEMES, IdReport
from pigeonhole.birthday.theory import draws_for
from pigeonhole.core.tables import Table
from pigeonhole.plots.colors import CLAIMED, EXACT, INK, MEASURED, OTHER
from pigeonhole.plots.style import annotate, new_figure, styled

RISKS = (
    (0.5, "50%", MEASURED),
    (0.01, "1%", OTHER),
    (1e-6, "10⁻⁶", EXACT),
    (1e-15, "10⁻¹⁵", CLAIMED),
)
SHOWN = ("get_uid", "crc32", "docker", "xxh64", "uuid7", "ulid", "uuid4", "sha1")
SHOWN_ON_THE_RIGHT = ("nanoid",)
"""Schemes whose name is on the right of their line, away from that of another."""
SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


@styled
def safe_draws(_: Table) -> Figure:
    """Draw the largest number of ids below a risk, by the bits of an id."""
    figure = new_figure("Safe number of random ids by length", 9.5, 6)
    axes = figure.subplots()
    bits = np.arange(8, 171)
    # The lines of 50% and 1% are so close that their names need some distance.
    for (risk, name, color), shift in zip(RISKS, (4, -4, 0, 0), strict=True):
        safe = [_log10(draws_for(risk, 2 ** int(b)) - 1) for b in bits]
        axes.plot(bits, safe, color=color, lw=1.8)
        options = {"color": color, "va": "center", "annotation_clip": False}
        annotate(axes, f"Risk {name}", (bits[-1], safe[-1]), (6, shift), **options)
    top = 27.0
    axes.set(xlim=(8, 170), ylim=(0, top))
    for name in SHOWN + SHOWN_ON_THE_RIGHT:
        scheme = SCHEMES[name]
        axes.axvline(scheme.bits, color=INK, lw=0.8, ls=":")
        text = f"{name} (per ms)" if scheme.tick else name
        is_left = name in SHOWN
        # Near the right edge, the curves reach the top.
        y, va, dy = (top, "top", -3) if scheme.bits < 130 else (0.3, "bottom", 0)
        options = {"rotation": 90, "fontsize": 9, "va": va}
        offset, ha = (-2, "right") if is_left else (2, "left")
        annotate(axes, text, (scheme.bits, y), (offset, dy), ha=ha, **options)
    axes.yaxis.set_major_formatter(_format_power)
    axes.set_title("Every two additional bits double the safe number of ids")
    axes.set(
        xlabel="Random bits of an id",
        ylabel="Largest number of ids below the risk",
    )
    return figure


@styled
def ids(report: IdReport) -> Figure:
    """Draw the collision probability by the number of ids, and the report's numbers."""
    scheme, tenants = report.scheme, report.tenants
    bits = f"{scheme.bits:,.5g} random bit{'' if scheme.bits == 1 else 's'}"
    figure = new_figure(f"Collision probability of {scheme.name}, {bits}", 9)
    axes = figure.subplots()
    per_tenant = Fraction(report.ids or 0, tenants)
    # Logarithms to base 10, because numbers can be larger than any double.
    half = math.log10(report.space) / 2
    last = max(half + 0.7, _log10(max(per_tenant, Fraction(1))) + 0.2)
    numbers = _spread(min(0.3, half), last)
    curve = [_probability(report, n * tenants) for n in numbers]
    axes.plot([_log10(n) for n in numbers], curve, color=EXACT, label="Exact")
    risk = _log10(report.risk)
    axes.axhline(risk, color=CLAIMED, ls="--", label=f"Risk {_format(report.risk)}")
    lowest = min(risk, *curve)
    label = f"Largest safe number: {_format(Fraction(report.safe))}"
    if report.safe > 1:
        point = _log10(report.safe), _log10(report.probability_safe)
        axes.plot(*point, "o", color=CLAIMED, label=label)
    else:
        # The logarithm of its probability is infinite.
        axes.plot([], [], " ", label=f"{label} (P = 0)")
    if report.ids and report.probability:
        point = _log10(per_tenant), _log10(report.probability)
        lowest = min(lowest, point[1])
        probability = _format(Fraction(report.probability))
        label = f"{_format(per_tenant)} ids: {probability}"
        axes.plot(*point, "D", color=MEASURED, label=label)
    height = max(-lowest, 1.0)
    axes.set(xlim=(0, 1.02 * last), ylim=(-1.06 * height, 0.04 * height))
    _label(axes, report)
    axes.legend(loc="upper left", bbox_to_anchor=(1, 1))
    return figure


def _label(axes: Axes, report: IdReport) -> None:
    per_tenant = " per tenant" if report.tenants > 1 else ""
    pair = "two of one tenant" if report.tenants > 1 else "two"
    ids = "id" if report.safe == 1 else "ids"
    title = (
        f"Up to {_format(Fraction(report.safe))} {ids}{per_tenant}, the probability "
        f"that any {pair} are equal is below {_format(report.risk)}"
    )
    details = []
    if report.tenants > 1:
        details.append(f"{_format(Fraction(report.tenants))} tenants in all")
    if report.scheme.tick:
        ticks = report.ticks or 1
        period = "one clock tick" if ticks == 1 else f"{ticks:,} clock ticks"
        details.append(f"ids created within {period}")
    axes.set_title("\n".join(filter(None, [title, ", ".join(details)])))
    axes.set(xlabel=f"Number of ids{per_tenant}", ylabel="Collision probability")
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(MaxNLocator(integer=True))
        axis.set_major_formatter(_format_power)


def _spread(first: float, last: float) -> list[int]:
    """Return about 200 numbers of 2 or more, whose logarithms are evenly spaced."""
    powers = np.linspace(first, last, 200)
    scaled = (
        10 ** Fraction(int(power)) * Fraction(10 ** (power % 1)) for power in powers
    )
    return sorted({max(int(number), 2) for number in scaled})


def _probability(report: IdReport, ids: int) -> float:
    return _log10(collision_decimal(ids, report.space, report.tenants))


def _log10(number: Decimal | Fraction | int) -> float:
    numerator, denominator = number.as_integer_ratio()
    return math.log10(numerator) - math.log10(denominator)


def _format_power(power: float, _: float | None = None) -> str:
    """Format a power of 10, given its exponent."""
    exponent = round(power)
    if 0 <= exponent <= 3:
        return f"{10**exponent:,}"
    return f"10{str(exponent).translate(SUPERSCRIPTS)}"


def _format(number: Fraction) -> str:
    """Format a number with commas up to a million, and others with 4 digits."""
    if number.denominator == 1 and number < 10**6:
        return f"{int(number):,}"
    exponent = math.floor(_log10(number)) if number else 0
    if -3 <= exponent < 6:
        return f"{float(number):,.4g}"
    mantissa = float(number / Fraction(10) ** exponent)
    power = f"10{str(exponent).translate(SUPERSCRIPTS)}"
    text = f"{mantissa:.4g}"
    return power if text == "1" else f"{text}·{power}"
