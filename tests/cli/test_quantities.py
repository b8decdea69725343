"""Read and write numbers, probabilities, rates and durations."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as some

from pigeonhole.cli.quantities import (
    format_duration,
    format_near,
    format_real,
    format_things,
    parse_duration,
    parse_probability,
    parse_rate,
    parse_whole,
    to_json,
)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("10y", 315_576_000),
        ("1.5 hours", 5400),
        ("1 month", Fraction(31_557_600, 12)),
        ("2w", 1_209_600),
        ("90 sec", 90),
        ("1e3s", 1000),
        ("1,000 Days", 86_400_000),
        ("250ms", Fraction(1, 4)),
    ],
)
def test_durations(text, seconds):
    assert parse_duration(text) == seconds


@pytest.mark.parametrize(
    "text", ["", "s", "1", "1 fortnight", "1h30min", "-1s", "1,5h"]
)
def test_other_durations_are_rejected(text):
    with pytest.raises(
        ValueError, match="write a duration such as 10y, 30d, 8h or 90s"
    ):
        parse_duration(text)


@pytest.mark.parametrize(
    ("text", "rate"),
    [
        ("100/s", 100),
        ("6 / min", Fraction(1, 10)),
        ("1,000/hour", Fraction(1000, 3600)),
        ("1/week", Fraction(1, 604_800)),
    ],
)
def test_rates_are_exact(text, rate):
    assert parse_rate(text) == rate


@pytest.mark.parametrize(
    "text", ["1,00", "1e", "0x10", "1_", "__1", "1 000", "½", "e5"]
)
def test_other_numbers_are_rejected(text):
    with pytest.raises(ValueError, match="write a number such as 1000000"):
        parse_whole(text)


def test_probabilities_are_exact():
    assert parse_probability("0.1") == Fraction(1, 10)
    assert parse_probability("0.1 %") == Fraction(1, 1000)


@given(
    some.decimals(Decimal("1e-30"), Decimal("0.999999999999"), allow_nan=False),
    some.integers(-(10**6), 10**6),
)
def test_a_probability_is_written_on_its_side_of_a_limit(limit, shift):
    limit = Fraction(limit)
    value = limit * (1 + Fraction(shift, 10**25))
    decimal = Decimal(value.numerator) / Decimal(value.denominator)
    exact = Fraction(decimal)
    text = format_near(decimal, limit)
    # Compare what a reader computes.
    parts = text.split(" ")
    result = Fraction(parts[0])
    if len(parts) == 3:
        gap = Fraction(parts[2])
        result += gap if parts[1] == "+" else -gap
    written = Fraction(format_real(limit, 17).replace(",", ""))
    if written == limit:
        assert (result < limit, result > limit) == (exact < limit, exact > limit)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("0", "0"),
        ("1", "1"),
        ("0.5", "0.5"),
        ("0.0001", "0.0001"),
        ("0.9999999", "1 - 1e-07"),
        ("1e-3000", "1e-3000"),
    ],
)
def test_probabilities_in_words(value, text):
    assert format_near(Decimal(value), Fraction(1, 4)) == text


def test_numbers_in_words():
    assert format_things(1, "id") == "1 id"
    assert format_things(0, "id") == "0 ids"
    assert format_things(10**20, "id") == "1e+20 ids"
    assert format_things(21_400, "character") == "21,400 characters"
    assert format_duration(Fraction(604_800)) == "1 week"
    assert format_duration(Fraction(3, 2)) == "1,500 milliseconds"


def test_json_of_numbers():
    assert to_json(10**20) == "1" + 20 * "0"
    assert to_json(Fraction(1, 3)) == "0.33333333333333333"
    assert to_json(Decimal("2.5e-3005")) == "2.5e-3005"
    assert to_json(Decimal(1)) == "1.0"
    assert to_json("é") == '"\\u00e9"'
