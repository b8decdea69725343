"""MD5 kernels against hashlib."""

import base64
import hashlib

import numpy as np
import pytest
import reference
from hypothesis import given
from hypothesis import settings as run
from hypothesis import strategies as some
from hypothesis.extra.numpy import arrays

from pigeonhole.birthday.experiments.random_streams import Stream, random_stream
from pigeonhole.birthday.hashing import digests, md5

COMPILED = type(md5.leading_64).__name__ != "function"
WORDS = some.integers(0, 2**32 - 1)


@run(max_examples=40)
@given(
    arrays(np.uint32, some.tuples(some.integers(0, 9), some.just(4)), elements=WORDS),
    some.integers(1, 64),
)
def test_leading_bits_equal_hashlib(messages, bits):
    values = digests.leading_bits(messages, bits)
    assert values.dtype == np.uint64
    assert values.tolist() == reference.leading_bits(messages, bits)


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
def test_leading_bits_of_special_messages(messages):
    values = digests.leading_bits(messages, 64)
    assert values.tolist() == reference.leading_bits(messages, 64)


def test_leading_bits_are_a_prefix_of_hexdigest():
    message = np.frombuffer(b"sixteen letters!", np.uint32).reshape(1, 4)
    digest = hashlib.md5(b"sixteen letters!").hexdigest()
    for digits in range(1, 17):
        assert digests.leading_bits(message, 4 * digits)[0] == int(digest[:digits], 16)


def test_messages_that_do_not_fill_a_vector():
    """Hash one message more than fills vectors, with gaps between rows in memory."""
    rng = random_stream(1, Stream.ROOT)
    count = 1025 if COMPILED else 33
    messages = digests.random_messages(rng, 2 * count)[::2]
    for bits in (17, 40):
        values = digests.leading_bits(messages, bits)
        assert values.tolist() == reference.leading_bits(messages, bits)


def test_the_first_24_bits_are_the_get_uid_of_the_tutorial():
    messages = digests.random_messages(random_stream(2, Stream.GET_UID), 40)
    uids = [base64.b64encode(hashlib.md5(m.tobytes()).digest())[:4] for m in messages]
    alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    for uid, bits in zip(
        uids, digests.leading_bits(messages, 24).tolist(), strict=True
    ):
        assert uid == bytes(alphabet[bits >> shift & 63] for shift in (18, 12, 6, 0))


@pytest.mark.parametrize("bits", [0, 65, -1])
def test_invalid_numbers_of_bits_are_rejected(bits):
    with pytest.raises(ValueError, match="bits must be from 1 to 64"):
        digests.leading_bits(np.zeros((1, 4), np.uint32), bits)


@pytest.mark.parametrize(
    "messages", [np.zeros((1, 4), np.int64), np.zeros((4, 2), np.uint32)]
)
def test_arrays_of_another_type_or_shape_are_rejected(messages):
    with pytest.raises(ValueError, match="uint32 array"):
        digests.leading_bits(messages, 8)


def test_random_digests_do_not_depend_on_batches(monkeypatch):
    values = digests.random_digests(random_stream(3, Stream.ROOT), 50, 40)
    monkeypatch.setattr(digests, "MESSAGES_PER_BATCH", 7)
    rng = random_stream(3, Stream.ROOT)
    batches = [digests.random_digests(rng, count, 40) for count in (20, 1, 29)]
    np.testing.assert_array_equal(np.concatenate(batches), values)
    assert len(set(values.tolist())) == 50
