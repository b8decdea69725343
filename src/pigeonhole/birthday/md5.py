"""MD5 (RFC 1321) of many messages of 16 bytes at once, as Numba kernels.

One message is one lane. A kernel takes all lanes of a block four steps further, in
plain loops that LLVM turns into vector instructions; four steps are few enough that the
processor overlaps the lanes, whose steps each wait for the one before. A block's rows
are its words: four of the message, then the padding.
"""

import math

import numpy as np
import numpy.typing as npt

from pigeonhole.jit import kernel

Words = npt.NDArray[np.uint32]
Digests = npt.NDArray[np.uint64]

LANES = 4096
"""Messages in a block: as many as stay in the second-level cache with their state."""

_START = np.array([0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476], np.uint32)
_SINES = np.array([abs(math.sin(step)) * 2**32 for step in range(1, 65)]).astype(
    np.uint32
)
_STEPS = np.arange(16)
# Message 0 to 3, the mark behind it, zeros, the length in bits, a zero.
_ROWS = np.array([0, 1, 2, 3, 4, 5, 5, 5, 5, 5, 5, 5, 5, 5, 6, 5])
_ORDER = _ROWS[
    np.stack([_STEPS, 5 * _STEPS + 1, 3 * _STEPS + 5, 7 * _STEPS]) % 16
].reshape(4, 4, 4)
_MARK = np.uint32(0x80)
_LENGTH = np.uint32(128)


@kernel
def _add(x: np.uint32, y: np.uint32) -> np.uint32:
    # Numba widens a sum of uint32 to uint64, and then half as many lanes fit a vector.
    return np.uint32(x + y)


@kernel
def _step(
    a: np.uint32, b: np.uint32, mixed: np.uint32, word: np.uint32, shift: int
) -> np.uint32:
    total = _add(_add(a, word), mixed)
    left = np.uint32(total << np.uint32(shift))
    return _add(b, np.uint32(left | np.uint32(total >> np.uint32(32 - shift))))


@kernel
def _round_1(
    state: Words, w0: Words, w1: Words, w2: Words, w3: Words, sines: Words
) -> None:
    at, bt, ct, dt = state[0], state[1], state[2], state[3]
    for i in range(w0.size):
        a, b, c, d = at[i], bt[i], ct[i], dt[i]
        a = _step(a, b, d ^ (b & (c ^ d)), _add(w0[i], sines[0]), 7)
        d = _step(d, a, c ^ (a & (b ^ c)), _add(w1[i], sines[1]), 12)
        c = _step(c, d, b ^ (d & (a ^ b)), _add(w2[i], sines[2]), 17)
        b = _step(b, c, a ^ (c & (d ^ a)), _add(w3[i], sines[3]), 22)
        at[i], bt[i], ct[i], dt[i] = a, b, c, d


@kernel
def _round_2(
    state: Words, w0: Words, w1: Words, w2: Words, w3: Words, sines: Words
) -> None:
    at, bt, ct, dt = state[0], state[1], state[2], state[3]
    for i in range(w0.size):
        a, b, c, d = at[i], bt[i], ct[i], dt[i]
        a = _step(a, b, c ^ (d & (b ^ c)), _add(w0[i], sines[0]), 5)
        d = _step(d, a, b ^ (c & (a ^ b)), _add(w1[i], sines[1]), 9)
        c = _step(c, d, a ^ (b & (d ^ a)), _add(w2[i], sines[2]), 14)
        b = _step(b, c, d ^ (a & (c ^ d)), _add(w3[i], sines[3]), 20)
        at[i], bt[i], ct[i], dt[i] = a, b, c, d


@kernel
def _round_3(
    state: Words, w0: Words, w1: Words, w2: Words, w3: Words, sines: Words
) -> None:
    at, bt, ct, dt = state[0], state[1], state[2], state[3]
    for i in range(w0.size):
        a, b, c, d = at[i], bt[i], ct[i], dt[i]
        a = _step(a, b, b ^ c ^ d, _add(w0[i], sines[0]), 4)
        d = _step(d, a, a ^ b ^ c, _add(w1[i], sines[1]), 11)
        c = _step(c, d, d ^ a ^ b, _add(w2[i], sines[2]), 16)
        b = _step(b, c, c ^ d ^ a, _add(w3[i], sines[3]), 23)
        at[i], bt[i], ct[i], dt[i] = a, b, c, d


@kernel
def _round_4(
    state: Words, w0: Words, w1: Words, w2: Words, w3: Words, sines: Words
) -> None:
    at, bt, ct, dt = state[0], state[1], state[2], state[3]
    for i in range(w0.size):
        a, b, c, d = at[i], bt[i], ct[i], dt[i]
        a = _step(a, b, c ^ (b | ~d), _add(w0[i], sines[0]), 6)
        d = _step(d, a, b ^ (a | ~c), _add(w1[i], sines[1]), 10)
        c = _step(c, d, a ^ (d | ~b), _add(w2[i], sines[2]), 15)
        b = _step(b, c, d ^ (c | ~a), _add(w3[i], sines[3]), 21)
        at[i], bt[i], ct[i], dt[i] = a, b, c, d


@kernel
def _big_endian(word: np.uint32) -> np.uint64:
    """Read the four bytes of a little-endian word as the digest shows them."""
    mask = np.uint32(0x00FF00FF)
    swapped = np.uint32((word >> np.uint32(8)) & mask)
    swapped = np.uint32(swapped | np.uint32((word & mask) << np.uint32(8)))
    low = np.uint32(swapped >> np.uint32(16))
    return np.uint64(np.uint32(np.uint32(swapped << np.uint32(16)) | low))


@kernel
def _compress(words: Words, state: Words) -> None:
    """Take a block through the 64 steps."""
    for row in range(4):
        state[row, :] = _START[row]
    for quad in range(4):
        r, k = _ORDER[0, quad], _SINES[4 * quad :]
        _round_1(state, words[r[0]], words[r[1]], words[r[2]], words[r[3]], k)
    for quad in range(4):
        r, k = _ORDER[1, quad], _SINES[16 + 4 * quad :]
        _round_2(state, words[r[0]], words[r[1]], words[r[2]], words[r[3]], k)
    for quad in range(4):
        r, k = _ORDER[2, quad], _SINES[32 + 4 * quad :]
        _round_3(state, words[r[0]], words[r[1]], words[r[2]], words[r[3]], k)
    for quad in range(4):
        r, k = _ORDER[3, quad], _SINES[48 + 4 * quad :]
        _round_4(state, words[r[0]], words[r[1]], words[r[2]], words[r[3]], k)


@kernel
def md5_leading(messages: Words, shift: np.uint64, digests: Digests) -> None:
    """
    Write the first 64 bits of each message's MD5, shifted right.

    Parameters
    ----------
    messages : uint32 array, shape (n, 4)
        Sixteen bytes a row, as little-endian words.
    shift : uint64, 0 to 63
    digests : uint64 array, shape (n,)
        Filled with the results.
    """
    lanes = min(LANES, digests.size)
    words = np.zeros((7, lanes), np.uint32)
    state = np.empty((4, lanes), np.uint32)
    words[4, :] = _MARK
    words[6, :] = _LENGTH
    for first in range(0, digests.size, LANES):
        block = messages[first : first + lanes]
        for i in range(block.shape[0]):
            words[0, i], words[1, i] = block[i, 0], block[i, 1]
            words[2, i], words[3, i] = block[i, 2], block[i, 3]
        _compress(words, state)
        for i in range(block.shape[0]):
            high = _big_endian(_add(state[0, i], _START[0]))
            low = _big_endian(_add(state[1, i], _START[1]))
            digests[first + i] = ((high << np.uint64(32)) | low) >> shift
