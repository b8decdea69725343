"""The kernels of the birthday experiments against hashlib and plain sets."""

import base64
import hashlib

import numpy as np
import pytest
import reference
from hypothesis import given
from hypothesis import settings as run
from hypothesis import strategies as some
from hypothesis.extra.numpy import arrays

from pigeonhole.birthday.experiments import repeats
from pigeonhole.birthday.experiments.trials import Experiment, stream
from pigeonhole.birthday.hashing import digests, md5

WORDS = some.integers(0, 2**32 - 1)


@run(max_examples=40)
@given(
    arrays(np.uint32, some.tuples(some.integers(0, 9), some.just(4)), elements=WORDS),
    some.integers(1, 64),
)
def test_leading_bits_equal_hashlib(messages, bits):
    found = digests.leading_bits(messages, bits)
    assert found.dtype == np.uint64
    assert found.tolist() == reference.leading_bits(messages, bits)


@pytest.mark.parametrize(
    "messages",
    [
        np.zeros((3, 4), np.uint32),
        np.full((3, 4), 2**32 - 1, np.uint32),
        np.arange(80, dtype=np.uint32).reshape(20, 4),
        np.arange(40, dtype=np.uint32)[::-1].reshape(10, 4),
        np.eye(4, dtype=np.uint32),
        np.eye(4, dtype=np.uint32) << np.uint32(31),
        np.full((2, 4), 0x80, np.uint32),
    ],
    ids=["zeros", "ones", "counter", "down", "low bits", "high bits", "like padding"],
)
def test_leading_bits_of_odd_inputs(messages):
    assert digests.leading_bits(messages, 64).tolist() == reference.leading_bits(
        messages, 64
    )


def test_leading_bits_are_the_hexdigest_of_a_known_message():
    message = np.frombuffer(b"sixteen letters!", np.uint32).reshape(1, 4)
    digest = hashlib.md5(b"sixteen letters!").hexdigest()
    for digits in range(1, 17):
        assert digests.leading_bits(message, 4 * digits)[0] == int(digest[:digits], 16)


def test_vectors_join_without_a_seam():
    """One message more than fills vectors, and messages with gaps in memory."""
    rng = stream(1, Experiment.ROOT)
    count = 33 if md5.first_64.__class__.__name__ == "function" else 1025
    messages = digests.random_messages(rng, 2 * count)[::2]
    for bits in (17, 40):
        found = digests.leading_bits(messages, bits)
        assert found.tolist() == reference.leading_bits(messages, bits)


def test_first_24_bits_are_the_tutorials_get_uid():
    messages = digests.random_messages(stream(2, Experiment.GET_UID), 40)
    uids = [base64.b64encode(hashlib.md5(m.tobytes()).digest())[:4] for m in messages]
    alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    for uid, bits in zip(
        uids, digests.leading_bits(messages, 24).tolist(), strict=True
    ):
        assert uid == bytes(alphabet[bits >> shift & 63] for shift in (18, 12, 6, 0))


@pytest.mark.parametrize("bits", [0, 65, -1])
def test_impossible_bits_are_refused(bits):
    with pytest.raises(ValueError, match="1 to 64 bits"):
        digests.leading_bits(np.zeros((1, 4), np.uint32), bits)


@pytest.mark.parametrize(
    "messages", [np.zeros((1, 4), np.int64), np.zeros((4, 2), np.uint32)]
)
def test_what_is_no_messages_is_refused(messages):
    with pytest.raises(ValueError, match="uint32 array"):
        digests.leading_bits(messages, 8)


def test_random_digests_do_not_depend_on_pieces(monkeypatch):
    whole = digests.random_digests(stream(3, Experiment.ROOT), 50, 40)
    monkeypatch.setattr(digests, "PIECE", 7)
    rng = stream(3, Experiment.ROOT)
    pieces = [digests.random_digests(rng, count, 40) for count in (20, 1, 29)]
    np.testing.assert_array_equal(np.concatenate(pieces), whole)
    assert len(set(whole.tolist())) == 50


@given(
    arrays(
        np.int64,
        some.tuples(some.integers(0, 8), some.integers(1, 12)),
        elements=some.integers(0, 9),
    )
)
def test_first_repeats_equal_reference(groups):
    found = repeats.first_repeats(groups, 10)
    assert found.tolist() == reference.first_repeats(groups)


def test_first_repeats_written_out():
    groups = np.array([[1, 2, 3], [1, 2, 1], [0, 0, 0], [2, 1, 1]])
    assert repeats.first_repeats(groups, 4).tolist() == [4, 3, 2, 3]


@given(
    arrays(
        np.uint64,
        some.tuples(some.integers(1, 4), some.integers(1, 60)),
        elements=some.one_of(
            some.integers(0, 30),
            some.integers(0, 2**64 - 1),
            # The same last bits: the same slot of the map.
            some.integers(0, 9).map(lambda high: high << 40),
        ),
    ),
    some.sampled_from([0, 2**14]),
)
def test_count_repeats_equals_reference(draws, sorted_whole):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(repeats, "SORTED_WHOLE", sorted_whole)
        found = repeats.count_repeats(draws)
    assert found.tolist() == reference.count_repeats(draws)


def test_count_repeats_of_many_finds_each_and_no_more():
    values = np.arange(2**15, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    values[-5:] = values[7]
    assert repeats.count_repeats(values[None]).tolist() == [5]
