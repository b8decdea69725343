"""Leading bits of the MD5 of many messages of 16 bytes."""

import numpy as np

from pigeonhole.birthday.hashing.md5 import leading_32, leading_64
from pigeonhole.core.arrays import UInt32Array, UInt64Array
from pigeonhole.core.checks import check_array, check_integer

MESSAGES_PER_BATCH = 2**13
"""Number of messages drawn at once, so that they stay in the CPU cache for hashing."""


def leading_bits(
    messages: UInt32Array, bits: int, out: UInt64Array | None = None
) -> UInt64Array:
    """
    Return the leading bits of the MD5 of each message.

    Parameters
    ----------
    messages : uint32 array, shape (n, 4)
        One message of 16 bytes per row, as little-endian words.
    bits : int, 1 to 64
    out : uint64 array, shape (n,), optional
        Array to write to. Reusing memory takes half the time of allocating it.

    Returns
    -------
    uint64 array, shape (n,)
        The leading `bits` bits of the digest as a big-endian number. If `bits` is a
        multiple of 4, this is ``int(hexdigest[: bits // 4], 16)``.
    """
    if messages.dtype != np.uint32 or messages.ndim != 2 or messages.shape[1] != 4:
        raise ValueError(
            "messages must be a uint32 array of shape (n, 4), not "
            f"{messages.dtype} of shape {messages.shape}"
        )
    bits = check_integer("bits", bits, 1, 64)
    digests = np.empty(len(messages), np.uint64) if out is None else out
    check_array("out", digests, np.uint64, 1)
    if digests.size != len(messages) or not digests.flags.c_contiguous:
        raise ValueError(
            f"out must be a contiguous array of {len(messages):,} values, not "
            f"{digests.size:,}"
        )
    # Sums wrap at 2**32, which NumPy would warn about in uncompiled kernels.
    with np.errstate(over="ignore"):
        hash_messages = leading_32 if bits <= 32 else leading_64
        words = np.ascontiguousarray(messages).reshape(-1)
        hash_messages(words, np.uint32(-bits % 32), digests.view(np.uint32))
    return digests


def random_messages(rng: np.random.Generator, count: int) -> UInt32Array:
    """Draw messages of 16 random bytes; batches continue the same random stream."""
    count = check_integer("count", count, 0)
    halves = rng.integers(2**64 - 1, size=2 * count, dtype=np.uint64, endpoint=True)
    return halves.view(np.uint32).reshape(count, 4)


def random_digests(rng: np.random.Generator, count: int, bits: int) -> UInt64Array:
    """Hash `count` random messages of 16 bytes; see `leading_bits`."""
    count = check_integer("count", count, 0)
    digests = np.empty(count, np.uint64)
    for first in range(0, count, MESSAGES_PER_BATCH):
        batch = digests[first : first + MESSAGES_PER_BATCH]
        leading_bits(random_messages(rng, batch.size), bits, batch)
    return digests
