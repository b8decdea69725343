"""MD5 (RFC 1321) of many messages of 16 bytes at once, as Numba kernels.

Each message is one SIMD lane. The 64 steps are unrolled on 32-bit integers, and LLVM
vectorizes the loop over messages around them: 8 lanes in a 256-bit vector, 16 in a
512-bit vector. With AVX-512 a step is three additions, one `vpternlogd` and one
`vprold`. The 16 bytes of a message are the words w0 to w3; the padding after them is
constant.
"""

from typing import TypeAlias

import numpy as np

from pigeonhole.core.arrays import ByteArray, UInt32Array
from pigeonhole.core.jit import inlined, kernel

Word: TypeAlias = np.uint32
State: TypeAlias = tuple[np.uint32, np.uint32, np.uint32, np.uint32]


@inlined
def _add(x: Word, y: Word) -> Word:
    # Numba widens sums of uint32 to uint64, which would halve the lanes in a vector.
    return np.uint32(x + y)


@inlined
def _step(a: Word, b: Word, mixed: Word, word: Word, sine: int, shift: int) -> Word:
    """Return b + rotate_left(a + mixed + word + sine, shift), one step of RFC 1321."""
    total = _add(_add(a, mixed), _add(word, np.uint32(sine)))
    high = np.uint32(total << np.uint32(shift))
    return _add(b, np.uint32(high | np.uint32(total >> np.uint32(32 - shift))))


@inlined
def _step_1(a: Word, b: Word, c: Word, d: Word, word: Word, k: int, s: int) -> Word:
    return _step(a, b, d ^ (b & (c ^ d)), word, k, s)


@inlined
def _step_2(a: Word, b: Word, c: Word, d: Word, word: Word, k: int, s: int) -> Word:
    return _step(a, b, c ^ (d & (b ^ c)), word, k, s)


@inlined
def _step_3(a: Word, b: Word, c: Word, d: Word, word: Word, k: int, s: int) -> Word:
    return _step(a, b, b ^ c ^ d, word, k, s)


@inlined
def _step_4(a: Word, b: Word, c: Word, d: Word, word: Word, k: int, s: int) -> Word:
    return _step(a, b, c ^ (b | ~d), word, k, s)


@inlined
def md5_words(w0: Word, w1: Word, w2: Word, w3: Word) -> State:
    """Return the digest of one message as four little-endian words."""
    # Padding: a one bit after the message, zeros, and the length in bits.
    zero, one_bit, length = np.uint32(0), np.uint32(0x80), np.uint32(128)
    # Initial state.
    a, b = np.uint32(0x67452301), np.uint32(0xEFCDAB89)
    c, d = np.uint32(0x98BADCFE), np.uint32(0x10325476)

    # Round 1.
    a = _step_1(a, b, c, d, w0, 0xD76AA478, 7)
    d = _step_1(d, a, b, c, w1, 0xE8C7B756, 12)
    c = _step_1(c, d, a, b, w2, 0x242070DB, 17)
    b = _step_1(b, c, d, a, w3, 0xC1BDCEEE, 22)
    a = _step_1(a, b, c, d, one_bit, 0xF57C0FAF, 7)
    d = _step_1(d, a, b, c, zero, 0x4787C62A, 12)
    c = _step_1(c, d, a, b, zero, 0xA8304613, 17)
    b = _step_1(b, c, d, a, zero, 0xFD469501, 22)
    a = _step_1(a, b, c, d, zero, 0x698098D8, 7)
    d = _step_1(d, a, b, c, zero, 0x8B44F7AF, 12)
    c = _step_1(c, d, a, b, zero, 0xFFFF5BB1, 17)
    b = _step_1(b, c, d, a, zero, 0x895CD7BE, 22)
    a = _step_1(a, b, c, d, zero, 0x6B901122, 7)
    d = _step_1(d, a, b, c, zero, 0xFD987193, 12)
    c = _step_1(c, d, a, b, length, 0xA679438E, 17)
    b = _step_1(b, c, d, a, zero, 0x49B40821, 22)

    # Round 2.
    a = _step_2(a, b, c, d, w1, 0xF61E2562, 5)
    d = _step_2(d, a, b, c, zero, 0xC040B340, 9)
    c = _step_2(c, d, a, b, zero, 0x265E5A51, 14)
    b = _step_2(b, c, d, a, w0, 0xE9B6C7AA, 20)
    a = _step_2(a, b, c, d, zero, 0xD62F105D, 5)
    d = _step_2(d, a, b, c, zero, 0x02441453, 9)
    c = _step_2(c, d, a, b, zero, 0xD8A1E681, 14)
    b = _step_2(b, c, d, a, one_bit, 0xE7D3FBC8, 20)
    a = _step_2(a, b, c, d, zero, 0x21E1CDE6, 5)
    d = _step_2(d, a, b, c, length, 0xC33707D6, 9)
    c = _step_2(c, d, a, b, w3, 0xF4D50D87, 14)
    b = _step_2(b, c, d, a, zero, 0x455A14ED, 20)
    a = _step_2(a, b, c, d, zero, 0xA9E3E905, 5)
    d = _step_2(d, a, b, c, w2, 0xFCEFA3F8, 9)
    c = _step_2(c, d, a, b, zero, 0x676F02D9, 14)
    b = _step_2(b, c, d, a, zero, 0x8D2A4C8A, 20)

    # Round 3.
    a = _step_3(a, b, c, d, zero, 0xFFFA3942, 4)
    d = _step_3(d, a, b, c, zero, 0x8771F681, 11)
    c = _step_3(c, d, a, b, zero, 0x6D9D6122, 16)
    b = _step_3(b, c, d, a, length, 0xFDE5380C, 23)
    a = _step_3(a, b, c, d, w1, 0xA4BEEA44, 4)
    d = _step_3(d, a, b, c, one_bit, 0x4BDECFA9, 11)
    c = _step_3(c, d, a, b, zero, 0xF6BB4B60, 16)
    b = _step_3(b, c, d, a, zero, 0xBEBFBC70, 23)
    a = _step_3(a, b, c, d, zero, 0x289B7EC6, 4)
    d = _step_3(d, a, b, c, w0, 0xEAA127FA, 11)
    c = _step_3(c, d, a, b, w3, 0xD4EF3085, 16)
    b = _step_3(b, c, d, a, zero, 0x04881D05, 23)
    a = _step_3(a, b, c, d, zero, 0xD9D4D039, 4)
    d = _step_3(d, a, b, c, zero, 0xE6DB99E5, 11)
    c = _step_3(c, d, a, b, zero, 0x1FA27CF8, 16)
    b = _step_3(b, c, d, a, w2, 0xC4AC5665, 23)

    # Round 4.
    a = _step_4(a, b, c, d, w0, 0xF4292244, 6)
    d = _step_4(d, a, b, c, zero, 0x432AFF97, 10)
    c = _step_4(c, d, a, b, length, 0xAB9423A7, 15)
    b = _step_4(b, c, d, a, zero, 0xFC93A039, 21)
    a = _step_4(a, b, c, d, zero, 0x655B59C3, 6)
    d = _step_4(d, a, b, c, w3, 0x8F0CCC92, 10)
    c = _step_4(c, d, a, b, zero, 0xFFEFF47D, 15)
    b = _step_4(b, c, d, a, w1, 0x85845DD1, 21)
    a = _step_4(a, b, c, d, zero, 0x6FA87E4F, 6)
    d = _step_4(d, a, b, c, zero, 0xFE2CE6E0, 10)
    c = _step_4(c, d, a, b, zero, 0xA3014314, 15)
    b = _step_4(b, c, d, a, zero, 0x4E0811A1, 21)
    a = _step_4(a, b, c, d, one_bit, 0xF7537E82, 6)
    d = _step_4(d, a, b, c, zero, 0xBD3AF235, 10)
    c = _step_4(c, d, a, b, w2, 0x2AD7D2BB, 15)
    b = _step_4(b, c, d, a, zero, 0xEB86D391, 21)

    # Add the initial state.
    a, b = _add(a, np.uint32(0x67452301)), _add(b, np.uint32(0xEFCDAB89))
    return a, b, _add(c, np.uint32(0x98BADCFE)), _add(d, np.uint32(0x10325476))


@inlined
def _big_endian(word: Word) -> Word:
    """Reverse the four bytes of a word, into the order of hexdigest."""
    mask = np.uint32(0x00FF00FF)
    swapped = np.uint32((word >> np.uint32(8)) & mask)
    swapped = np.uint32(swapped | np.uint32((word & mask) << np.uint32(8)))
    low = np.uint32(swapped >> np.uint32(16))
    return np.uint32(np.uint32(swapped << np.uint32(16)) | low)


@kernel
def leading_32(messages: UInt32Array, shift: Word, halves: UInt32Array) -> Word:
    """
    Write the leading 32 bits of each message's MD5, shifted right by 0 to 31.

    See `leading_64`. LLVM removes the last three steps, which don't affect these bits.
    """
    shift = np.uint32(shift & np.uint32(31))
    # The reduction makes LLVM interleave vectors, which hides the latency of the steps.
    total = np.uint32(0)
    if messages.size != 2 * halves.size:
        raise ValueError("there must be two halves for each message of four words")
    for i in range(halves.size >> 1):
        k = 4 * i
        w0, w1, w2, w3 = messages[k], messages[k + 1], messages[k + 2], messages[k + 3]
        a, _, _, _ = md5_words(w0, w1, w2, w3)
        halves[2 * i] = np.uint32(_big_endian(a) >> shift)
        halves[2 * i + 1] = np.uint32(0)
        total = np.uint32(total ^ a)
    return total


@kernel
def leading_64(messages: UInt32Array, shift: Word, halves: UInt32Array) -> Word:
    """
    Write the leading 64 bits of each message's MD5, shifted right by 0 to 31.

    With flat arrays and 32-bit halves, LLVM loads and stores full vectors of the width
    that hashing uses. With columns or 64-bit lanes it doesn't.

    Parameters
    ----------
    messages : uint32 array, shape (4 n,)
        Messages of 16 bytes, as little-endian words.
    shift : uint32
    halves : uint32 array, shape (2 n,)
        Receives the results, the low half of each first.

    Returns
    -------
    uint32
        A checksum; see the comment in `leading_32`.
    """
    shift, back = np.uint32(shift & np.uint32(31)), np.uint32(~shift & np.uint32(31))
    total = np.uint32(0)
    if messages.size != 2 * halves.size:
        raise ValueError("there must be two halves for each message of four words")
    for i in range(halves.size >> 1):
        k = 4 * i
        w0, w1, w2, w3 = messages[k], messages[k + 1], messages[k + 2], messages[k + 3]
        a, b, _, _ = md5_words(w0, w1, w2, w3)
        high, low = _big_endian(a), _big_endian(b)
        # Two shifts, because a shift by 32 is undefined.
        carry = np.uint32(np.uint32(high << np.uint32(1)) << back)
        halves[2 * i] = np.uint32(carry | np.uint32(low >> shift))
        halves[2 * i + 1] = np.uint32(high >> shift)
        total = np.uint32(total ^ a)
    return total


@kernel
def _hash_counters(first: Word, shift: Word, values: UInt32Array) -> Word:
    """Write leading bits of the MD5 of each counter, shifted right by 0 to 31."""
    shift, zero = np.uint32(shift & np.uint32(31)), np.uint32(0)
    total = np.uint32(0)
    for i in range(values.size):
        a, _, _, _ = md5_words(np.uint32(first + np.uint32(i)), zero, zero, zero)
        values[i] = np.uint32(_big_endian(a) >> shift)
        total = np.uint32(total ^ a)
    return total


@kernel
def count_values(
    first: Word, size: int, shift: Word, shard: int, shard_bits: int, counts: ByteArray
) -> int:
    """
    Count the values of consecutive counters that belong to one shard.

    Parameters
    ----------
    first, size
        First counter and number of counters. A message is one and 12 zero bytes.
    shift : uint32
        Values are the leading 32 bits of the digest, shifted right by 0 to 24.
    shard, shard_bits : int
        The shard's values are those whose leading `shard_bits` bits equal `shard`.
    counts : uint8 array, shape (values of a shard / 2,)
        Counts to increase. Each byte holds two: the even value's in the low four bits.
        The number of values in the shard is returned.

    Raises
    ------
    ValueError
        `counts` has another size, or the shard has more than 2**31 values.
    """
    value_bits = 32 - int(shift) - shard_bits
    if not (shard_bits >= 0 and 1 <= value_bits <= 31):
        raise ValueError("a shard must have from 2 to 2**31 values")
    if counts.size != 1 << (value_bits - 1):
        raise ValueError("counts must have half a byte for each value of the shard")
    rest_bits = np.uint32((np.uint32(32 - shard_bits) - shift) & np.uint32(31))
    rest_mask = np.uint32((np.uint32(1) << rest_bits) - np.uint32(1))
    values, kept = np.empty(2**12, np.uint32), np.empty(2**12 + 1, np.uint32)
    total = 0
    for done in range(0, size, values.size):
        base, batch = np.uint32(first + np.uint32(done)), min(values.size, size - done)
        _hash_counters(base, shift, values[:batch])
        count = 0
        for i in range(batch):
            # Always store, but advance only for the shard: no branch to mispredict.
            kept[count] = np.uint32(values[i] & rest_mask)
            count += int(np.uint32(values[i] >> rest_bits) == shard)
        for i in range(count):
            counts[kept[i] >> 1] += np.uint8(1) << np.uint8((kept[i] & 1) << 2)
        total += count
    return total
