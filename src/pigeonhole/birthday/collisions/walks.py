"""Kernels that walk, each message the MD5 digest of the one before.

A walk must come to where it has been, and two walks that meet stay together: both are
collisions, found without remembering more than the digests that are marked (van
Oorschot and Wiener, J. Cryptology 12, 1999).
"""

import numpy as np
import numpy.typing as npt

from pigeonhole.birthday.hashing.md5 import Digests, State, Word, Words, md5_words
from pigeonhole.core.jit import inlined, kernel

Counts = npt.NDArray[np.int64]


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
