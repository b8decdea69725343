"""MD5 (RFC 1321) of many messages of 16 bytes at once, as Numba kernels.

One message is one lane. The 64 steps stand one below the other on plain 32-bit numbers,
and a loop over the lanes around them is what LLVM turns into vector instructions: eight
lanes to a vector of 256 bits, sixteen to one of 512. There a step is three additions,
one `vpternlogd` and one `vprold`. A message's 16 bytes are the words w0 to w3; the
padding behind them is a constant.

Kernels that walk, from a digest to the digest of it, are here too: Numba's cache wants
what calls each other in one file.
"""

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from pigeonhole.jit import inlined, kernel

Words = npt.NDArray[np.uint32]
Digests = npt.NDArray[np.uint64]
Counts = npt.NDArray[np.int64]
Nibbles = npt.NDArray[np.uint8]
Word: TypeAlias = np.uint32
State: TypeAlias = tuple[np.uint32, np.uint32, np.uint32, np.uint32]


@inlined
def _add(x: Word, y: Word) -> Word:
    # Numba widens a sum of uint32 to uint64, and then half as many lanes fit a vector.
    return np.uint32(x + y)


@inlined
def _turn(a: Word, b: Word, mixed: Word, word: Word, sine: int, shift: int) -> Word:
    total = _add(_add(a, mixed), _add(word, np.uint32(sine)))
    left = np.uint32(total << np.uint32(shift))
    return _add(b, np.uint32(left | np.uint32(total >> np.uint32(32 - shift))))


@inlined
def _step_1(a: Word, b: Word, c: Word, d: Word, word: Word, k: int, s: int) -> Word:
    return _turn(a, b, d ^ (b & (c ^ d)), word, k, s)


@inlined
def _step_2(a: Word, b: Word, c: Word, d: Word, word: Word, k: int, s: int) -> Word:
    return _turn(a, b, c ^ (d & (b ^ c)), word, k, s)


@inlined
def _step_3(a: Word, b: Word, c: Word, d: Word, word: Word, k: int, s: int) -> Word:
    return _turn(a, b, b ^ c ^ d, word, k, s)


@inlined
def _step_4(a: Word, b: Word, c: Word, d: Word, word: Word, k: int, s: int) -> Word:
    return _turn(a, b, c ^ (b | ~d), word, k, s)


@inlined
def md5_words(w0: Word, w1: Word, w2: Word, w3: Word) -> State:
    """Return the digest of one message as four little-endian words."""
    zero, mark, length = np.uint32(0), np.uint32(0x80), np.uint32(128)
    a, b = np.uint32(0x67452301), np.uint32(0xEFCDAB89)
    c, d = np.uint32(0x98BADCFE), np.uint32(0x10325476)

    a = _step_1(a, b, c, d, w0, 0xD76AA478, 7)
    d = _step_1(d, a, b, c, w1, 0xE8C7B756, 12)
    c = _step_1(c, d, a, b, w2, 0x242070DB, 17)
    b = _step_1(b, c, d, a, w3, 0xC1BDCEEE, 22)
    a = _step_1(a, b, c, d, mark, 0xF57C0FAF, 7)
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

    a = _step_2(a, b, c, d, w1, 0xF61E2562, 5)
    d = _step_2(d, a, b, c, zero, 0xC040B340, 9)
    c = _step_2(c, d, a, b, zero, 0x265E5A51, 14)
    b = _step_2(b, c, d, a, w0, 0xE9B6C7AA, 20)
    a = _step_2(a, b, c, d, zero, 0xD62F105D, 5)
    d = _step_2(d, a, b, c, zero, 0x02441453, 9)
    c = _step_2(c, d, a, b, zero, 0xD8A1E681, 14)
    b = _step_2(b, c, d, a, mark, 0xE7D3FBC8, 20)
    a = _step_2(a, b, c, d, zero, 0x21E1CDE6, 5)
    d = _step_2(d, a, b, c, length, 0xC33707D6, 9)
    c = _step_2(c, d, a, b, w3, 0xF4D50D87, 14)
    b = _step_2(b, c, d, a, zero, 0x455A14ED, 20)
    a = _step_2(a, b, c, d, zero, 0xA9E3E905, 5)
    d = _step_2(d, a, b, c, w2, 0xFCEFA3F8, 9)
    c = _step_2(c, d, a, b, zero, 0x676F02D9, 14)
    b = _step_2(b, c, d, a, zero, 0x8D2A4C8A, 20)

    a = _step_3(a, b, c, d, zero, 0xFFFA3942, 4)
    d = _step_3(d, a, b, c, zero, 0x8771F681, 11)
    c = _step_3(c, d, a, b, zero, 0x6D9D6122, 16)
    b = _step_3(b, c, d, a, length, 0xFDE5380C, 23)
    a = _step_3(a, b, c, d, w1, 0xA4BEEA44, 4)
    d = _step_3(d, a, b, c, mark, 0x4BDECFA9, 11)
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
    a = _step_4(a, b, c, d, mark, 0xF7537E82, 6)
    d = _step_4(d, a, b, c, zero, 0xBD3AF235, 10)
    c = _step_4(c, d, a, b, w2, 0x2AD7D2BB, 15)
    b = _step_4(b, c, d, a, zero, 0xEB86D391, 21)

    a, b = _add(a, np.uint32(0x67452301)), _add(b, np.uint32(0xEFCDAB89))
    return a, b, _add(c, np.uint32(0x98BADCFE)), _add(d, np.uint32(0x10325476))


@inlined
def _big_endian(word: Word) -> Word:
    """Read the four bytes of a little-endian word as the digest shows them."""
    mask = np.uint32(0x00FF00FF)
    swapped = np.uint32((word >> np.uint32(8)) & mask)
    swapped = np.uint32(swapped | np.uint32((word & mask) << np.uint32(8)))
    low = np.uint32(swapped >> np.uint32(16))
    return np.uint32(np.uint32(swapped << np.uint32(16)) | low)


@kernel
def first_32(messages: Words, shift: Word, halves: Words) -> Word:
    """Write the first 32 bits of each message's MD5, shifted right by 0 to 31.

    Arrays are as in `first_64`. The last three steps don't touch these bits: LLVM
    leaves them out.
    """
    shift = np.uint32(shift & np.uint32(31))
    # LLVM interleaves vectors, each of which waits for its own steps, for a sum's sake.
    total = np.uint32(0)
    for i in range(halves.size >> 1):
        k = 4 * i
        w0, w1, w2, w3 = (
            messages[k],
            messages[k + 1],
            messages[k + 2],
            messages[k + 3],
        )
        a, _, _, _ = md5_words(w0, w1, w2, w3)
        halves[2 * i] = np.uint32(_big_endian(a) >> shift)
        halves[2 * i + 1] = np.uint32(0)
        total = np.uint32(total ^ a)
    return total


@kernel
def first_64(messages: Words, shift: Word, halves: Words) -> Word:
    """
    Write the first 64 bits of each message's MD5, shifted right by 0 to 31.

    Parameters
    ----------
    messages : uint32 array, shape (4 n,)
        Sixteen bytes a message, as little-endian words.
    shift : uint32, 0 to 31
    halves : uint32 array, shape (2 n,)
        Filled with the results, the low half of each first.

    Notes
    -----
    Flat arrays and halves: LLVM then reads and writes whole vectors, as wide as hashing
    has them. With columns or with 64 bits to a lane it doesn't.
    """
    shift, back = np.uint32(shift & np.uint32(31)), np.uint32(~shift & np.uint32(31))
    total = np.uint32(0)
    for i in range(halves.size >> 1):
        k = 4 * i
        w0, w1, w2, w3 = (
            messages[k],
            messages[k + 1],
            messages[k + 2],
            messages[k + 3],
        )
        a, b, _, _ = md5_words(w0, w1, w2, w3)
        high, low = _big_endian(a), _big_endian(b)
        # Shifted twice, as a shift by 32 isn't defined.
        carried = np.uint32(np.uint32(high << np.uint32(1)) << back)
        halves[2 * i] = np.uint32(carried | np.uint32(low >> shift))
        halves[2 * i + 1] = np.uint32(high >> shift)
        total = np.uint32(total ^ a)
    return total


@kernel
def _values_of_numbers(first: Word, shift: Word, values: Words) -> Word:
    """Write the first bits of each numbered message's MD5, shifted right by 0 to 31."""
    shift, zero = np.uint32(shift & np.uint32(31)), np.uint32(0)
    total = np.uint32(0)
    for i in range(values.size):
        a, _, _, _ = md5_words(np.uint32(first + np.uint32(i)), zero, zero, zero)
        values[i] = np.uint32(_big_endian(a) >> shift)
        total = np.uint32(total ^ a)
    return total


@kernel
def count_values(
    first: Word, many: int, shift: Word, part: int, part_bits: int, counts: Nibbles
) -> int:
    """
    Count values of the messages from number `first` on, as far as they are of one part.

    Parameters
    ----------
    first : uint32
        A message is its number and 12 bytes of 0.
    many : int
    shift : uint32
        A value is the first 32 bits of the digest shifted right: 0 to 24.
    part, part_bits : int
        Which values count: those whose first bits are the part's number.
    counts : uint8 array, shape (values of a part / 2,)
        Added to: of two values, the even one has the low four bits.

    Returns
    -------
    int
        How many were of the part.
    """
    high = np.uint32((np.uint32(32 - part_bits) - shift) & np.uint32(31))
    last = np.uint32((np.uint32(1) << high) - np.uint32(1))
    values, kept = np.empty(2**12, np.uint32), np.empty(2**12 + 1, np.uint32)
    total = 0
    for done in range(0, many, values.size):
        base, size = np.uint32(first + np.uint32(done)), min(values.size, many - done)
        _values_of_numbers(base, shift, values[:size])
        count = 0
        for i in range(size):
            # Always written, passed over unless of the part: no branch to mispredict.
            kept[count] = np.uint32(values[i] & last)
            count += int(np.uint32(values[i] >> high) == part)
        for i in range(count):
            counts[kept[i] >> 1] += np.uint8(1) << np.uint8((kept[i] & 1) << 2)
        total += count
    return total


@inlined
def mix(number: np.uint64) -> np.uint64:
    """Scatter a number over 64 bits, one to one (splitmix64, Steele et al. 2014)."""
    z = np.uint64(number * np.uint64(0x9E3779B97F4A7C15))
    z = np.uint64((z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9))
    z = np.uint64((z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB))
    return np.uint64(z ^ (z >> np.uint64(31)))


@inlined
def _begin(
    state: Words, origin: Words, lane: int, number: np.uint64, masks: Words
) -> None:
    """Put a lane on the start that belongs to a number."""
    z, y = mix(number), mix(np.uint64(~number))
    origin[0, lane] = np.uint32(z & np.uint64(0xFFFFFFFF)) & masks[0]
    origin[1, lane] = np.uint32(z >> np.uint64(32)) & masks[1]
    origin[2, lane] = np.uint32(y & np.uint64(0xFFFFFFFF)) & masks[2]
    for row in range(3):
        state[row, lane] = origin[row, lane]


@kernel
def message_of(number: np.uint64, masks: Words, salt: Word) -> Words:
    """Return the four words of the message at the start that belongs to a number."""
    state, message = np.empty((3, 1), np.uint32), np.empty((4, 1), np.uint32)
    _begin(state, message, 0, number, masks)
    message[3, 0] = salt
    return message[:, 0].copy()


@kernel
def _walk(state: Words, salts: Words, masks: Words, mark: Word, steps: int) -> int:
    """Take all lanes on, step by step, until one is marked; say how many steps."""
    x0, x1, x2 = state[0], state[1], state[2]
    m0, m1, m2, zero = masks[0], masks[1], masks[2], np.uint32(0)
    for step in range(steps):
        least = mark
        if m2 == zero:
            # Up to 64 bits: what is known to be 0 needs no adding.
            for i in range(x0.size):
                a, b, _, _ = md5_words(x0[i], x1[i], zero, salts[i])
                x0[i] = np.uint32(a & m0)
                x1[i] = np.uint32(b & m1)
                least = min(least, np.uint32(a & mark))
        else:
            for i in range(x0.size):
                a, b, c, _ = md5_words(x0[i], x1[i], x2[i], salts[i])
                x0[i] = np.uint32(a & m0)
                x1[i] = np.uint32(b & m1)
                x2[i] = np.uint32(c & m2)
                least = min(least, np.uint32(a & mark))
        if least == zero:
            return step + 1
    return steps


@kernel
def find_trails(
    first: np.uint64,
    salts: Words,
    masks: Words,
    mark: Word,
    steps: int,
    longest: int,
    trails: Counts,
) -> int:
    """
    Walk `salts.size` lanes for so many steps; keep those that reach a marked digest.

    Parameters
    ----------
    first : uint64
        Number of the first start; a lane that ends goes on from the next number.
    salts, masks : uint32 arrays, shapes (lanes,) and (3,)
        Last word of each message; which bits of a digest make the next message.
    mark : uint32
        A digest is marked if these bits of its first word are 0.
    steps, longest : int
        Steps in all; a lane that has gone `longest` without a mark begins anew.
    trails : int64 array, shape (room, 5)
        Filled with number, the three words of the marked digest, length.

    Returns
    -------
    int
        How many trails there are.
    """
    lanes = salts.size
    state, origin = np.empty((3, lanes), np.uint32), np.empty((3, lanes), np.uint32)
    numbers, born = np.empty(lanes, np.int64), np.zeros(lanes, np.int64)
    number, now, found = np.int64(first), 0, 0
    for lane in range(lanes):
        numbers[lane] = number
        _begin(state, origin, lane, np.uint64(number), masks)
        number += 1
    while now < steps:
        now += _walk(state, salts, masks, mark, min(steps - now, longest))
        for lane in range(lanes):
            marked = (state[0, lane] & mark) == 0
            if not marked and now - born[lane] < longest:
                continue
            if marked and found < trails.shape[0]:
                trails[found, 0], trails[found, 4] = numbers[lane], now - born[lane]
                for row in range(3):
                    trails[found, 1 + row] = state[row, lane]
                found += 1
            numbers[lane], born[lane] = number, now
            _begin(state, origin, lane, np.uint64(number), masks)
            number += 1
    return found


@inlined
def _next(x: State, masks: Words) -> State:
    a, b, c, _ = md5_words(x[0], x[1], x[2], x[3])
    a, b, c = np.uint32(a & masks[0]), np.uint32(b & masks[1]), np.uint32(c & masks[2])
    return a, b, c, x[3]


@inlined
def _same(x: State, y: State) -> bool:
    return bool(x[0] == y[0] and x[1] == y[1] and x[2] == y[2])


@kernel
def _ahead(x: State, steps: int, masks: Words) -> State:
    for _ in range(steps):
        x = _next(x, masks)
    return x


@kernel
def steps_to_meet(
    x: State, x_left: int, y: State, y_left: int, masks: Words
) -> tuple[int, State, State]:
    """Go on from two points with the same end, so many steps away, until they meet.

    Returns the steps from `x`, and the last points before the common one. Where one
    lies on the other's way, both of these are the same.
    """
    x_first = max(x_left - y_left, 0)
    x = _ahead(x, x_first, masks)
    y = _ahead(y, max(y_left - x_left, 0), masks)
    steps, before_x, before_y = x_first, x, y
    # Two that don't have one end, as a damaged file may say, meet nowhere.
    while steps < x_left and not _same(x, y):
        before_x, before_y = x, y
        x, y = _next(x, masks), _next(y, masks)
        steps += 1
    return steps, before_x, before_y


@kernel
def cycle(x: State, masks: Words) -> tuple[int, int]:
    """Return the steps to the cycle and around it (Brent, BIT 20, 1980)."""
    power, around, slow, fast = 1, 1, x, _next(x, masks)
    while not _same(slow, fast):
        if power == around:
            slow, power, around = fast, 2 * power, 0
        fast = _next(fast, masks)
        around += 1
    ahead, steps = _ahead(x, around, masks), 0
    while not _same(x, ahead):
        x, ahead = _next(x, masks), _next(ahead, masks)
        steps += 1
    return steps, around


@kernel
def _place_of(slots: Counts, ends: Digests, key: np.uint64) -> int:
    """Return the slot that holds the key or, if there is none, would hold it."""
    last = np.uint64(slots.size - 1)
    place = mix(key) & last
    while slots[place] >= 0 and ends[slots[place]] != key:
        place = (place + np.uint64(1)) & last
    return int(place)


@inlined
def _key(x: State) -> np.uint64:
    return (np.uint64(x[1]) << np.uint64(32)) | np.uint64(x[0])


@inlined
def _point(key: np.uint64, salt: Word) -> State:
    low = np.uint32(key & np.uint64(0xFFFFFFFF))
    return low, np.uint32(key >> np.uint64(32)), np.uint32(0), salt


@kernel
def first_collisions(  # noqa: C901
    seed: np.uint64, first: int, masks: Words, mark: Word, lanes: int, times: Counts
) -> None:
    """
    Find the draw that first repeats an earlier one, by walks: one trial to a lane.

    Parameters
    ----------
    seed : uint64
    first : int
        Number of the first trial; its message ends with its number, so that every trial
        walks through a function of its own, and begins where seed and number say.
    masks : uint32 array, shape (3,)
        Which bits of the digest are drawn; the third word is 0.
    mark : uint32
        A digest is marked, and remembered, if these bits of its first word are 0.
    lanes : int
        How many trials walk at once; changes no result.
    times : int64 array, shape (trials,)
        Filled with T.

    Notes
    -----
    A walk is a sequence of draws: until it repeats a value, its next one is a fresh
    digest. Marked digests tell when a walk goes round; the first value that it repeated
    lies between two of them. A walk that meets no mark for long has a cycle without
    any: then Brent's algorithm finds it.
    """
    longest = 24 * (int(mark) + 1)
    room = 2**12
    state, origin = np.zeros((3, lanes), np.uint32), np.zeros((3, lanes), np.uint32)
    salts, trial = np.zeros(lanes, np.uint32), np.full(lanes, -1)
    ends, places = np.zeros((lanes, room), np.uint64), np.zeros((lanes, room), np.int64)
    slots, count = np.full((lanes, 4 * room), -1), np.zeros(lanes, np.int64)
    born, seen = np.zeros(lanes, np.int64), np.zeros(lanes, np.int64)
    now, begun, done = 0, 0, 0
    while done < times.size:
        for lane in range(lanes):
            if trial[lane] < 0 and begun < times.size:
                trial[lane], salts[lane] = begun, np.uint32(first + begun)
                _begin(state, origin, lane, seed + np.uint64(first + begun), masks)
                # The start counts as marked: the first of the remembered points.
                start = (state[0, lane], state[1, lane], np.uint32(0), salts[lane])
                ends[lane, 0], places[lane, 0], count[lane] = _key(start), 0, 1
                slots[lane, _place_of(slots[lane], ends[lane], _key(start))] = 0
                born[lane], seen[lane] = now, now
                begun += 1
        now += _walk(state, salts, masks, mark, longest)
        for lane in range(lanes):
            if trial[lane] < 0:
                continue
            t, salt, near = 0, salts[lane], count[lane] - 1
            last = _point(ends[lane, near], salt)
            if (state[0, lane] & mark) == 0:
                here = (state[0, lane], state[1, lane], np.uint32(0), salt)
                way = now - born[lane]
                place = _place_of(slots[lane], ends[lane], _key(here))
                same = slots[lane, place]
                seen[lane] = now
                if same == 0:
                    # Back at the start, which lies on the cycle.
                    t = way + 1
                elif same > 0:
                    before = _point(ends[lane, same - 1], salt)
                    x_left = places[lane, same] - places[lane, same - 1]
                    y_left = way - places[lane, near]
                    met, _, _ = steps_to_meet(before, x_left, last, y_left, masks)
                    t = places[lane, same - 1] + met + way - places[lane, same] + 1
                elif count[lane] < room:
                    slots[lane, place] = count[lane]
                    ends[lane, count[lane]] = _key(here)
                    places[lane, count[lane]] = way
                    count[lane] += 1
            if t == 0 and now - seen[lane] >= longest:
                reach, around = cycle(last, masks)
                t = places[lane, near] + reach + around + 1
            if t > 0:
                times[trial[lane]] = t
                trial[lane] = -1
                slots[lane, :] = -1
                done += 1
