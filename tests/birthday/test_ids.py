"""Collision risk and safe length of random ids."""

import math
from decimal import Decimal
from fractions import Fraction

import exact_collisions
import numpy as np
import pytest

from pigeonhole.birthday.ids import (
    SCHEMES,
    IdsError,
    Scheme,
    alphabet_scheme,
    bits_lost,
    parse_alphabet,
    report_ids,
    with_length,
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
    "youtube": ("192", "192100", "6.074e6", "6.089e8", "5.057e9"),
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
    for scheme in (SCHEMES["get_uid"], SCHEMES["uuid4"], alphabet_scheme(62, 8)):
        report = report_ids(scheme, risk=0.5)
        assert report.probability_safe < 0.5 <= report.probability_unsafe
        assert report.unsafe == report.safe + 1
    assert report_ids(SCHEMES["get_uid"], risk=0.5).unsafe == 4823


def test_one_character_less_than_the_shortest_length_is_unsafe():
    report = report_ids(alphabet_scheme("0123456789abcdef", 7), 10**6, 1e-6)
    assert report.probability_shortest < 1e-6 <= report.probability_shorter
    assert report.shortest == 15
    exact = collision_probability(10**6, 16**15)
    assert float(report.probability_shortest) == pytest.approx(exact, rel=1e-14)


@pytest.mark.parametrize("tiles", [1, 2, 100, 10**5])
def test_tile_ids_have_the_shortest_safe_length(tiles):
    report = report_ids(alphabet_scheme(32, 1), tiles, MAX_COLLISION_PROBABILITY)
    assert id_length(tiles) == report.shortest


def test_ids_with_a_timestamp_are_drawn_from_all_ticks():
    report = report_ids(SCHEMES["ulid"], 10**9, seconds=1000)
    assert report.ticks == 10**6
    exact = collision_probability(10**9, 10**6 * 2**80)
    assert float(report.probability) == pytest.approx(exact, rel=1e-14)
    poisson = timed_collision_probability(1000, 10**6, 80)
    assert float(report.probability) == pytest.approx(poisson, rel=1e-8)
    one_tick = report_ids(SCHEMES["ulid"], 10**9)
    assert one_tick.probability > report.probability
    assert report.safe > one_tick.safe
    assert report.safe_per_second == Decimal(report.safe) / 1000


def test_a_single_id_never_collides():
    report = report_ids(SCHEMES["ksuid"], 1, seconds=3600, tenants=3)
    assert (report.probability, report.pairs, report.shortest) == (0, 0, 1)


def test_ids_of_different_tenants_may_be_equal():
    report = report_ids(SCHEMES["docker"], 10**6 + 1, 1e-3, tenants=10)
    survival = 9 * log_no_collision(10**5, 2**48) + log_no_collision(10**5 + 1, 2**48)
    exact = -math.expm1(survival)
    assert float(report.probability) == pytest.approx(exact, rel=1e-14)
    one_tenant = report_ids(SCHEMES["docker"], 10**6 + 1)
    assert report.probability < one_tenant.probability / 9
    assert report.probability_safe < 1e-3 <= report.probability_unsafe
    assert float(report.pairs) == pytest.approx((10**5 / 2**24) ** 2 * 5, rel=1e-4)
    assert report_ids(SCHEMES["docker"], 4, tenants=4).probability == 0


@pytest.mark.parametrize("bits", [102, 160, 512])
@pytest.mark.parametrize("tenants", [7, 500])
def test_safe_numbers_of_tenants_in_large_spaces_are_exact(bits, tenants):
    """Neighboring numbers of ids have the same doubles here."""
    report = report_ids(Scheme("random", 2, bits), tenants=tenants)
    risk = Fraction(1, 10**6)
    arguments = (2**bits, risk, tenants)
    assert not exact_collisions.reaches(tenants * report.safe, *arguments)
    assert exact_collisions.reaches(tenants * report.unsafe, *arguments)
    assert report.probability_safe < risk <= report.probability_unsafe


def test_probabilities_are_on_the_right_side_of_the_risk():
    """The probability equals the risk, which has no finite decimal expansion."""
    report = report_ids(alphabet_scheme(3, 1), 2, Fraction(1, 3))
    assert report.unsafe == 2
    assert Fraction(report.probability_unsafe) >= Fraction(1, 3)
    assert Fraction(report.probability) >= Fraction(1, 3)
    assert report.shortest == 2
    exact = report_ids(SCHEMES["crc32"], 2, Fraction(1, 2**32))
    assert exact.probability_unsafe == Fraction(1, 2**32)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"risk": 0}, "must be between 0 and 1"),
        ({"risk": 1}, "must be between 0 and 1"),
        ({"risk": math.nan}, "must be between 0 and 1"),
        ({"ids": -3}, "can't be -3"),
        ({"ids": math.nan}, "can't be nan"),
        ({"ids": 1.5}, "can't be 1.5"),
        ({"tenants": 0}, "can't be 0"),
        ({"tenants": math.nan}, "can't be nan"),
        ({"seconds": 0}, "can't be 0 seconds"),
        ({"seconds": math.nan}, "can't be nan seconds"),
        ({"seconds": math.inf}, "can't be inf seconds"),
        ({"scheme": SCHEMES["snowflake"]}, "have no random part"),
    ],
)
def test_invalid_arguments_are_rejected(arguments, message):
    with pytest.raises(IdsError, match=message):
        report_ids(**{"scheme": SCHEMES["xxh64"], **arguments})
    # A programmer can expect ValueError, too.
    assert issubclass(IdsError, ValueError)


@pytest.mark.parametrize(
    ("text", "characters"),
    [
        ("0123456789", "0123456789"),
        ("01", "01"),
        ("62", "62"),
        ("٠١٢٣٤٥٦٧٨٩", "٠١٢٣٤٥٦٧٨٩"),
        ("digits", "0123456789"),
        ("Hex", "0123456789abcdef"),
        ("base32", "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"),
        ("a-f0-9_-", "abcdef0123456789_-"),
        # A hyphen between other characters is one of them.
        ("ABC-XYZ", "ABC-XYZ"),
        ("0123456789_", "0123456789_"),
    ],
)
def test_alphabets(text, characters):
    assert parse_alphabet(text) == characters
    scheme = alphabet_scheme(text, 6)
    assert (scheme.alphabet_size, scheme.characters) == (len(characters), characters)


@pytest.mark.parametrize(
    ("name", "size"),
    [("base36", 36), ("base58", 58), ("base62", 62), ("base64url", 64)],
)
def test_named_alphabets_have_the_size_in_their_name(name, size):
    assert len(set(parse_alphabet(name))) == size


@pytest.mark.parametrize(
    ("alphabet", "length", "message"),
    [
        ("A", 8, "an alphabet can't have 1 character:"),
        (1, 8, "an alphabet can't have 1 character:"),
        ("", 8, "an alphabet can't have 0 characters:"),
        ("ABA", 8, "repeats a character"),
        ("1e3", 8, "use --alphabet-size"),
        ("62.0", 8, "use --alphabet-size"),
        ("1,000", 8, "use --alphabet-size"),
        ("base65", 8, "use --alphabet-size"),
        ("z-a", 8, "the range 'z-a' of the alphabet is empty"),
        ("a\tb", 8, "can't be printed"),
        ("AB", 0, "1 to 10,000 characters"),
        ("AB", 10_001, "1 to 10,000 characters"),
        (
            62,
            1680,
            "1,680 characters of 62 have 10,003 random bits: use a shorter length",
        ),
    ],
)
def test_invalid_alphabets_are_rejected(alphabet, length, message):
    with pytest.raises(IdsError, match=message):
        alphabet_scheme(alphabet, length)


def test_schemes_have_their_known_alphabets_and_lengths():
    assert with_length(SCHEMES["nanoid"], 10).space == SCHEMES["nanoid-10"].space
    assert with_length(SCHEMES["git"], 40).space == SCHEMES["sha1"].space
    assert SCHEMES["youtube"].space == 2**64
    with pytest.raises(IdsError, match="git ids have 4 to 64 characters, not 3"):
        with_length(SCHEMES["git"], 3)
    with pytest.raises(IdsError, match="uuid4 ids have a fixed length"):
        with_length(SCHEMES["uuid4"], 10)


def test_bits_lost_by_modulo():
    assert bits_lost(64) == 0
    assert bits_lost(62) == pytest.approx(0.0094787, rel=1e-4)
    assert report_ids(alphabet_scheme(62, 8)).bits_lost_by_modulo == 8 * bits_lost(62)
    # A byte can't choose one of 257 characters.
    assert report_ids(alphabet_scheme(257, 8)).bits_lost_by_modulo is None
    for size in (0, 257, math.nan):
        with pytest.raises(ValueError, match="size must be from 1 to source"):
            bits_lost(size)


@pytest.mark.parametrize("value", [math.nan, math.inf, 2.5, -1, 10**101])
@pytest.mark.parametrize(
    "call",
    [
        lambda value: Scheme("x", value, 8),
        lambda value: Scheme("x", 2, value),
        lambda value: alphabet_scheme(62, value),
        lambda value: with_length(SCHEMES["git"], value),
        lambda value: report_ids(SCHEMES["git"], tenants=value),
    ],
)
def test_numbers_out_of_range_are_value_errors(call, value):
    with pytest.raises(ValueError, match=r"can't|must|have"):
        call(value)


def test_numbers_of_numpy_do_not_overflow():
    report = report_ids(SCHEMES["uuid4"], np.int64(2**62), tenants=np.int8(2))
    assert report.pairs == report_ids(SCHEMES["uuid4"], 2**62, tenants=2).pairs


def test_only_hashes_can_collide_deliberately():
    assert report_ids(SCHEMES["uuid4"]).hashes_for_deliberate_collision is None
    hashes = report_ids(Scheme("hash", 2, 10_000)).hashes_for_deliberate_collision
    assert f"{hashes:.3e}" == "1.770e+1505"
