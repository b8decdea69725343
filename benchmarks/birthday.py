"""Speeds of the birthday laboratory, each beside what it is compared with."""

import hashlib
import os
import time

import numpy as np

from pigeonhole.birthday import first, md5
from pigeonhole.jit import kernel

OPERATIONS = 328
"""Vector operations of an MD5 (64 steps of about 5.1), which two ports share."""


def seconds_of(work, times=5):
    """The least thread time of some runs."""
    spent = []
    for _ in range(times):
        begin = time.thread_time()
        work()
        spent.append(time.thread_time() - begin)
    return min(spent)


def hashlib_loop(messages):
    for message in messages:
        hashlib.md5(message).digest()


def tutorial_trial(draws, digits):
    """The tutorial's way, in our words: hexdigests of random bytes into a dict."""
    seen, collided = {}, False
    for _ in range(draws):
        message = os.urandom(16)
        digest = hashlib.md5(message).hexdigest()[:digits]
        collided = collided or digest in seen
        seen[digest] = message
    return collided


@kernel
def _chain(steps):
    x = np.uint64(1)
    for _ in range(steps):
        x ^= x << np.uint64(13)
        x ^= x >> np.uint64(7)
        x ^= x << np.uint64(17)
    return x


def clock():
    """Cycles a second, from a chain of shifts and exclusive ors of 6 cycles."""
    _chain(10)
    return 6 * 10**7 / seconds_of(lambda: _chain(10**7), 3)


def walk(steps, lanes=256):
    trails = np.empty((10_000, 5), np.int64)
    mark, masks = np.uint32(2**14 - 1), first.masks(64)
    salts = np.zeros(lanes, np.uint32)
    md5.find_trails(np.uint64(1), salts, masks, mark, steps, 20 << 14, trails)


def md5_rows():
    messages = [os.urandom(16) for _ in range(50_000)]
    plain = seconds_of(lambda: hashlib_loop(messages)) / len(messages)
    words = np.zeros((4, md5.LANES), np.uint32)
    halves = np.zeros((2, md5.LANES), np.uint32)
    md5.hash_lanes(words, halves)

    def lanes():
        for _ in range(1000):
            md5.hash_lanes(words, halves)

    walk(1)
    steps = 2**16
    limit = OPERATIONS / 2 / 16 / clock()
    found = {
        "md5 of lanes": seconds_of(lanes) / (1000 * md5.LANES),
        "md5 of md5 of ...": seconds_of(lambda: walk(steps)) / (256 * steps),
    }
    for name, each in found.items():
        yield row(name, "hashlib in a loop", each, plain / each)
        yield row(name, "limit of two ports of 512 bits", each, limit / each)


def sweep_rows():
    ours, theirs = 0.0, 0.0
    first.first_collision_times(1, 8, 1)
    for bits in range(4, 44, 4):
        begin = time.thread_time()
        first.first_collision_times(1, bits, 100)
        ours += time.thread_time() - begin
        # Fewer trials, times what is missing: the whole takes minutes.
        draws = 2 ** (bits // 2)
        trials = min(100, max(1, 2**15 // draws))
        begin = time.thread_time()
        for _ in range(trials):
            tutorial_trial(draws, bits // 4)
        theirs += (time.thread_time() - begin) * 100 / trials
    name = "first collisions, 4 to 40 bits, 100 trials each"
    yield row(name, "the tutorial's sweep", ours, theirs / ours)


def row(name, baseline, seconds, ratio):
    return {"name": name, "baseline": baseline, "seconds": seconds, "ratio": ratio}


def run():
    return [*md5_rows(), *sweep_rows()]
