"""Leading bits of cryptographic, non-cryptographic and user-defined hashes."""

import hashlib
import zlib
from collections.abc import Callable, Iterable
from functools import partial
from typing import cast

import mmh3
import numpy as np
import xxhash

from pigeonhole.core.arrays import UInt64Array
from pigeonhole.core.checks import check_integer

Hash = Callable[[bytes], bytes]


def fnv1a_32(message: bytes) -> int:
    """Return the 32-bit FNV-1a (RFC 9923) of a message."""
    value = 0x811C9DC5
    for byte in message:
        value = (value ^ byte) * 0x01000193 & 0xFFFFFFFF
    return value


def _hashlib_hash(name: str) -> Hash:
    constructor = getattr(hashlib, name)
    return lambda message: cast(bytes, constructor(message).digest())


def _integer_hash(function: Callable[[bytes], int]) -> Hash:
    return lambda message: function(message).to_bytes(4, "big")


_HASHLIB = ("md5", "sha1", "sha256", "sha512", "sha3_256", "blake2b", "blake2s")
ALGORITHMS: dict[str, Hash] = {
    **{name: _hashlib_hash(name) for name in _HASHLIB},
    "xxh3_64": xxhash.xxh3_64_digest,
    "xxh64": xxhash.xxh64_digest,
    "xxh32": xxhash.xxh32_digest,
    "murmur3_32": _integer_hash(partial(mmh3.hash, signed=False)),
    "crc32": _integer_hash(zlib.crc32),
    "adler32": _integer_hash(zlib.adler32),
    "fnv1a_32": _integer_hash(fnv1a_32),
}
"""Hash functions by name. Digests are bytes in the order of hexdigest."""


def find_algorithm(name: str) -> Hash:
    """Return a hash function of `ALGORITHMS`."""
    if name not in ALGORITHMS:
        names = ", ".join(ALGORITHMS)
        raise ValueError(f"there is no hash {name!r}; choose one of {names}")
    return ALGORITHMS[name]


def truncated_hashes(
    messages: Iterable[bytes], algorithm: str | Hash, bits: int
) -> UInt64Array:
    """
    Return the leading bits of the hash of each message.

    Parameters
    ----------
    algorithm : str or callable
        A name in `ALGORITHMS`, or any function from bytes to bytes.
    bits : int
        From 1 to 64, at most the length of the hash.

    Returns
    -------
    uint64 array, shape (n,)
        The leading `bits` bits of the digest as a big-endian number. Checksums that are
        integers (CRC-32, Adler-32, FNV-1a, Murmur3, xxHash) start at their highest bit.

    Examples
    --------
    >>> import hashlib
    >>> hashlib.md5(b"pigeon").hexdigest()[:4]
    'b9e6'
    >>> hex(truncated_hashes([b"pigeon"], "md5", 16)[0])
    '0xb9e6'
    >>> truncated_hashes([b"pigeon"], lambda message: message[:1] or b"p", 8)
    array([112], dtype=uint64)
    """
    if isinstance(algorithm, str):
        algorithm = find_algorithm(algorithm)
    bits = check_integer("bits", bits, 1, min(8 * len(algorithm(b"")), 64))
    size = (bits + 7) // 8
    # Convert all digests at once; one integer per message would take longer than the
    # hash itself.
    digests = b"".join([algorithm(message)[:size] for message in messages])
    columns = np.frombuffer(digests, np.uint8).reshape(-1, size).T
    values = np.zeros(columns.shape[1], np.uint64)
    for column in columns:
        values = values << np.uint64(8) | column
    return values >> np.uint64(8 * size - bits)
