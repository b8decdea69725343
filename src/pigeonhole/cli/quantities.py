"""Read and write numbers, probabilities, rates and durations of any size, exactly."""

import json
import re
from decimal import ROUND_HALF_EVEN, Decimal, localcontext
from fractions import Fraction

MILLISECOND, DAY = Fraction(1, 1000), Fraction(86400)
YEAR = Fraction(31_557_600)
UNITS = {
    "year": YEAR,
    "month": YEAR / 12,
    "week": 7 * DAY,
    "day": DAY,
    "hour": Fraction(3600),
    "minute": Fraction(60),
    "second": Fraction(1),
    "millisecond": MILLISECOND,
}
"""Seconds of each unit of time; a year has 365.25 days."""
SHORT = {
    "y": "year",
    "w": "week",
    "d": "day",
    "h": "hour",
    "min": "minute",
    "s": "second",
    "sec": "second",
    "ms": "millisecond",
}
UNIT_NAMES = "ms, s, min, h, d, w, month, y"
MAX_EXPONENT = 4000
_NUMBER = re.compile(
    r"\+?(\d{1,3}(?:,\d{3})+|\d+(?:_\d+)*|(?=\.))(\.\d+)?(?:[eE]([+-]?\d{1,9}))?",
    re.ASCII,
)


def parse_number(text: str, example: str) -> Fraction:
    """Return the exact value of a number such as 1000000, 1,000,000, 1e6 or 0.25."""
    match = _NUMBER.fullmatch(text.strip())
    if not match:
        raise ValueError(f"write {example}")
    whole, fraction, exponent = match[1], match[2] or "", int(match[3] or 0)
    digits = re.sub("[,_]", "", whole) + fraction[1:]
    exponent -= len(fraction[1:])
    if len(digits) + abs(exponent) > 2 * MAX_EXPONENT:
        raise ValueError(f"must be from 1e-{MAX_EXPONENT} to 1e{MAX_EXPONENT}")
    value = Fraction(Decimal(f"{digits}e{exponent}"))
    if value and not 10**-MAX_EXPONENT <= value <= 10**MAX_EXPONENT:
        raise ValueError(f"must be from 1e-{MAX_EXPONENT} to 1e{MAX_EXPONENT}")
    return value


def parse_whole(value: object) -> int:
    """Return a whole number such as 1000000, 1,000,000 or 1e6."""
    text = str(value)
    number = parse_number(
        text.strip().removeprefix("-"), "a number such as 1000000, 1,000,000 or 1e6"
    )
    if number.denominator != 1:
        raise ValueError("must be a whole number, such as 1000000 or 1e6")
    return -int(number) if text.strip().startswith("-") else int(number)


def parse_probability(value: object) -> Fraction:
    """Return a probability such as 1e-6, 0.01 or 1%."""
    text = str(value).strip()
    example = "a probability such as 1e-6, 0.01 or 1%"
    number = parse_number(text.removesuffix("%"), example)
    return number / 100 if text.endswith("%") else number


def parse_rate(value: object) -> Fraction:
    """Return a rate such as 100/s or 5/min, per second."""
    number, slash, unit = str(value).partition("/")
    example = f"a rate such as 100/s, 5/min or 2e6/d, per {UNIT_NAMES}"
    if not slash:
        raise ValueError(f"write {example}")
    return parse_number(number, example) / _unit(unit, example)


def parse_duration(value: object) -> Fraction:
    """Return the seconds of a duration such as 10y, 8h or 1.5 hours."""
    example = f"a duration such as 10y, 30d, 8h or 90s, in {UNIT_NAMES}"
    match = re.fullmatch(r"(.*?)\s*([A-Za-z]+)", str(value).strip())
    if not match:
        raise ValueError(f"write {example}")
    return parse_number(match[1], example) * _unit(match[2], example)


def _unit(text: str, example: str) -> Fraction:
    name = text.strip().casefold()
    if name == "m":
        raise ValueError("write min for minutes or month for months, instead of m")
    seconds = UNITS.get(SHORT.get(name, name)) or UNITS.get(name.removesuffix("s"))
    if not seconds:
        raise ValueError(f"write {example}")
    return seconds


def round_to(
    value: Decimal | Fraction | int, digits: int, rounding: str = ROUND_HALF_EVEN
) -> Decimal:
    """Round a number to this many significant digits."""
    numerator, denominator = value.as_integer_ratio()
    with localcontext(prec=digits, rounding=rounding):
        return Decimal(numerator) / Decimal(denominator)


def format_real(value: Decimal | Fraction, digits: int) -> str:
    """Write a number with at most this many significant digits, such as 1.5e-07."""
    return _write(round_to(value, digits), digits)


def _write(number: Decimal, digits: int) -> str:
    if number and not -5 < number.adjusted() < max(digits, 6):
        mantissa, _, exponent = f"{number.normalize():e}".partition("e")
        return f"{mantissa}e{int(exponent):+03d}"
    text = f"{number:,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def format_count(number: int, digits: int = 15) -> str:
    """Write out a number of at most this many digits, and round a longer one."""
    return f"{number:,}" if number < 10**digits else format_real(Fraction(number), 4)


def format_things(number: int, noun: str, digits: int = 15) -> str:
    """Write a number of things, such as 1 id or 1,000 ids."""
    return f"{format_count(number, digits)} {noun}{'' if number == 1 else 's'}"


def format_near(value: Decimal, limit: Fraction) -> str:
    """Write a probability that differs from a limit, so that the difference shows."""
    shown, text = _round_probability(value)
    exact = Fraction(value)
    if exact == limit:
        return format_limit(limit)
    if value in (0, 1) or (shown < limit if exact < limit else shown > limit):
        return text
    gap = format_real(abs(exact - limit), 3)
    return f"{format_limit(limit)} {'-' if exact < limit else '+'} {gap}"


def _round_probability(value: Decimal) -> tuple[Fraction, str]:
    """Return a probability with 6 digits, or as a distance from 1 if it is close."""
    if not Decimal("0.999") < value < 1:
        return Fraction(round_to(value, 6)), format_real(value, 6)
    complement = 1 - Fraction(value)
    if complement <= Fraction(1, 10**300):
        return Fraction(1), "more than 1 - 1e-300"
    return 1 - Fraction(round_to(complement, 3)), f"1 - {format_real(complement, 3)}"


def format_limit(limit: Fraction) -> str:
    """Write a probability that someone chose, with up to 17 digits."""
    return format_real(limit, 17)


def format_duration(seconds: Fraction) -> str:
    """Write a duration in the largest unit of which it is a multiple."""
    for name, unit in UNITS.items():
        if (seconds / unit).denominator == 1:
            return format_things(int(seconds / unit), name)
    return f"{format_real(seconds, 4)} seconds"


def format_about(seconds: Decimal) -> str:
    """Write a measured duration with 3 digits in a unit that fits."""
    for name in ("year", "day", "hour", "minute"):
        if seconds >= 2 * UNITS[name]:
            return f"{format_real(Fraction(seconds) / UNITS[name], 3)} {name}s"
    return "less than 1 second" if seconds < 1 else f"{format_real(seconds, 3)} seconds"


def to_json(value: object, rounding: str = ROUND_HALF_EVEN) -> str:
    """Return the JSON of a value; real numbers have 17 digits and any exponent."""
    if not isinstance(value, Decimal | Fraction):
        return json.dumps(value)
    number = round_to(value, 17, rounding).normalize()
    if number and not -5 < number.adjusted() < 17:
        return f"{number:e}"
    text = f"{number:f}"
    return text if "." in text else f"{text}.0"
