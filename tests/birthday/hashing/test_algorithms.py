"""Hashes against known digests."""

import hashlib
import zlib

import pytest

from pigeonhole.birthday.hashing.algorithms import (
    ALGORITHMS,
    fnv1a_32,
    truncated_hashes,
)


@pytest.mark.parametrize("name", ["md5", "sha1", "sha256", "blake2b", "sha3_256"])
def test_truncated_hashes_are_prefixes_of_hexdigest(name):
    messages = [b"", b"a", b"pigeon" * 20]
    for digits in (1, 5, 16):
        exact = [int(hashlib.new(name, m).hexdigest()[:digits], 16) for m in messages]
        assert truncated_hashes(messages, name, 4 * digits).tolist() == exact


def test_published_test_vectors():
    assert fnv1a_32(b"") == 0x811C9DC5
    assert fnv1a_32(b"foobar") == 0xBF9CF968
    vectors = {
        "crc32": (b"123456789", 0xCBF43926),
        "adler32": (b"Wikipedia", 0x11E60398),
        "xxh32": (b"", 0x02CC5D05),
        "xxh64": (b"", 0xEF46DB3751D8E999),
        "xxh3_64": (b"", 0x2D06800538D394C2),
        "murmur3_32": (b"test", 0xBA6BD213),
    }
    for name, (message, value) in vectors.items():
        bits = 8 * len(ALGORITHMS[name](b""))
        assert truncated_hashes([message], name, bits).tolist() == [value]


def test_the_highest_bits_come_first():
    values = truncated_hashes([b"\xa5\xff"], lambda message: message or b"00", 3)
    assert values.tolist() == [0b101]
    assert truncated_hashes([b"x"], "crc32", 8).tolist() == [zlib.crc32(b"x") >> 24]


@pytest.mark.parametrize(("name", "bits"), [("md5", 0), ("md5", 65), ("crc32", 33)])
def test_invalid_numbers_of_bits_are_rejected(name, bits):
    with pytest.raises(ValueError, match="bits must be from 1 to"):
        truncated_hashes([b""], name, bits)


def test_an_unknown_hash_is_rejected():
    with pytest.raises(ValueError, match="no hash 'md6'; choose one of md5"):
        truncated_hashes([b""], "md6", 8)
