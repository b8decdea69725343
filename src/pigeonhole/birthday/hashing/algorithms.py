"""Leading bits of any hash: cryptographic, quick, or a person's own."""

import hashlib
import zlib
from collections.abc import Callable, Iterable
from typing import cast

import mmh3
import numpy as np
import numpy.typing as npt
import xxhash

Hash = Callable[[bytes], bytes]
Values = npt.NDArray[np.uint64]


def fnv1a_32(message: bytes) -> int:
    """Return the 32-bit FNV-1a (RFC 9923) of a message."""
    value = 0x811C9DC5
    for byte in message:
        value = (value ^ byte) * 0x01000193 & 0xFFFFFFFF
    return value


def _by_hashlib(name: str) -> Hash:
    def digest(message: bytes) -> bytes:
        return hashlib.new(name, message, usedforsecurity=False).digest()

    if plain := getattr(hashlib, name, None):
        return lambda message: cast(bytes, plain(message).digest())
    return digest


def _of_number(number: Callable[[bytes], int], size: int) -> Hash:
    return lambda message: number(message).to_bytes(size, "big")


def _murmur3_32(message: bytes) -> int:
    return mmh3.hash(message, signed=False)


ALGORITHMS: dict[str, Hash] = {
    **{
        name: _by_hashlib(name)
        for name in ("md5", "sha1", "sha256", "sha512", "sha3_256")
    },
    "blake2b": _by_hashlib("blake2b"),
    "blake2s": _by_hashlib("blake2s"),
    "xxh3_64": xxhash.xxh3_64_digest,
    "xxh64": xxhash.xxh64_digest,
    "xxh32": xxhash.xxh32_digest,
    "murmur3_32": _of_number(_murmur3_32, 4),
    "crc32": _of_number(zlib.crc32, 4),
    "adler32": _of_number(zlib.adler32, 4),
    "fnv1a_32": _of_number(fnv1a_32, 4),
}
"""Every hash by its name, as bytes in the order in which hexdigest shows them."""


def truncated(
    messages: Iterable[bytes], algorithm: str | Callable[[bytes], bytes], bits: int
) -> Values:
    """
    Return the first bits of the hash of each message.

    Parameters
    ----------
    messages : iterable of bytes
    algorithm : str or callable
        A name of `ALGORITHMS`, or anything that turns bytes into bytes.
    bits : int
        From 1 to 64, and no more than the hash has.

    Returns
    -------
    uint64 array, shape (n,)
        The first `bits` bits as a big-endian number: the first byte of the digest
        comes first, and of a byte its highest bit. A checksum that is a number (CRC-32,
        Adler-32, FNV-1a, Murmur3, xxHash) counts from its highest bit.

    Examples
    --------
    >>> import hashlib
    >>> hashlib.md5(b"pigeon").hexdigest()[:4]
    'b9e6'
    >>> hex(truncated([b"pigeon"], "md5", 16)[0])
    '0xb9e6'
    >>> truncated([b"pigeon"], lambda message: message[:1] or b"p", 8)
    array([112], dtype=uint64)
    """
    if isinstance(algorithm, str):
        if algorithm not in ALGORITHMS:
            known = ", ".join(ALGORITHMS)
            raise ValueError(f"there is no hash {algorithm!r}; take one of {known}")
        algorithm = ALGORITHMS[algorithm]
    has = 8 * len(algorithm(b""))
    if not 1 <= bits <= min(has, 64):
        raise ValueError(f"take from 1 to {min(has, 64)} bits, not {bits}")
    size = (bits + 7) // 8
    # Joined first: a number for each message would take longer than its hash.
    whole = b"".join([algorithm(message)[:size] for message in messages])
    columns = np.frombuffer(whole, np.uint8).reshape(-1, size).T
    values = np.zeros(columns.shape[1], np.uint64)
    for column in columns:
        values = values << np.uint64(8) | column
    return values >> np.uint64(8 * size - bits)
