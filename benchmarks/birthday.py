"""Speeds of the birthday laboratory, each beside what it is compared with.

``python -m benchmarks.birthday speeds`` prints those of MD5 alone, as JSON; with
NUMBA_CPU_FEATURES in the environment, for other vectors than the machine's widest.
"""

import hashlib
import json
import os
import subprocess
import sys
import time

import llvmlite.binding as llvm
import numpy as np

from pigeonhole.birthday.collisions import walks
from pigeonhole.birthday.experiments import first_collision as first
from pigeonhole.birthday.hashing import digests
from pigeonhole.core.jit import kernel

MESSAGES = 2**13
OPERATIONS = 332
"""Vector operations of an MD5's first 64 bits: 64 steps of three additions, a ternary
and a rotation; 16 additions of a word; 2 at the end; 6 less at the constant start. Two
ports of 512 bits share them."""


def seconds_of(work, times=5):
    """The least thread time of some runs."""
    spent = []
    for _ in range(times):
        begin = time.thread_time()
        work()
        spent.append(time.thread_time() - begin)
    return min(spent)


def hashlib_numbers(messages, bits):
    """What `leading_bits` returns, by hashlib."""
    digits = bits // 4
    return [int(hashlib.md5(message).hexdigest()[:digits], 16) for message in messages]


def hashlib_digests(messages):
    """Only the digests: less than what `leading_bits` returns."""
    for message in messages:
        hashlib.md5(message).digest()


def hashlib_walk(message, steps):
    for _ in range(steps):
        message = hashlib.md5(message).digest()[:8] + message[8:]
    return message


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
    walks.find_trails(np.uint64(1), salts, masks, mark, steps, 20 << 14, trails)


def speeds():
    """Seconds of each way to hash, and what two ports of 512 bits would take."""
    words = digests.random_messages(np.random.default_rng(1), MESSAGES)
    messages = [message.tobytes() for message in words]
    assert digests.leading_bits(words, 64).tolist() == hashlib_numbers(messages, 64)
    walk(1)
    steps = 2**15
    many, short, out = 100 * MESSAGES, 20_000, np.zeros(MESSAGES, np.uint64)

    def lanes(bits):
        return lambda: [digests.leading_bits(words, bits, out) for _ in range(100)]

    return {
        "lanes": seconds_of(lanes(64)) / many,
        "lanes of 32 bits": seconds_of(lanes(32)) / many,
        "walk": seconds_of(lambda: walk(steps)) / (256 * steps),
        "numbers": seconds_of(lambda: hashlib_numbers(messages, 64)) / MESSAGES,
        "numbers of 32 bits": seconds_of(lambda: hashlib_numbers(messages, 32))
        / MESSAGES,
        "digests": seconds_of(lambda: hashlib_digests(messages)) / MESSAGES,
        "hashlib walk": seconds_of(lambda: hashlib_walk(bytes(16), short)) / short,
        "limit": OPERATIONS / 2 / 16 / clock(),
    }


def speeds_with(features):
    """`speeds` in a process of its own, since Numba reads the features once."""
    run = subprocess.run(
        [sys.executable, "-m", "benchmarks.birthday", "speeds"],
        env={**os.environ, "NUMBA_CPU_FEATURES": features},
        stdout=subprocess.PIPE,
        check=True,
    )
    return json.loads(run.stdout)


def widths():
    """Vectors of 512 bits where there are any, and those of an unset compiler."""
    host = llvm.get_host_cpu_features()
    if host.get("avx512f"):
        yield "512 bits", f"{host.flatten()},-prefer-256-bit"
        yield "256 bits", f"{host.flatten()},+prefer-256-bit"
    else:
        yield "the widest vectors", host.flatten()


def md5_rows():
    for width, features in widths():
        took = speeds_with(features)
        for name, ours, theirs in (
            ("md5 of messages, 64 bits", "lanes", "numbers"),
            ("md5 of messages, 32 bits", "lanes of 32 bits", "numbers of 32 bits"),
            ("md5 of md5 of ...", "walk", "hashlib walk"),
        ):
            named, each = f"{name}, {width}", took[ours]
            yield row(named, "hashlib in a loop", each, took[theirs] / each)
            told = "hashlib in a loop, digests alone"
            yield row(named, told, each, took["digests"] / each)
            if width == "512 bits":
                told = "limit of two ports of 512 bits"
                yield row(named, told, each, took["limit"] / each)


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


if __name__ == "__main__":
    sys.stdout.write(json.dumps(speeds()) if "speeds" in sys.argv else __doc__)
