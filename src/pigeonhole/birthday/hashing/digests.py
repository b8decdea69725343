"""Leading bits of the MD5 of many short messages, in the order of hexdigest."""

import numpy as np

from pigeonhole.birthday.hashing.md5 import Digests, Words, first_32, first_64

PIECE = 2**13
"""Messages drawn at a time: they stay in the cache until they are hashed."""


def leading_bits(messages: Words, bits: int, out: Digests | None = None) -> Digests:
    """
    Return the first bits of the MD5 of each message.

    Parameters
    ----------
    messages : uint32 array, shape (n, 4)
        Sixteen bytes a row, as little-endian words.
    bits : int
        From 1 to 64.
    out : uint64 array, shape (n,), optional
        Where to write; memory that was used before takes half the time of new one.

    Returns
    -------
    uint64 array, shape (n,)
        The first `bits` bits of the digest as a big-endian number, so that with 4 bits
        to a digit it is ``int(hexdigest[: bits // 4], 16)``.
    """
    if messages.dtype != np.uint32 or messages.ndim != 2 or messages.shape[1] != 4:
        raise ValueError(
            "messages are a uint32 array of shape (n, 4), not "
            f"{messages.dtype} {messages.shape}"
        )
    if not 1 <= bits <= 64:
        raise ValueError(f"take from 1 to 64 bits, not {bits}")
    digests = np.empty(len(messages), np.uint64) if out is None else out
    # Sums wrap at 2**32; uncompiled, NumPy would warn of it.
    with np.errstate(over="ignore"):
        hash_all = first_32 if bits <= 32 else first_64
        flat = np.ascontiguousarray(messages).reshape(-1)
        hash_all(flat, np.uint32(-bits % 32), digests.view(np.uint32))
    return digests


def random_messages(rng: np.random.Generator, count: int) -> Words:
    """Draw messages of 16 random bytes: the stream is the same in pieces or at once."""
    halves = rng.integers(2**64 - 1, size=2 * count, dtype=np.uint64, endpoint=True)
    return halves.view(np.uint32).reshape(count, 4)


def random_digests(rng: np.random.Generator, count: int, bits: int) -> Digests:
    """Hash `count` random messages of 16 bytes; see `leading_bits`."""
    digests = np.empty(count, np.uint64)
    for first in range(0, count, PIECE):
        piece = digests[first : first + PIECE]
        leading_bits(random_messages(rng, piece.size), bits, piece)
    return digests
