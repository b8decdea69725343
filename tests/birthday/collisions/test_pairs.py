"""Collisions that this program has found."""

import hashlib

import pytest

from pigeonhole.birthday.collisions.pairs import PAIRS, Pair
from pigeonhole.birthday.hashing.algorithms import ALGORITHMS


def test_recorded_pairs_collide():
    assert {pair.bits for pair in PAIRS} >= {48, 56, 64, 66}
    assert {pair.algorithm for pair in PAIRS} >= {"md5", "sha1"}
    for pair in PAIRS:
        assert pair.first != pair.second
        one, two = (
            hashlib.new(pair.algorithm, message).hexdigest()
            for message in (pair.first, pair.second)
        )
        assert one[: pair.bits // 4] == two[: pair.bits // 4]
        assert pair.is_valid()
        assert not pair._replace(second=pair.first).is_valid()


@pytest.mark.parametrize("bits", [65, 72, 96, 128])
def test_pairs_of_more_than_64_bits_are_checked(bits, monkeypatch):
    """Searches of 72 and 80 bits end with such a pair, after minutes of work."""
    pair = Pair("md5", bits, bytes(16), b"sixteen letters!")
    assert not pair.is_valid()
    # Digests that agree in their first 96 bits.
    monkeypatch.setitem(ALGORITHMS, "md5", lambda message: b"p" * 12 + message[-4:])
    assert pair.is_valid() == (bits <= 96)
