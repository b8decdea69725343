"""What is counted whole: the census, real birthdays, effective bits, caches."""

import hashlib
import subprocess

import numpy as np
import pytest
import reference
from hypothesis import given
from hypothesis import strategies as some
from hypothesis.extra.numpy import arrays
from scipy.stats import chisquare

from pigeonhole.birthday import effective_space, unequal_no_collision
from pigeonhole.birthday.experiments import (
    census,
    days,
)
from pigeonhole.birthday.experiments import (
    cpu_caches as caches,
)
from pigeonhole.birthday.experiments import (
    key_sets as heat,
)
from pigeonhole.birthday.experiments.dicts import dict_seconds
from pigeonhole.birthday.experiments.effective_bits import effective_bits
from pigeonhole.birthday.experiments.repeats import split_at_repeats
from pigeonhole.birthday.hashing import md5

PLAIN = md5.first_64.__class__.__name__ == "function"


def test_a_census_equals_hashlib():
    bits = 8 if PLAIN else 13
    parts = [census.census_part(bits, part, 4) for part in range(4)]
    found = {row["times"]: row["values"] for row in census.census_rows(bits, parts)}
    messages = (number.to_bytes(4, "little") + bytes(12) for number in range(2**bits))
    digests = [hashlib.md5(message).digest()[:4] for message in messages]
    values = [int.from_bytes(digest, "big") >> 32 - bits for digest in digests]
    times = np.bincount(np.bincount(values, minlength=2**bits), minlength=16)
    assert list(found.values()) == times.tolist()


@pytest.mark.parametrize("parts", [2, 8])
def test_parts_of_a_census_add_up_whatever_their_number(parts):
    whole = census.census_rows(8, [census.census_part(8, 0, 1)])
    cut = [census.census_part(8, part, parts) for part in range(parts)]
    assert census.census_rows(8, cut) == whole
    assert sum(row["times"] * row["values"] for row in whole) == 2**8


def test_what_is_expected_of_a_census_is_every_value_and_message():
    rows = census.census_rows(8, [census.census_part(8, 0, 1)])
    assert sum(row["expected"] for row in rows) == pytest.approx(256, rel=1e-12)
    mean = sum(row["times"] * row["expected"] for row in rows)
    assert mean == pytest.approx(256, rel=1e-12)
    assert all(abs(row["z"]) < 4 for row in rows[:6])


def test_a_census_that_overflows_says_so(monkeypatch):
    def many(first, count, shift, part, part_bits, counts):
        counts[0] = 3
        return 19

    monkeypatch.setattr(census.md5, "count_values", many)
    with pytest.raises(OverflowError, match="16 times or more"):
        census.census_part(8, 0, 4)


def test_a_long_census_tells_how_far_it_is(monkeypatch, caplog):
    clock = iter(range(0, 1000, 3))
    monkeypatch.setattr(census.time, "monotonic", lambda: next(clock))
    monkeypatch.setattr(census, "AT_A_TIME", 64)
    with caplog.at_level("INFO", "pigeonhole"):
        census.census_part(8, 1, 4)
    assert "part 1: 25 % counted" in caplog.text


def test_births_are_those_of_the_source():
    month, day, born = days.births().T
    assert born.sum() == 62_187_024
    assert list(zip(month, day, strict=True)) == sorted(zip(month, day, strict=True))
    assert born[(month == 2) & (day == 29)].item() == 41_869
    assert effective_space(born / born.sum()) == pytest.approx(364.31, abs=0.005)
    shared = 1 - unequal_no_collision(23, born / born.sum())
    assert shared == pytest.approx(0.507929, abs=5e-7)


def test_days_are_drawn_as_often_as_they_are_birthdays():
    born = np.array([1, 0, 3])
    rng = np.random.default_rng(1)
    drawn = days._days(rng, np.cumsum(born), (100, 40))
    seen = np.bincount(drawn.ravel(), minlength=3)
    assert seen[1] == 0
    assert chisquare(seen[[0, 2]], [1000, 3000]).pvalue > 1e-3


def test_groups_with_real_birthdays_follow_their_exact_curve():
    rows = days.real_birthdays(1, 2000)
    assert [row["draws"] for row in rows] == list(range(1, 90))
    at_23 = rows[22]
    assert at_23["exact"] == pytest.approx(0.507929, abs=5e-7)
    assert at_23["equal_days"] == pytest.approx(0.507297, abs=5e-7)
    assert abs(at_23["share"] - at_23["exact"]) < 0.05
    assert all(row["exact"] >= row["equal_days"] for row in rows[2:])


@given(
    arrays(np.uint64, some.integers(0, 60), elements=some.integers(0, 9)),
)
def test_split_at_repeats_equals_reference(values):
    times, left = split_at_repeats(values, 10)
    assert (times.tolist(), left) == reference.split_at_repeats(values)


def test_effective_bits_hold_the_truth_95_times_in_100():
    rng = np.random.default_rng(1)
    held = 0
    for _ in range(300):
        found = effective_bits(rng.integers(2**10, size=4000).astype(np.uint64), 10)
        held += found.bits_low < 10 < found.bits_high
    assert 275 <= held <= 297


def test_effective_bits_of_a_hash_that_loses_some_and_of_one_that_repeats_none():
    drawn = np.random.default_rng(2).integers(2**8, size=20_000).astype(np.uint64)
    lost = effective_bits(drawn << np.uint64(2), 10)
    assert lost.effective_bits == pytest.approx(8, abs=0.2)
    assert lost.bits_high < 10
    assert lost.p_low < 1e-6
    none = effective_bits(np.arange(2**10, dtype=np.uint64), 10)
    assert none.trials == 0
    assert none.effective_bits == none.bits_high == np.inf
    assert none.p_high < 1e-6
    assert none.bits_low > 10
    assert effective_bits(np.zeros(0, np.uint64), 10).p_low == 1


def test_effective_bits_flag_the_cheap_and_clear_the_good():
    _, effective = heat.heat(1, "key%d", 2**15)
    rows = heat.judge_effective({"key%d": effective})
    flagged = {row["algorithm"] for row in rows if row["flagged"]}
    assert "adler32" in flagged
    assert not flagged & {"md5", "sha1", "sha256", "blake2b", "xxh3_64"}


def test_caches_as_linux_tells_them(tmp_path, monkeypatch):
    for number, (kind, level, size) in enumerate(
        (("Data", 1, "48K"), ("Instruction", 1, "32K"), ("Unified", 2, "2048K"))
    ):
        folder = tmp_path / f"index{number}"
        folder.mkdir()
        for name, text in (("type", kind), ("level", level), ("size", size)):
            (folder / name).write_text(f"{text}\n")
    monkeypatch.setattr(caches, "FOLDER", tmp_path)
    monkeypatch.setattr(caches.sys, "platform", "linux")
    assert caches.cache_bytes() == {1: 48 * 2**10, 2: 2**21}
    monkeypatch.setattr(caches, "FOLDER", tmp_path / "none")
    assert caches.cache_bytes() == {}


def test_caches_as_macos_tells_them(monkeypatch):
    told = {"hw.l1dcachesize": "65536\n", "hw.l2cachesize": "4194304\n"}

    def run(command, **_):
        return subprocess.CompletedProcess(command, 0, told.get(command[-1], ""))

    monkeypatch.setattr(caches.sys, "platform", "darwin")
    monkeypatch.setattr(caches.subprocess, "run", run)
    assert caches.cache_bytes() == {1: 2**16, 2: 2**22}


def test_the_bytes_of_dicts_grow(monkeypatch):
    rows = dict_seconds(1, (16, 64, 256))
    assert rows[0]["bytes"] < rows[1]["bytes"] < rows[2]["bytes"]
    assert {"cache_1_bytes", "cache_2_bytes", "cache_3_bytes"} < rows[0].keys()
