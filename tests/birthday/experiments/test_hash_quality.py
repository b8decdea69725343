"""Repeats and effective bits of hashes on key sets."""

import math
from functools import cache

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import settings as run
from hypothesis import strategies as some
from scipy.stats import norm

from pigeonhole.birthday.experiments import hash_quality
from pigeonhole.birthday.experiments.effective_bits import estimate_effective_bits
from pigeonhole.birthday.hash_tests import EffectiveBitsTest, RepeatsTest
from pigeonhole.birthday.theory import expected_repeats, repeats_pmf
from pigeonhole.core.tables import read_records, write_table

GOOD = {"md5", "sha1", "sha256", "blake2b", "xxh3_64"}


@pytest.fixture(scope="module")
def measured():
    return hash_quality.measure_hashes(1, "key%d", 2**15)


def test_repeats_of_all_widths_in_one_pass():
    values = np.random.default_rng(1).integers(2**12, size=300).astype(np.uint64)
    counts = hash_quality.count_repeats_by_width(values, (3, 8, 12), bits=12)
    assert counts == [
        300 - len(set((values >> np.uint64(12 - w)).tolist())) for w in (3, 8, 12)
    ]


@pytest.mark.parametrize(("draws", "bits"), [(100, 8), (60, 10), (20, 12)])
def test_variance_equals_that_of_the_distribution(draws, bits):
    pmf, k = repeats_pmf(draws, 2**bits), np.arange(draws + 1)
    exact = pmf @ k**2 - (pmf @ k) ** 2
    variance = hash_quality.repeats_variance(draws, 2**bits)
    assert variance == pytest.approx(exact, rel=0.02)


def test_z_scores_have_both_signs_and_no_bias():
    assert hash_quality.repeats_z_score(0, 2**16, 24) < -10
    assert hash_quality.repeats_z_score(1000, 2**16, 24) > 30
    mean = round(expected_repeats(2**16, 2**24))
    assert abs(hash_quality.repeats_z_score(mean, 2**16, 24)) < 0.2
    assert hash_quality.repeats_z_score(2**15, 2**16, 20) > 100


@pytest.mark.parametrize(
    ("repeats", "draws", "bits", "tail"),
    [
        # Poisson: 1 - exp(-mean), and the same without the first terms.
        (1, 10, 32, 45 / 2**32),
        (2, 300, 24, (300 * 299 / 2**25) ** 2 / 2),
        # All values differ.
        (0, 2**16, 24, math.exp(-127.8)),
    ],
)
def test_z_scores_are_p_values_of_the_tail(repeats, draws, bits, tail):
    z = hash_quality.repeats_z_score(repeats, draws, bits)
    assert math.log(norm.sf(abs(z))) == pytest.approx(math.log(tail), rel=0.01)


@pytest.mark.parametrize(("draws", "bits"), [(0, 20), (1, 20), (10, 32), (128, 20)])
def test_no_repeat_where_none_is_expected_is_no_deviation(draws, bits):
    assert hash_quality.repeats_z_score(0, draws, bits) == 0


@run(max_examples=60)
@given(some.integers(0, 2**24), some.sampled_from([20, 24, 28, 32]), some.floats(0, 1))
@example(draws=2_500_000, bits=32, share=0)
@example(draws=2**24, bits=20, share=1)
def test_z_scores_are_finite_and_have_the_sign_of_the_deviation(draws, bits, share):
    repeats = int(share * max(draws - 1, 0))
    z = hash_quality.repeats_z_score(repeats, draws, bits)
    assert math.isfinite(z)
    if abs(z) > 1:
        assert (z > 0) == (repeats > expected_repeats(draws, 2**bits))


def test_z_scores_equal_the_exact_tails_in_a_small_space():
    draws, bits = 100, 8
    pmf = repeats_pmf(draws, 2**bits)
    for repeats in (8, 12, 17, 22, 26):
        z = hash_quality.repeats_z_score(repeats, draws, bits)
        exact = min(pmf[: repeats + 1].sum(), pmf[repeats:].sum(), 0.5)
        assert norm.sf(abs(z)) == pytest.approx(exact, rel=0.2)


def test_uniform_hashes_are_flagged_less_often_than_the_level():
    """1,000 key sets, most of them small, and 3 uniform hashes of each."""
    rng = np.random.default_rng(16)
    z_score = cache(hash_quality.repeats_z_score)
    repeats_p, effective_p, flags = [], [], 0
    for size in (0, 1, 2, 3, 10, 100, 150, 300, 1000, 3000) * 100:
        repeats, effective = [], []
        for number in range(3):
            values = rng.integers(2**32, size=size, dtype=np.uint64)
            counts = hash_quality.count_repeats_by_width(values, hash_quality.WIDTHS)
            for bits, count in zip(hash_quality.WIDTHS, counts, strict=True):
                z = z_score(count, size, bits)
                row = {"bits": bits, "keys": size, "repeats": count, "expected": 0}
                repeats.append({"hash": number, **row, "z": z})
            estimate = estimate_effective_bits(values >> np.uint64(16), 16)
            effective.append({"hash": number, "bits": 16, **estimate._asdict()})
        tests = [
            *hash_quality.flag_repeats({"keys": repeats}),
            *hash_quality.flag_effective_bits({"keys": effective}),
        ]
        flags += sum(test.flagged for test in tests)
        repeats_p += [2 * norm.sf(abs(row["z"])) for row in repeats]
        effective_p += [2 * min(row["p_low"], row["p_high"]) for row in effective]
    cells = len(repeats_p) + len(effective_p)
    assert flags / cells < hash_quality.STRICT_SIGNIFICANCE
    # A sharper test: p-values are below 1% less often than that.
    assert np.mean(np.array(repeats_p) < 0.01) < 0.01
    assert np.mean(np.array(effective_p) < 0.01) < 0.01


def test_repeats_flag_weak_hashes_and_no_good_ones(measured):
    tests = hash_quality.flag_repeats({"key%d": measured[0]})
    flagged = {test.algorithm for test in tests if test.flagged}
    assert {"crc32", "adler32", "fnv1a_32"} <= flagged
    assert not flagged & GOOD


def test_effective_bits_flag_weak_hashes_and_no_good_ones(measured):
    tests = hash_quality.flag_effective_bits({"key%d": measured[1]})
    flagged = {test.algorithm for test in tests if test.flagged}
    assert "adler32" in flagged
    assert not flagged & GOOD


def test_tests_survive_a_table(measured, tmp_path):
    path = tmp_path / "tests.csv"
    repeats = hash_quality.flag_repeats({"key%d": measured[0]})
    write_table(path, [test.row() for test in repeats])
    assert read_records(path, RepeatsTest.from_row) == repeats
    effective = hash_quality.flag_effective_bits({"key%d": measured[1]})
    write_table(path, [test.row() for test in effective])
    assert read_records(path, EffectiveBitsTest.from_row) == effective


@pytest.mark.parametrize("keys", [1, 10])
def test_hashes_of_few_keys_are_not_flagged(keys, tmp_path):
    path = tmp_path / "keys.txt"
    path.write_text("".join(f"{number}\n" for number in range(keys)))
    repeats, effective = hash_quality.measure_hashes(1, str(path), 0)
    tests = hash_quality.flag_repeats({"keys": repeats})
    flagged = {test.algorithm for test in tests if test.flagged}
    tests = hash_quality.flag_effective_bits({"keys": effective})
    flagged |= {test.algorithm for test in tests if test.flagged}
    # Adler-32 of short keys is nearly constant.
    assert flagged <= {"adler32"}
