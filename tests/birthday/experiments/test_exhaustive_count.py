"""Exhaustive count of the MD5 values of all messages."""

import hashlib

import numpy as np
import pytest

from pigeonhole.birthday.experiments import exhaustive_count
from pigeonhole.birthday.experiments.exhaustive_count import count_shard, merge_counts
from pigeonhole.birthday.hashing import md5

COMPILED = type(md5.leading_64).__name__ != "function"


def test_counts_equal_hashlib():
    bits = 13 if COMPILED else 8
    shards = [count_shard(bits, shard, 4) for shard in range(4)]
    counts = {row["times"]: row["values"] for row in merge_counts(bits, shards)}
    messages = (number.to_bytes(4, "little") + bytes(12) for number in range(2**bits))
    digests = [hashlib.md5(message).digest()[:4] for message in messages]
    values = [int.from_bytes(digest, "big") >> 32 - bits for digest in digests]
    times = np.bincount(np.bincount(values, minlength=2**bits), minlength=16)
    assert list(counts.values()) == times.tolist()


@pytest.mark.parametrize("shards", [2, 8])
def test_counts_are_the_same_for_any_number_of_shards(shards):
    rows = merge_counts(8, [count_shard(8, 0, 1)])
    split = [count_shard(8, shard, shards) for shard in range(shards)]
    assert merge_counts(8, split) == rows
    assert sum(row["times"] * row["values"] for row in rows) == 2**8


def test_expected_counts_cover_all_values_and_messages():
    rows = merge_counts(8, [count_shard(8, 0, 1)])
    assert sum(row["expected"] for row in rows) == pytest.approx(256, rel=1e-12)
    messages = sum(row["times"] * row["expected"] for row in rows)
    assert messages == pytest.approx(256, rel=1e-12)
    assert all(abs(row["z"]) < 4 for row in rows[:6])


def test_a_value_that_occurs_too_often_is_an_error(monkeypatch):
    def count_values(first, size, shift, shard, shard_bits, counts):
        counts[0] = 3
        return 19

    monkeypatch.setattr(exhaustive_count.md5, "count_values", count_values)
    with pytest.raises(OverflowError, match="16 times or more"):
        count_shard(8, 0, 4)


def test_a_long_count_logs_its_progress(monkeypatch, caplog):
    clock = iter(range(0, 1000, 3))
    monkeypatch.setattr(exhaustive_count.time, "monotonic", lambda: next(clock))
    monkeypatch.setattr(exhaustive_count, "COUNTERS_PER_BATCH", 64)
    with caplog.at_level("INFO", "pigeonhole"):
        count_shard(8, 1, 4)
    assert "shard 1: 25% counted" in caplog.text
