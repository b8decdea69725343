"""Collision risk and safe length of random ids."""

import math

import pytest

from pigeonhole.birthday.ids import (
    SCHEMES,
    IdsError,
    alphabet_scheme,
    report_ids,
    tenants_probability,
)
from pigeonhole.birthday.theory import collision_probability, log_no_collision
from pigeonhole.birthday.variants import timed_collision_probability
from pigeonhole.tiles.ids import MAX_COLLISION_PROBABILITY, id_length

RISKS = (1e-15, 1e-9, 1e-6, 0.01, 0.5)
# Numbers of ids at these risks from our research notes, rounded to four digits.
PUBLISHED = {
    "kubernetes": ("2", "2", "5", "537", "4460"),
    "git-7": ("2", "2", "23", "2323", "19290"),
    "crc32": ("2", "3", "93", "9292", "77163"),
    "docker": ("2", "750", "23730", "2.379e6", "1.975e7"),
    "nanoid-10": ("48", "48020", "1.519e6", "1.522e8", "1.264e9"),
    "xxh64": ("192", "192100", "6.074e6", "6.089e8", "5.057e9"),
    "uuid7": ("6147", "6.146e6", "1.944e8", "1.949e10", "1.618e11"),
    "ulid": ("49170", "4.917e7", "1.555e9", "1.559e11", "1.295e12"),
    "uuid4": ("1.031e11", "1.031e14", "3.261e15", "3.269e17", "2.715e18"),
    "nanoid": ("4.125e11", "4.125e14", "1.304e16", "1.308e18", "1.086e19"),
}


@pytest.mark.parametrize("name", PUBLISHED)
def test_safe_numbers_equal_published_ones(name):
    for risk, text in zip(RISKS, PUBLISHED[name], strict=True):
        report = report_ids(SCHEMES[name], risk=risk)
        # The notes contain the largest safe number or the smallest unsafe one.
        numbers = (max(report.safe, 2), report.unsafe)
        rounded = {float(n) for n in numbers} | {float(f"{n:.3e}") for n in numbers}
        assert float(text) in rounded, (risk, numbers)


def test_the_largest_safe_number_is_one_below_the_smallest_unsafe_one():
    for scheme in (SCHEMES["get_uid"], SCHEMES["uuid4"], alphabet_scheme("62", 8)):
        report = report_ids(scheme, risk=0.5)
        assert report.probability_safe <= 0.5 <= report.probability_unsafe
        assert report.unsafe == report.safe + 1
    assert report_ids(SCHEMES["get_uid"], risk=0.5).unsafe == 4823


def test_one_character_less_than_the_shortest_length_is_unsafe():
    report = report_ids(alphabet_scheme("0123456789abcdef", 7), 10**6, 1e-6)
    assert report.probability_shortest < 1e-6 <= report.probability_shorter
    assert report.shortest == 15
    assert collision_probability(10**6, 16**15) == report.probability_shortest


@pytest.mark.parametrize("tiles", [1, 2, 100, 10**5])
def test_tile_ids_have_the_shortest_safe_length(tiles):
    report = report_ids(alphabet_scheme("32", 1), tiles, MAX_COLLISION_PROBABILITY)
    assert id_length(tiles) == report.shortest


def test_ids_with_a_timestamp():
    report = report_ids(SCHEMES["ulid"], 10**9, seconds=1000)
    assert report.ticks == 10**6
    assert report.probability == timed_collision_probability(1000, 10**6, 80)
    one_tick = report_ids(SCHEMES["ulid"], 10**9)
    assert one_tick.probability > report.probability


def test_ids_of_different_tenants_may_be_equal():
    report = report_ids(SCHEMES["docker"], 10**6 + 1, 1e-3, tenants=10)
    survival = 9 * log_no_collision(10**5, 2**48) + log_no_collision(10**5 + 1, 2**48)
    assert report.probability == pytest.approx(-math.expm1(survival), rel=1e-14)
    one_tenant = report_ids(SCHEMES["docker"], 10**6 + 1)
    assert report.probability < one_tenant.probability / 9
    assert report.probability_safe < 1e-3 <= report.probability_unsafe
    assert tenants_probability(10 * report.safe, 2**48, 10) == report.probability_safe
    assert report.pairs == pytest.approx((10**5 / 2**24) ** 2 * 5, rel=1e-4)
    assert report_ids(SCHEMES["docker"], 4, tenants=4).probability == 0
    timed = report_ids(SCHEMES["ulid"], 10**9, seconds=1000, tenants=5)
    assert timed.probability == timed_collision_probability(200, 5 * 10**6, 80)


@pytest.mark.parametrize("name", ["uuid4", "sha1", "sha512"])
@pytest.mark.parametrize("tenants", [7, 1000])
def test_safe_numbers_of_tenants_in_large_spaces_are_fast(name, tenants):
    # Rounding moves the first estimate by billions, too many for single steps.
    report = report_ids(SCHEMES[name], tenants=tenants)
    assert report.probability_safe < report.risk <= report.probability_unsafe
    assert report.unsafe == report.safe + 1
    pairs = 2 * SCHEMES[name].space * report.risk / tenants
    assert math.isclose(report.safe, math.sqrt(pairs), rel_tol=1e-5)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"risk": 0}, "must be between 0 and 1"),
        ({"risk": 1}, "must be between 0 and 1"),
        ({"risk": math.nan}, "must be between 0 and 1"),
        ({"ids": -3}, "can't be -3"),
        ({"tenants": 0}, "can't be 0"),
        ({"scheme": SCHEMES["snowflake"]}, "have no random part"),
    ],
)
def test_invalid_arguments_are_rejected(arguments, message):
    with pytest.raises(IdsError, match=message):
        report_ids(**{"scheme": SCHEMES["xxh64"], **arguments})


@pytest.mark.parametrize(
    ("alphabet", "length", "message"),
    [
        ("A", 8, "an alphabet of 1 character"),
        ("1", 8, "an alphabet of 1 character"),
        ("ABA", 8, "repeats a character"),
        ("AB", 0, "1 to 10,000 characters"),
    ],
)
def test_invalid_alphabets_are_rejected(alphabet, length, message):
    with pytest.raises(IdsError, match=message):
        alphabet_scheme(alphabet, length)
