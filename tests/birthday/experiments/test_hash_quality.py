"""Repeats and effective bits of hashes on key sets."""

import numpy as np
import pytest

from pigeonhole.birthday.experiments import hash_quality
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


@pytest.mark.parametrize("name", ["key%d", "counters", "random"])
def test_keys_of_a_set_differ(name):
    assert len(set(hash_quality.make_keys(name, 100, 1))) == 100


def test_keys_are_read_from_a_file(tmp_path):
    path = tmp_path / "keys.txt"
    path.write_bytes(b"one\ntwo\none\n")
    assert hash_quality.make_keys(str(path), 5, 1) == [b"one", b"two"]
