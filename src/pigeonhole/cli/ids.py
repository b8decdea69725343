"""The command `pigeonhole ids`."""

import argparse
import json
import math
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from pydantic import BeforeValidator, Field

from pigeonhole.cli.options import Parser, UsageError, add_settings, read_settings
from pigeonhole.settings import Frozen

if TYPE_CHECKING:
    from pigeonhole.birthday.ids import IdReport, Scheme

SECONDS = {"ms": 0.001, "s": 1, "min": 60, "h": 3600, "d": 86400, "y": 31557600}
"""Length of each unit of time in seconds."""


def _parse_number(value: object) -> int:
    text = str(value).replace(",", "").replace("_", "")
    try:
        return int(text) if text.lstrip("+-").isdecimal() else int(float(text))
    except (ValueError, OverflowError):
        raise ValueError("write a number such as 1000000 or 1e6") from None


def _parse_rate(value: object) -> float:
    number, _, unit = str(value).partition("/")
    try:
        rate = float(number) / SECONDS[unit.strip()]
    except (ValueError, KeyError):
        rate = math.nan
    if not 0 <= rate < math.inf:
        raise ValueError("write a rate such as 100/s, 5/min or 2e6/d")
    return rate


def _parse_duration(value: object) -> float:
    match = re.fullmatch(r"([0-9.e+]+) *([a-z]+)", str(value).strip())
    try:
        seconds = float(match[1]) * SECONDS[match[2]] if match else math.nan
    except (ValueError, KeyError):
        seconds = math.nan
    if not 0 <= seconds < math.inf:
        raise ValueError("write a duration such as 10y, 30d, 8h or 90s")
    return seconds


class IdOptions(Frozen):
    """Options of the command."""

    scheme: str | None = None
    """Known kind of id, such as uuid4, ulid, nanoid or git-7; an unknown one lists
    all."""
    bits: Annotated[int, Field(ge=1, le=10_000)] | None = None
    """Number of random bits of an id."""
    alphabet: Annotated[str, Field(min_length=1)] | None = None
    """Characters that ids consist of, or their number."""
    length: Annotated[int, Field(ge=1, le=10_000)] = 8
    """Number of characters of an id, with --alphabet."""
    ids: Annotated[int, BeforeValidator(_parse_number), Field(ge=0)] | None = None
    """Number of ids, such as 1000000 or 1e6."""
    rate: Annotated[float, BeforeValidator(_parse_rate)] | None = None
    """Number of ids per unit of time, such as 100/s or 5/min; needs --time."""
    time: Annotated[float, BeforeValidator(_parse_duration)] | None = None
    """For how long ids are created at this rate, such as 10y, 30d or 8h."""
    tenants: Annotated[int, Field(ge=1)] = 1
    """Number of tenants that share the ids evenly; ids have to be unique only within a
    tenant."""
    risk: Annotated[float, Field(gt=0, lt=1)] = 1e-6
    """Accepted probability of any collision."""


def add_arguments(parser: Parser) -> None:
    """Add the arguments of the command."""
    add_settings(parser, "ids", IdOptions())
    parser.add_argument("--json", action="store_true", help="Print JSON.")
    parser.add_argument(
        "--plot", type=Path, metavar="FILE", help="Also plot to FILE.svg and FILE.png."
    )


def run(options: argparse.Namespace) -> None:
    """Compute how many ids are safe from collisions and how long they need to be."""
    from pigeonhole.birthday.experiments.hash_rate import hashes_per_second
    from pigeonhole.birthday.ids import IdsError, report_ids

    given = read_settings(options, "ids", IdOptions())
    try:
        scheme, number = _scheme(given), _number(given)
        result = report_ids(scheme, number, given.risk, given.time, given.tenants)
    except IdsError as error:
        raise UsageError(str(error)) from None
    speed = hashes_per_second()
    if options.json:
        values = {**result.as_dict(), "hashes_per_second_here": speed}
        sys.stdout.write(json.dumps(values, indent=2) + "\n")
    else:
        sys.stdout.write(describe(result, speed))
    if options.plot:
        from pigeonhole.plots.ids import ids as plot
        from pigeonhole.plots.save import save_figure

        svg, png = (options.plot.with_suffix(suffix) for suffix in (".svg", ".png"))
        save_figure(plot(result), svg, png)


def _scheme(options: IdOptions) -> "Scheme":
    from pigeonhole.birthday.ids import SCHEMES, Scheme, alphabet_scheme

    sources = (options.scheme, options.bits, options.alphabet)
    if sum(value is not None for value in sources) != 1:
        raise UsageError("pass exactly one of --scheme, --bits and --alphabet.")
    if options.alphabet is not None:
        return alphabet_scheme(options.alphabet, options.length)
    if options.bits is not None:
        return Scheme(f"{options.bits} random bits", 2, options.bits)
    if scheme := SCHEMES.get(str(options.scheme)):
        return scheme
    hint = f"there is no such scheme; choose one of {', '.join(SCHEMES)}."
    raise UsageError(f"--scheme is {options.scheme!r}: {hint}")


def _number(options: IdOptions) -> int | None:
    if (options.rate is None) != (options.time is None):
        raise UsageError("--rate and --time need each other; pass both.")
    if options.rate is None or options.time is None:
        return options.ids
    if options.ids is not None:
        raise UsageError("pass either --ids or --rate and --time, not both.")
    return round(options.rate * options.time)


def describe(report: "IdReport", hash_rate: float) -> str:
    """Return the report as text."""
    lines = [
        *_describe_scheme(report.scheme),
        *_describe_ids(report),
        *_describe_risk(report),
        *_describe_attacks(report, hash_rate),
    ]
    return "\n".join(lines) + "\n"


def _describe_scheme(scheme: "Scheme") -> Iterator[str]:
    yield f"{scheme.name}: {scheme.note}" if scheme.note else scheme.name
    bits, space = f"{scheme.bits:.2f} random bits", _format_count(scheme.space)
    yield f"  {bits}{_per_tick(scheme)}, {space} different ids"


def _per_tick(scheme: "Scheme") -> str:
    return " within one clock tick" if scheme.tick else ""


def _describe_ids(report: "IdReport") -> Iterator[str]:
    if report.ids is None:
        return
    size = report.scheme.alphabet_size
    line = f"{_format_count(report.ids)} ids"
    if report.ticks:
        line += f", spread over {_format_count(report.ticks)} clock ticks"
    if report.tenants > 1:
        line += f", shared evenly by {_format_count(report.tenants)} tenants"
    yield line
    yield f"  P(any collision) = {_format_probability(report.probability)}"
    yield f"  expected number of equal pairs: {report.pairs:.4g}"
    unit = "bits" if size == 2 else f"characters of {size}"
    shortest = _format_probability(report.probability_shortest)
    yield f"  shortest safe length: {report.shortest} {unit}, P = {shortest}"
    if report.probability_shorter is not None:
        unit = "bit" if size == 2 else "character"
        shorter = _format_probability(report.probability_shorter)
        yield f"  one {unit} shorter: P = {shorter}"
    if report.retries is not None:
        yield (
            "  if you check each new id and retry on a collision, the next id takes "
            f"{report.retries:.3g} retries on average"
        )


def _describe_risk(report: "IdReport") -> Iterator[str]:
    per_tenant = " per tenant" if report.tenants > 1 else ""
    yield f"Accepted risk {report.risk:g}{_per_tick(report.scheme)}"
    for name, number, probability in (
        ("safe", report.safe, report.probability_safe),
        ("unsafe", report.unsafe, report.probability_unsafe),
    ):
        # The numbers for SHA-512 have 77 digits.
        count = _format_count(number, 80)
        yield f"  {count} ids{per_tenant} are {name}: P = {probability:.17g}"


def _describe_attacks(report: "IdReport", hash_rate: float) -> Iterator[str]:
    values, size = report.as_dict(), report.scheme.alphabet_size
    lost = values["bits_lost_by_modulo"]
    hashes = values["hashes_for_deliberate_collision"]
    if isinstance(lost, float) and lost > 1e-9:
        yield f"Random bytes modulo {size} would lose {lost:.3f} bits"
    if isinstance(hashes, float):
        yield (
            f"A deliberate collision takes {hashes:.3g} hashes, "
            f"{_format_duration(hashes / hash_rate)} at the {hash_rate / 1e6:,.0f} "
            "million MD5 hashes per second of this machine"
        )


def _format_count(number: int, digits: int = 15) -> str:
    """Write out a number of at most this many digits, and round a longer one."""
    if number < 10**digits:
        return f"{number:,}"
    return f"{number:.4g}" if number < 10**300 else f"10^{len(str(number)) - 1}"


def _format_probability(probability: float | None) -> str:
    if probability is not None and 0.999 < probability < 1:
        return f"1 - {1 - probability:.3g}"
    return f"{probability or 0:.6g}"


def _format_duration(seconds: float) -> str:
    names = {"y": "years", "d": "days", "h": "hours", "min": "minutes"}
    for unit, name in names.items():
        if seconds >= 2 * SECONDS[unit]:
            return f"{seconds / SECONDS[unit]:,.3g} {name}"
    return f"{seconds:.3g} seconds"
