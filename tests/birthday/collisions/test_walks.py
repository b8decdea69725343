"""Walks with distinguished points, against hashlib."""

import numpy as np
import pytest
import reference

from pigeonhole.birthday.collisions import walks
from pigeonhole.birthday.collisions.search import CollisionSearch


@pytest.mark.parametrize("bits", [1, 8, 12, 32, 33, 64, 90, 96])
def test_masks_keep_the_leading_bits_of_hexdigest(bits):
    mask = int.from_bytes(walks.digest_masks(bits).tobytes(), "big")
    assert f"{mask:096b}" == "1" * bits + "0" * (96 - bits)


@pytest.mark.parametrize("bits", [40, 80])
def test_distinguished_points_equal_reference(bits, tmp_path):
    search = CollisionSearch(tmp_path, 1, bits)
    points, lanes, prefix_mask, max_length = np.empty((200, 5), np.int64), 4, 7, 24
    with np.errstate(over="ignore"):
        count = walks.find_distinguished_points(
            np.uint64(77),
            np.full(lanes, search.salt),
            search.masks,
            np.uint32(prefix_mask),
            60,
            max_length,
            points,
        )
    assert count > 5
    for walk, *words, length in points[:count].tolist():
        point, exact = reference.distinguished_point(
            search.start_message(walk), bits, prefix_mask, max_length
        )
        assert np.frombuffer(point[:12], "<u4").tolist() == words
        assert length == exact
