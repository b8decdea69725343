"""Kernels for rho walks through MD5 with distinguished points.

In a walk, each message is made from the digest of the one before. A walk must return to
a message that it has visited, and two walks that reach the same message stay together.
Both are collisions. To detect them, only distinguished points are stored: values with a
given prefix of zeros (van Oorschot and Wiener, J. Cryptology 12, 1999).

A message has four 32-bit words: three words of masked digest, and a salt that selects
the function through which the walk goes.
"""

import numpy as np

from pigeonhole.birthday.hashing.md5 import State, Word, md5_words
from pigeonhole.core.arrays import Int64Array, UInt32Array, UInt64Array
from pigeonhole.core.checks import check_integer
from pigeonhole.core.jit import inlined, kernel


def digest_masks(bits: int) -> UInt32Array:
    """
    Return masks that keep up to 96 leading bits of a digest, in hexdigest's order.

    There is one uint32 mask for each of the digest's first three little-endian words.
    """
    bits = check_integer("bits", bits, 0, 96)
    mask = (1 << 96) - (1 << (96 - bits))
    return np.frombuffer(mask.to_bytes(12, "big"), "<u4").astype(np.uint32)


@inlined
def mix(number: np.uint64) -> np.uint64:
    """Return a bijective hash of 64 bits (splitmix64, Steele et al. 2014)."""
    z = np.uint64(number * np.uint64(0x9E3779B97F4A7C15))
    z = np.uint64((z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9))
    z = np.uint64((z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB))
    return np.uint64(z ^ (z >> np.uint64(31)))


@inlined
def _start_walk(
    state: UInt32Array,
    starts: UInt32Array,
    lane: int,
    number: np.uint64,
    masks: UInt32Array,
) -> None:
    """Move a lane to the start of the walk with this number."""
    z, y = mix(number), mix(np.uint64(~number))
    starts[0, lane] = np.uint32(z & np.uint64(0xFFFFFFFF)) & masks[0]
    starts[1, lane] = np.uint32(z >> np.uint64(32)) & masks[1]
    starts[2, lane] = np.uint32(y & np.uint64(0xFFFFFFFF)) & masks[2]
    for row in range(3):
        state[row, lane] = starts[row, lane]


@kernel
def start_message(number: np.uint64, masks: UInt32Array, salt: Word) -> UInt32Array:
    """Return the four words of the message at the start of a walk."""
    state, message = np.empty((3, 1), np.uint32), np.empty((4, 1), np.uint32)
    _start_walk(state, message, 0, number, masks)
    message[3, 0] = salt
    return message[:, 0].copy()


@kernel
def _walk_lanes(
    state: UInt32Array,
    salts: UInt32Array,
    masks: UInt32Array,
    prefix_mask: Word,
    steps: int,
) -> int:
    """Advance all lanes until one is at a distinguished point; return the steps."""
    x0, x1, x2 = state[0], state[1], state[2]
    m0, m1, m2, zero = masks[0], masks[1], masks[2], np.uint32(0)
    for step in range(steps):
        # The minimum prefix of all lanes is 0 if any lane is at a distinguished point.
        min_prefix = prefix_mask
        if m2 == zero:
            # Up to 64 bits the third word is 0, and MD5 doesn't need to add it.
            for i in range(x0.size):
                a, b, _, _ = md5_words(x0[i], x1[i], zero, salts[i])
                x0[i] = np.uint32(a & m0)
                x1[i] = np.uint32(b & m1)
                min_prefix = min(min_prefix, np.uint32(a & prefix_mask))
        else:
            for i in range(x0.size):
                a, b, c, _ = md5_words(x0[i], x1[i], x2[i], salts[i])
                x0[i] = np.uint32(a & m0)
                x1[i] = np.uint32(b & m1)
                x2[i] = np.uint32(c & m2)
                min_prefix = min(min_prefix, np.uint32(a & prefix_mask))
        if min_prefix == zero:
            return step + 1
    return steps


@kernel
def find_distinguished_points(
    first: np.uint64,
    salts: UInt32Array,
    masks: UInt32Array,
    prefix_mask: Word,
    steps: int,
    max_length: int,
    points: Int64Array,
) -> int:
    """
    Walk many lanes and record the distinguished points that they reach.

    Parameters
    ----------
    first : uint64
        Number of the first walk. A lane whose walk ends starts the next walk.
    salts : uint32 array, shape (lanes,)
        Last word of each lane's messages.
    masks : uint32 array, shape (3,)
        Bits of a digest that make the next message; see `digest_masks`.
    prefix_mask : uint32
        A value is a distinguished point if these bits of its first word are 0.
    steps, max_length : int
        Steps of each lane, and of a walk. A walk that reaches no distinguished point
        in `max_length` steps is abandoned: it is probably in a cycle without one.
    points : int64 array, shape (room, 5)
        Receives the number of each walk, the three words of its distinguished point,
        and its length in steps. The number of points is returned.
    """
    lanes = salts.size
    if not lanes or masks.size != 3 or points.shape[1] != 5 or max_length < 1:
        raise ValueError("a walk needs a lane, 3 masks, 5 columns and a length")
    state, starts = np.empty((3, lanes), np.uint32), np.empty((3, lanes), np.uint32)
    walks, start_steps = np.empty(lanes, np.int64), np.zeros(lanes, np.int64)
    number, step, count = np.int64(first), 0, 0
    for lane in range(lanes):
        walks[lane] = number
        _start_walk(state, starts, lane, np.uint64(number), masks)
        number += 1
    while step < steps:
        step += _walk_lanes(
            state, salts, masks, prefix_mask, min(steps - step, max_length)
        )
        for lane in range(lanes):
            distinguished = (state[0, lane] & prefix_mask) == 0
            if not distinguished and step - start_steps[lane] < max_length:
                continue
            # Record the point.
            if distinguished and count < points.shape[0]:
                points[count, 0] = walks[lane]
                points[count, 4] = step - start_steps[lane]
                for row in range(3):
                    points[count, 1 + row] = state[row, lane]
                count += 1
            # Start the next walk in this lane.
            walks[lane], start_steps[lane] = number, step
            _start_walk(state, starts, lane, np.uint64(number), masks)
            number += 1
    return count


@inlined
def _next(x: State, masks: UInt32Array) -> State:
    a, b, c, _ = md5_words(x[0], x[1], x[2], x[3])
    a, b, c = np.uint32(a & masks[0]), np.uint32(b & masks[1]), np.uint32(c & masks[2])
    return a, b, c, x[3]


@inlined
def _equal(x: State, y: State) -> bool:
    return bool(x[0] == y[0] and x[1] == y[1] and x[2] == y[2])


@kernel
def _advance(x: State, steps: int, masks: UInt32Array) -> State:
    for _ in range(steps):
        x = _next(x, masks)
    return x


@kernel
def locate_collision(
    x: State, x_length: int, y: State, y_length: int, masks: UInt32Array
) -> tuple[int, State, State]:
    """
    Find where two walks meet, given their starts and lengths up to the same point.

    Returns
    -------
    steps : int
        Number of steps from `x` to the common value.
    before_x, before_y : State
        The messages before it, which collide. They are equal if one walk's start is on
        the other walk.
    """
    # Advance the longer walk until both are equally far from the distinguished point.
    x_first = max(x_length - y_length, 0)
    x = _advance(x, x_first, masks)
    y = _advance(y, max(y_length - x_length, 0), masks)
    steps, before_x, before_y = x_first, x, y
    # Stop at the end even if the walks never meet, as a damaged file can claim.
    while steps < x_length and not _equal(x, y):
        before_x, before_y = x, y
        x, y = _next(x, masks), _next(y, masks)
        steps += 1
    return steps, before_x, before_y


@kernel
def find_cycle(x: State, masks: UInt32Array) -> tuple[int, int]:
    """Return the steps to the cycle of a walk, and its length (Brent, BIT 20, 1980)."""
    # Search powers of two for the period.
    power, period, slow, fast = 1, 1, x, _next(x, masks)
    while not _equal(slow, fast):
        if power == period:
            slow, power, period = fast, 2 * power, 0
        fast = _next(fast, masks)
        period += 1
    # Two walks that are one period apart meet at the start of the cycle.
    ahead, tail = _advance(x, period, masks), 0
    while not _equal(x, ahead):
        x, ahead = _next(x, masks), _next(ahead, masks)
        tail += 1
    return tail, period


@kernel
def _find_slot(slots: Int64Array, keys: UInt64Array, key: np.uint64) -> int:
    """Return the slot of a key in an open-addressing hash table, or a free slot."""
    last = np.uint64(slots.size - 1)
    slot = mix(key) & last
    while slots[slot] >= 0 and keys[slots[slot]] != key:
        slot = (slot + np.uint64(1)) & last
    return int(slot)


@inlined
def _key(x: State) -> np.uint64:
    return (np.uint64(x[1]) << np.uint64(32)) | np.uint64(x[0])


@inlined
def _state_of(key: np.uint64, salt: Word) -> State:
    low = np.uint32(key & np.uint64(0xFFFFFFFF))
    return low, np.uint32(key >> np.uint64(32)), np.uint32(0), salt


@kernel
def first_collisions(  # noqa: C901
    seed: np.uint64,
    first: int,
    masks: UInt32Array,
    prefix_mask: Word,
    lanes: int,
    times: Int64Array,
) -> None:
    """
    Find the draw that first repeats an earlier one, with one walk for each trial.

    A walk is a sequence of independent draws until it repeats a value. When it reaches
    a distinguished point for the second time, it has gone around its cycle. The first
    repeated value is then between two stored points. A walk that reaches no
    distinguished point for long is in a cycle without one, which Brent's algorithm
    finds.

    Parameters
    ----------
    seed : uint64
        Number of the walk of trial 0.
    first : int
        Number of the first trial. It is the salt of the trial's messages, so that every
        trial walks through its own function.
    masks, prefix_mask
        See `find_distinguished_points`; the third mask is 0.
    lanes : int
        Number of trials that walk at the same time; changes no result.
    times : int64 array, shape (trials,)
        Receives T of each trial.
    """
    if lanes < 1 or masks.size != 3 or masks[2] != 0:
        raise ValueError("first collisions need a lane, and 3 masks of up to 64 bits")
    max_gap = 24 * (int(prefix_mask) + 1)
    room = 2**12
    state, starts = np.zeros((3, lanes), np.uint32), np.zeros((3, lanes), np.uint32)
    salts, trials = np.zeros(lanes, np.uint32), np.full(lanes, -1)
    # Stored points of each lane: value, position in the walk, and hash table of both.
    keys = np.zeros((lanes, room), np.uint64)
    positions = np.zeros((lanes, room), np.int64)
    slots, counts = np.full((lanes, 4 * room), -1), np.zeros(lanes, np.int64)
    start_steps, point_steps = np.zeros(lanes, np.int64), np.zeros(lanes, np.int64)
    step, started, done = 0, 0, 0
    while done < times.size:
        # Start new trials in free lanes.
        for lane in range(lanes):
            if trials[lane] < 0 and started < times.size:
                trials[lane], salts[lane] = started, np.uint32(first + started)
                number = seed + np.uint64(first + started)
                _start_walk(state, starts, lane, number, masks)
                # Store the start as the first point.
                start = (state[0, lane], state[1, lane], np.uint32(0), salts[lane])
                keys[lane, 0], positions[lane, 0], counts[lane] = _key(start), 0, 1
                slots[lane, _find_slot(slots[lane], keys[lane], _key(start))] = 0
                start_steps[lane], point_steps[lane] = step, step
                started += 1
        step += _walk_lanes(state, salts, masks, prefix_mask, max_gap)
        for lane in range(lanes):
            if trials[lane] < 0:
                continue
            t, salt, last = 0, salts[lane], counts[lane] - 1
            last_point = _state_of(keys[lane, last], salt)
            if (state[0, lane] & prefix_mask) == 0:
                # At a distinguished point: has this walk stored it before?
                point = (state[0, lane], state[1, lane], np.uint32(0), salt)
                length = step - start_steps[lane]
                slot = _find_slot(slots[lane], keys[lane], _key(point))
                same = slots[lane, slot]
                point_steps[lane] = step
                if same == 0:
                    # Back at the start, which is on the cycle.
                    t = length + 1
                elif same > 0:
                    # The paths from the two preceding points meet at the repeat.
                    before = _state_of(keys[lane, same - 1], salt)
                    x_length = positions[lane, same] - positions[lane, same - 1]
                    y_length = length - positions[lane, last]
                    steps, _, _ = locate_collision(
                        before, x_length, last_point, y_length, masks
                    )
                    t = positions[lane, same - 1] + steps
                    t += length - positions[lane, same] + 1
                elif counts[lane] < room:
                    slots[lane, slot] = counts[lane]
                    keys[lane, counts[lane]] = _key(point)
                    positions[lane, counts[lane]] = length
                    counts[lane] += 1
            if t == 0 and step - point_steps[lane] >= max_gap:
                # No distinguished point for long: find the cycle without one.
                tail, period = find_cycle(last_point, masks)
                t = positions[lane, last] + tail + period + 1
            if t > 0:
                # The trial is complete; free the lane.
                times[trials[lane]] = t
                trials[lane] = -1
                slots[lane, :] = -1
                done += 1
