"""The command `pigeonhole ids`."""

import argparse
import os
import re
import sys
from collections.abc import Iterator
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, PlainValidator

from pigeonhole.cli.options import (
    Parser,
    StoreOnce,
    UsageError,
    add_settings,
    read_settings,
)
from pigeonhole.cli.quantities import (
    format_about,
    format_count,
    format_duration,
    format_limit,
    format_near,
    format_real,
    format_things,
    parse_duration,
    parse_probability,
    parse_rate,
    parse_whole,
    round_to,
    to_json,
)
from pigeonhole.settings import Frozen

if TYPE_CHECKING:
    from pigeonhole.birthday.ids import IdReport, Scheme

DEFAULT_LENGTH = 8
HASH_RATE = 10**9
"""Hashes per second of a deliberate search: a few cores of a PC."""
WRITTEN_DIGITS = 80
"""Safe numbers of up to this many digits are written out; that of SHA-512 has 77."""
UNSUPPORTED = (".pdf", ".jpg", ".jpeg", ".eps", ".ps", ".tif", ".tiff", ".webp", ".gif")
"""Suffixes of formats in which figures can't be saved."""


def _whole(low: int, high: int, shown: str) -> Any:
    """Return the type of whole numbers in a range; `shown` is its end in words."""

    def check(number: int) -> int:
        if not low <= number <= high:
            raise ValueError(f"must be from {low:,} to {shown}")
        return number

    return Annotated[int, BeforeValidator(parse_whole), AfterValidator(check)]


def _parse_risk(value: object) -> Fraction:
    risk = parse_probability(value)
    if not 0 < risk < 1:
        raise ValueError("must be more than 0 and less than 1 (100%)")
    if not Fraction(1, 10**300) <= risk <= 1 - Fraction(1, 10**15):
        raise ValueError("must be from 1e-300 to 1 - 1e-15")
    return risk


def _parse_time(value: object) -> Fraction:
    seconds = parse_duration(value)
    if not Fraction(1, 10**30) <= seconds <= 10**30:
        raise ValueError("must be from 1e-30 to 1e30 seconds")
    return seconds


class IdOptions(Frozen):
    """Options of the command."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    scheme: str | None = None
    """Known kind of id, such as uuid4, ulid, nanoid or git; an unknown name lists
    all."""
    bits: _whole(1, 10_000, "10,000") | None = None  # type: ignore[valid-type]
    """Number of random bits of an id."""
    alphabet: Annotated[str, Field(min_length=1)] | None = None
    """Characters that ids consist of (digits are characters, too), ranges such as
    a-z0-9, or one of the names digits, hex, base32, crockford, base36, base58, base62,
    base64, base64url, lowercase, uppercase and letters."""
    alphabet_size: _whole(2, 10**18, "1e18") | None = None  # type: ignore[valid-type]
    """Number of different characters that ids consist of."""
    length: _whole(1, 10_000, "10,000") | None = None  # type: ignore[valid-type]
    """Number of characters of an id, with --alphabet (by default 8) or the schemes
    nanoid and git."""
    ids: _whole(0, 10**4000, "1e4000") | None = None  # type: ignore[valid-type]
    """Number of ids, such as 1000000 or 1e6."""
    rate: Annotated[Fraction, PlainValidator(parse_rate)] | None = None
    """Number of ids per unit of time, such as 100/s or 5/min; needs --time. The units
    are ms, s, min, h, d, w, month and y, or their full names."""
    time: Annotated[Fraction, PlainValidator(_parse_time)] | None = None
    """For how long ids are created, at random times, such as 10y, 30d or 8h."""
    tenants: _whole(1, 10**100, "1e100") = 1  # type: ignore[valid-type]
    """Number of tenants that share the ids evenly; ids have to be unique only within a
    tenant."""
    risk: Annotated[Fraction, PlainValidator(_parse_risk)] | None = None
    """Accepted probability of any collision, such as 1e-9 or 1%; by default 1e-6."""


def add_arguments(parser: Parser) -> None:
    """Add the arguments of the command."""
    add_settings(parser, "ids", IdOptions())
    parser.add_argument(
        "--json", action="store_true", help="Print JSON; docs/birthday.md lists keys."
    )
    parser.add_argument(
        "--plot",
        type=os.path.expanduser,
        action=StoreOnce,
        metavar="FILE",
        help="Also plot to FILE.svg and FILE.png.",
    )
    parser.add_argument(
        "--force",
        action="store_true",
        help="Replace existing files that this command didn't write.",
    )


def run(options: argparse.Namespace) -> None:
    """Compute how many ids are safe from collisions and how long they need to be."""
    from pigeonhole.birthday.ids import DEFAULT_RISK, IdsError, report_ids

    given = read_settings(options, "ids", IdOptions())
    if options.plot is not None:
        from pigeonhole.plots.save import figure_outputs, write_figure

        outputs = figure_outputs(_plot_path(options.plot), force=options.force)
        outputs.check()
    try:
        scheme = _scheme(given)
        number = _number(given, scheme)
        report = report_ids(
            scheme, number, given.risk or DEFAULT_RISK, given.time, given.tenants
        )
    except IdsError as error:
        raise UsageError(str(error)) from None
    text = describe_as_json(report) if options.json else describe(report)
    # The characters of an alphabet may not exist in the encoding of the terminal.
    encoding = sys.stdout.encoding or "utf-8"
    sys.stdout.write(text.encode(encoding, "backslashreplace").decode(encoding))
    if options.plot is not None:
        from pigeonhole.plots.ids import ids as plot

        write_figure(plot(report), outputs)


def _plot_path(text: str) -> Path:
    path = Path(text)
    is_other = path.exists() and not path.is_file()
    if is_other or not text or text.endswith("/") or path.name in ("", ".."):
        raise UsageError(f"--plot is {text!r}: add the name of a file.")
    if path.suffix.lower() in UNSUPPORTED:
        raise UsageError(
            f"--plot is {text!r}: figures are saved as SVG and PNG; omit the suffix "
            f"{path.suffix}."
        )
    return path


def _scheme(options: IdOptions) -> "Scheme":
    from pigeonhole.birthday.ids import SCHEMES, Scheme, alphabet_scheme, with_length

    alphabet = options.alphabet_size if options.alphabet is None else options.alphabet
    sources = (options.scheme, options.bits, options.alphabet, options.alphabet_size)
    if sum(value is not None for value in sources) != 1:
        raise UsageError(
            "pass exactly one of --scheme, --bits, --alphabet and --alphabet-size."
        )
    length: int | None = options.length
    if alphabet is not None:
        return alphabet_scheme(alphabet, length or DEFAULT_LENGTH)
    if options.bits is not None:
        if length is not None:
            raise UsageError("--bits is the length already: omit --length.")
        return Scheme("random ids", 2, options.bits)
    if scheme := SCHEMES.get(str(options.scheme)):
        return scheme if length is None else with_length(scheme, length)
    hint = f"there is no such scheme; choose one of {', '.join(SCHEMES)}."
    raise UsageError(f"--scheme is {options.scheme!r}: {hint}")


def _number(options: IdOptions, scheme: "Scheme") -> int | None:
    if options.rate is None:
        if options.time is not None and not scheme.tick:
            raise UsageError(
                f"--time needs --rate for {scheme.name}, because only ids with a "
                "timestamp depend on the time alone: pass --rate or omit --time."
            )
        return options.ids
    if options.time is None:
        raise UsageError("--rate needs --time; pass both.")
    if options.ids is not None:
        raise UsageError("pass either --ids or --rate and --time, not both.")
    ids = options.rate * options.time
    if ids < 1:
        raise UsageError("--rate and --time give less than one id: change one of them.")
    if ids > 10**4000:
        raise UsageError("--rate and --time give more than 1e4000 ids: change them.")
    # A part of an id counts as one, so that the risk isn't too low.
    return -int(-ids // 1)


def describe_as_json(report: "IdReport") -> str:
    """Return the report as JSON; values that don't apply are missing."""
    rounding = {"probability_safe": ROUND_FLOOR, "probability_unsafe": ROUND_CEILING}
    lines = (
        f'  "{name}": {to_json(value, *filter(None, [rounding.get(name)]))}'
        for name, value in report.as_dict().items()
        if value is not None
    )
    return "{\n" + ",\n".join(lines) + "\n}\n"


def describe(report: "IdReport") -> str:
    """Return the report as text."""
    lines = [
        *_describe_scheme(report.scheme),
        *_describe_ids(report),
        *_describe_risk(report),
        *_describe_modulo(report),
        *_describe_attack(report),
    ]
    return "\n".join(lines) + "\n"


def _describe_scheme(scheme: "Scheme") -> Iterator[str]:
    yield f"{scheme.name}: {scheme.note}" if scheme.note else scheme.name
    per_tick = f" within a {_tick_name(scheme)}" if scheme.tick else ""
    space = format_things(scheme.space, "different id")
    whole = round(scheme.bits)
    is_whole = scheme.space == 1 << whole
    bits = format_things(whole, "bit") if is_whole else f"{scheme.bits:,.2f} bits"
    length = (
        f" in {format_things(scheme.length, 'character')}" if scheme.lengths else ""
    )
    yield f"  {bits.replace('bit', 'random bit')}{length}{per_tick}, {space}"
    if scheme.characters:
        size = format_things(scheme.alphabet_size, "character")
        yield f"  {size}: {summarize(scheme.characters)}"
    if re.fullmatch("[1-9][0-9]{1,3}", scheme.characters):
        option = f"--alphabet-size {scheme.characters}"
        yield f"  (for {scheme.characters} different characters, use {option})"


def summarize(characters: str) -> str:
    """Return an alphabet in the order of Unicode, with ranges, and cut if it's long."""
    runs: list[str] = []
    for character in sorted(characters):
        last = runs[-1][-1] if runs else ""
        is_next = last.isalnum() and ord(character) == ord(last) + 1
        if is_next and character.isalnum():
            runs[-1] += character
        else:
            runs.append(character)
    parts = (f"{run[0]}-{run[-1]}" if len(run) > 2 else " ".join(run) for run in runs)
    text = " ".join("' '" if part == " " else part for part in parts)
    return text if len(text) <= 100 else f"{text[:97]}..."


def _tick_name(scheme: "Scheme") -> str:
    return format_duration(scheme.tick or Fraction(1)).removeprefix("1 ")


def _period(report: "IdReport") -> str:
    """Return when the ids are created, if that matters."""
    if report.seconds is not None:
        return f" at random times within {format_duration(report.seconds)}"
    return f" within one {_tick_name(report.scheme)}" if report.scheme.tick else ""


def _describe_ids(report: "IdReport") -> Iterator[str]:
    if report.ids is None or report.pairs is None or report.shortest is None:
        return
    line = format_things(report.ids, "id") + _period(report)
    if report.ticks:
        line += f", {format_things(report.ticks, 'clock tick')}"
    if report.tenants > 1:
        line += f", shared evenly by {format_count(report.tenants)} tenants"
    yield line
    yield f"  P(any collision) = {_near(report, report.probability)}"
    yield f"  expected number of equal pairs: {format_real(report.pairs, 4)}"
    is_bits = report.scheme.alphabet_size == 2 and not report.scheme.characters
    unit = "bit" if is_bits else "character"
    shortest = _near(report, report.probability_shortest)
    length = format_things(report.shortest, unit)
    yield f"  shortest safe length: {length}, P = {shortest}"
    if report.probability_shorter is not None:
        yield f"  one {unit} shorter: P = {_near(report, report.probability_shorter)}"
    if report.retries is not None:
        retries = format_real(report.retries, 3)
        yield (
            "  if you check each new id and retry on a collision, the next id takes "
            f"{retries} {'retry' if retries == '1' else 'retries'} on average"
        )


def _near(report: "IdReport", probability: Decimal | None) -> str:
    return format_near(probability or Decimal(0), report.risk)


def _describe_risk(report: "IdReport") -> Iterator[str]:
    text = f"Accepted risk {format_limit(report.risk)}"
    if report.tenants > 1:
        text += f" that any of {format_count(report.tenants)} tenants has equal ids"
    if report.scheme.tick:
        text += f", for ids created{_period(report)}"
    yield text
    per_tenant = " per tenant" if report.tenants > 1 else ""
    safe = report.safe
    number = format_things(safe, "id", WRITTEN_DIGITS) + per_tenant
    verb = "is" if safe == 1 else "are"
    yield f"  {number} {verb} safe: P = {_near(report, report.probability_safe)}"
    unsafe = _near(report, report.probability_unsafe)
    if report.unsafe < 10**WRITTEN_DIGITS:
        number = format_things(report.unsafe, "id", WRITTEN_DIGITS) + per_tenant
        yield f"  {number} are unsafe: P = {unsafe}"
    else:
        yield f"  one id more{per_tenant} is unsafe: P = {unsafe}"
    if (rate := report.safe_per_second) is not None:
        rounded = round_to(rate, 3, ROUND_FLOOR)
        tenants = " of all tenants" if report.tenants > 1 else ""
        yield f"  that is a rate of {format_real(rounded, 3)} ids per second{tenants}"


def _describe_modulo(report: "IdReport") -> Iterator[str]:
    lost, size = report.bits_lost_by_modulo, report.scheme.alphabet_size
    if lost is not None and lost > 1e-9:
        yield (
            f"If its characters are random bytes modulo {size}, an id loses "
            f"{lost:.3g} of its {report.scheme.bits:,.4g} bits"
        )


def _describe_attack(report: "IdReport") -> Iterator[str]:
    hashes = report.hashes_for_deliberate_collision
    if hashes is not None:
        yield (
            f"If ids are hashes, a deliberate collision takes {format_real(hashes, 3)} "
            f"of them, {format_about(hashes / HASH_RATE)} at a billion per second"
        )
