"""Hashes against known digests, and what the heat map makes of them."""

import hashlib
import zlib

import numpy as np
import pytest

from pigeonhole.birthday.experiments import key_sets as heat
from pigeonhole.birthday.hashing.algorithms import ALGORITHMS, fnv1a_32, truncated
from pigeonhole.birthday.theory import expected_repeats, repeats_pmf


@pytest.mark.parametrize("name", ["md5", "sha1", "sha256", "blake2b", "sha3_256"])
def test_truncated_is_the_start_of_hexdigest(name):
    messages = [b"", b"a", b"pigeon" * 20]
    for digits in (1, 5, 16):
        exact = [int(hashlib.new(name, m).hexdigest()[:digits], 16) for m in messages]
        assert truncated(messages, name, 4 * digits).tolist() == exact


def test_known_values():
    """Of the authors' own test vectors."""
    assert fnv1a_32(b"") == 0x811C9DC5
    assert fnv1a_32(b"foobar") == 0xBF9CF968
    known = {
        "crc32": (b"123456789", 0xCBF43926),
        "adler32": (b"Wikipedia", 0x11E60398),
        "xxh32": (b"", 0x02CC5D05),
        "xxh64": (b"", 0xEF46DB3751D8E999),
        "xxh3_64": (b"", 0x2D06800538D394C2),
        "murmur3_32": (b"test", 0xBA6BD213),
    }
    for name, (message, value) in known.items():
        bits = 8 * len(ALGORITHMS[name](b""))
        assert truncated([message], name, bits).tolist() == [value]


def test_bits_come_from_the_top_and_any_callable_will_do():
    assert truncated([b"\xa5\xff"], lambda m: m or b"00", 3).tolist() == [0b101]
    assert truncated([b"x"], "crc32", 8).tolist() == [zlib.crc32(b"x") >> 24]


@pytest.mark.parametrize(("name", "bits"), [("md5", 0), ("md5", 65), ("crc32", 33)])
def test_impossible_bits_are_refused(name, bits):
    with pytest.raises(ValueError, match="bits, not"):
        truncated([b""], name, bits)


def test_an_unknown_hash_is_refused():
    with pytest.raises(ValueError, match="no hash 'md6'; take one of md5"):
        truncated([b""], "md6", 8)


def test_repeats_at_all_widths_in_one_pass():
    values = np.random.default_rng(1).integers(2**12, size=300).astype(np.uint64)
    found = heat.repeats_by_width(values, (3, 8, 12), bits=12)
    assert found == [
        300 - len(set((values >> np.uint64(12 - w)).tolist())) for w in (3, 8, 12)
    ]


@pytest.mark.parametrize(("draws", "bits"), [(100, 8), (60, 10), (20, 12)])
def test_variance_is_that_of_the_distribution(draws, bits):
    chances, k = repeats_pmf(draws, 2**bits), np.arange(draws + 1)
    exact = chances @ k**2 - (chances @ k) ** 2
    assert heat.repeats_variance(draws, 2**bits) == pytest.approx(exact, rel=0.02)


def test_surprise_has_both_signs_and_no_bias():
    assert heat.surprise(0, 2**16, 24) < -10
    assert heat.surprise(1000, 2**16, 24) > 30
    middle = round(expected_repeats(2**16, 2**24))
    assert abs(heat.surprise(middle, 2**16, 24)) < 0.2
    assert heat.surprise(2**15, 2**16, 20) > 100


def test_the_heat_map_flags_the_cheap_and_clears_the_good():
    parts = {"key%d": heat.heat(1, "key%d", 2**15)[0]}
    rows = heat.judge_heat(parts)
    flagged = {row["algorithm"] for row in rows if row["flagged"]}
    assert {"crc32", "adler32", "fnv1a_32"} <= flagged
    assert not flagged & {"md5", "sha1", "sha256", "blake2b", "xxh3_64"}


def test_key_sets_are_different_keys(tmp_path):
    for name in heat.KEY_SETS:
        assert len(set(heat.keys_of(name, 100, 1))) == 100
    own = tmp_path / "keys.txt"
    own.write_bytes(b"one\ntwo\none\n")
    assert heat.keys_of(str(own), 5, 1) == [b"one", b"two"]
