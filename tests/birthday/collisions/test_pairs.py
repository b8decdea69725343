"""Collisions that this program has found."""

import hashlib

from pigeonhole.birthday.collisions.pairs import PAIRS


def test_recorded_pairs_collide():
    assert {pair.bits for pair in PAIRS} >= {48, 56, 64}
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
