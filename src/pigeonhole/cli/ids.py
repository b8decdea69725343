"""`pigeonhole ids`: how many ids are safe, and how long they have to be."""

import argparse
import json
import math
import os
import re
import sys

from pigeonhole.birthday.ids import (
    SCHEMES,
    Answer,
    IdsError,
    Scheme,
    answer,
    scheme_of_signs,
)

SECONDS = {
    "ms": 0.001,
    "s": 1.0,
    "min": 60.0,
    "h": 3600.0,
    "d": 86400.0,
    "y": 31557600.0,
}

DIGITS = 80
"""Of numbers that prove each other; a SHA-512's have 77."""


def ids(options: argparse.Namespace) -> None:
    """Answer on stdout."""
    scheme = _scheme(options)
    number, seconds = _number(options)
    found = answer(scheme, number, options.risk, seconds, options.tenants)
    speed = _hashes_per_second()
    told = {**found.as_dict(), "hashes_per_second_here": speed}
    if options.json:
        sys.stdout.write(json.dumps(told, indent=2) + "\n")
    else:
        sys.stdout.write(in_words(found, speed))
    if options.plot:
        from pigeonhole.plots.ids import ids as draw
        from pigeonhole.plots.save import save_figure

        svg, png = (options.plot.with_suffix(end) for end in (".svg", ".png"))
        save_figure(draw(found), svg, png)


def _scheme(options: argparse.Namespace) -> Scheme:
    given = [options.scheme, options.bits, options.alphabet]
    if sum(value is not None for value in given) != 1:
        raise IdsError("say how ids are made: one of --scheme, --bits and --alphabet.")
    if options.scheme is not None:
        if options.scheme not in SCHEMES:
            raise IdsError(
                f"there is no scheme {options.scheme!r}: take {', '.join(SCHEMES)}."
            )
        return SCHEMES[options.scheme]
    if options.alphabet is not None:
        length = 8 if options.length is None else options.length
        return scheme_of_signs(options.alphabet, length)
    if not 1 <= options.bits <= 10_000:
        raise IdsError(f"ids have 1 to 10,000 bits, not {options.bits}: change --bits.")
    return Scheme(f"{options.bits} random bits", 2, options.bits)


def _number(options: argparse.Namespace) -> tuple[int | None, float | None]:
    if (options.rate is None) != (options.time is None):
        raise IdsError("a rate needs a time and a time a rate: give both.")
    if options.rate is None:
        return (None if options.ids is None else _whole(options.ids)), None
    if options.ids is not None:
        raise IdsError("give a number of ids or their rate and time, not both.")
    rate, seconds = _rate(options.rate), _seconds(options.time)
    return round(rate * seconds), seconds


def _whole(text: str) -> int:
    try:
        return int(text.replace(",", "").replace("_", ""))
    except ValueError:
        pass
    try:
        return int(float(text))
    except (ValueError, OverflowError):
        raise IdsError(f"{text!r} is no number of ids: write 1000000 or 1e6.") from None


def _rate(text: str) -> float:
    number, _, unit = text.partition("/")
    try:
        rate = float(number) / SECONDS[unit.strip()]
    except (ValueError, KeyError):
        rate = -1.0
    if not 0 <= rate < math.inf:
        raise IdsError(f"{text!r} is no rate: write 100/s, 5/min or 2e6/d.")
    return rate


def _seconds(text: str) -> float:
    match = re.fullmatch(r"([0-9.e+]+) *([a-z]+)", text.strip())
    try:
        seconds = float(match[1]) * SECONDS[match[2]] if match else -1.0
    except (ValueError, KeyError):
        seconds = -1.0
    if not 0 <= seconds < math.inf:
        raise IdsError(f"{text!r} is no time: write 10y, 30d, 8h or 90s.")
    return seconds


def in_words(found: Answer, speed: float) -> str:
    """Say it to a person."""
    scheme, facts = found.scheme, found.as_dict()
    one_tick = " within one tick of its clock" if scheme.tick else ""
    note = f": {scheme.note}" if scheme.note else ""
    several = found.tenants > 1
    among = f" that any of {_large(found.tenants)} tenants has two equal" * several
    are = "of each are" if several else "are"
    lines = [
        f"{scheme.name}{note}",
        f"  {scheme.bits:.2f} random bits{one_tick}, {_large(scheme.space)} ids",
    ]
    if found.ids is not None:
        spread = f" spread over {_large(found.ticks)} ticks" if found.ticks else ""
        spread += f" shared evenly by {_large(found.tenants)} tenants" * several
        lines += [
            f"{_large(found.ids)} ids{spread}",
            f"  P(any collision) = {_chance(found.probability or 0)}",
            f"  {found.pairs:.4g} equal pairs on average",
            f"  shortest safe length: {_length(found.shortest or 0, scheme.signs)}",
            f"  with it: P = {_chance(found.probability_shortest or 0)}",
        ]
        if found.probability_shorter is not None:
            sign = "bit" if scheme.signs == 2 else "sign"
            lines.append(f"  one {sign} less: P = {_chance(found.probability_shorter)}")
        if found.retries is not None:
            lines.append(
                f"  if you try again on a collision, the next id takes "
                f"{found.retries:.3g} more tries on average, and none is ever shared"
            )
    safe, at_risk = (_large(n, DIGITS) for n in (found.safe, found.at_risk))
    lines += [
        f"Risk {found.risk:g}{one_tick}{among}",
        f"  {safe} ids {are} safe: P = {found.probability_safe:.17g}",
        f"  with {at_risk}: P = {found.probability_at_risk:.17g}",
    ]
    lost = facts["bits_lost_by_modulo"]
    if isinstance(lost, float) and lost > 1e-9:
        lines.append(f"A random byte modulo {scheme.signs} would lose {lost:.3f} bits")
    hashes = facts["hashes_for_one_on_purpose"]
    if isinstance(hashes, float):
        lines.append(
            f"On purpose: {hashes:.3g} hashes, {_duration(hashes / speed)} with the "
            f"{speed / 1e6:,.0f} million MD5 a second of this machine"
        )
    return "\n".join(lines) + "\n"


def _large(number: int, digits: int = 15) -> str:
    """Write a number whole up to so many digits."""
    if number < 10**digits:
        return f"{number:,}"
    return f"{number:.4g}" if number < 10**300 else f"10^{len(str(number)) - 1}"


def _length(length: int, signs: int) -> str:
    return f"{length} bits" if signs == 2 else f"{length} signs of {signs}"


def _chance(probability: float) -> str:
    if probability > 0.999:
        return "1" if probability == 1 else f"1 - {1 - probability:.3g}"
    return f"{probability:.6g}"


def _duration(seconds: float) -> str:
    for unit, name in (
        (31557600.0, "years"),
        (86400.0, "days"),
        (3600.0, "hours"),
        (60.0, "minutes"),
    ):
        if seconds >= 2 * unit:
            return f"{seconds / unit:,.3g} {name}"
    return f"{seconds:.3g} seconds"


def _hashes_per_second() -> float:
    """Measure all cores' speed from one's, in a twentieth of a second."""
    import numpy as np

    from pigeonhole.birthday.experiments.clock import busy_ns
    from pigeonhole.birthday.hashing.digests import PIECE, leading_bits

    messages, out, done = np.zeros((PIECE, 4), np.uint32), np.zeros(PIECE, np.uint64), 0
    leading_bits(messages[:2], 64)
    begin = busy_ns()
    while busy_ns() - begin < 50_000_000:
        leading_bits(messages, 64, out)
        done += PIECE
    return done / (busy_ns() - begin) * 1e9 * (os.cpu_count() or 1)
