"""Benchmark the birthday experiments against hashlib and the tutorial's program.

``python -m benchmarks.birthday speeds`` prints only the speeds of MD5, as JSON. By
default, it uses the machine's widest vectors; set NUMBA_CPU_FEATURES for others.
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
from pigeonhole.birthday.experiments.first_collision import first_collision_times
from pigeonhole.birthday.hashing import digests
from pigeonhole.core.jit import kernel

MESSAGES = 2**13
OPERATIONS = 332
"""Vector operations for the first 64 bits of an MD5: 64 steps of three additions, a
ternary operation and a rotation; 16 additions of a word; 2 at the end; 6 fewer because
the initial state is constant. Two 512-bit ports share them."""


def min_seconds(function, repetitions=5):
    """Return the minimum CPU time of some calls."""
    times = []
    for _ in range(repetitions):
        start = time.thread_time()
        function()
        times.append(time.thread_time() - start)
    return min(times)


def hashlib_leading_bits(messages, bits):
    """Return the same values as `leading_bits`, with hashlib."""
    digits = bits // 4
    return [int(hashlib.md5(message).hexdigest()[:digits], 16) for message in messages]


def hashlib_digests(messages):
    """Compute only the digests, which is less work than `leading_bits`."""
    for message in messages:
        hashlib.md5(message).digest()


def hashlib_walk(message, steps):
    for _ in range(steps):
        message = hashlib.md5(message).digest()[:8] + message[8:]
    return message


def tutorial_trial(draws, digits):
    """Do what the tutorial does: store hexdigests of random bytes in a dict."""
    table, collided = {}, False
    for _ in range(draws):
        message = os.urandom(16)
        digest = hashlib.md5(message).hexdigest()[:digits]
        collided = collided or digest in table
        table[digest] = message
    return collided


@kernel
def _dependent_chain(steps):
    x = np.uint64(1)
    for _ in range(steps):
        x ^= x << np.uint64(13)
        x ^= x >> np.uint64(7)
        x ^= x << np.uint64(17)
    return x


def clock_rate():
    """Return cycles per second, from a chain of shifts and XORs of 6 cycles."""
    _dependent_chain(10)
    return 6 * 10**7 / min_seconds(lambda: _dependent_chain(10**7), 3)


def walk(steps, lanes=256):
    """Walk as a collision search of 64 bits does."""
    points = np.empty((10_000, 5), np.int64)
    prefix_mask, masks = np.uint32(2**14 - 1), walks.digest_masks(64)
    salts, max_length = np.zeros(lanes, np.uint32), 20 << 14
    walks.find_distinguished_points(
        np.uint64(1), salts, masks, prefix_mask, steps, max_length, points
    )


def speeds():
    """Return seconds per hash of each method, and the limit of two 512-bit ports."""
    words = digests.random_messages(np.random.default_rng(1), MESSAGES)
    messages = [message.tobytes() for message in words]
    expected = hashlib_leading_bits(messages, 64)
    assert digests.leading_bits(words, 64).tolist() == expected
    walk(1)
    steps = 2**15
    count, hashlib_steps, out = 100 * MESSAGES, 20_000, np.zeros(MESSAGES, np.uint64)

    def leading_bits(bits):
        return lambda: [digests.leading_bits(words, bits, out) for _ in range(100)]

    def leading_bits_with_hashlib(bits):
        return lambda: hashlib_leading_bits(messages, bits)

    return {
        "64 bits": min_seconds(leading_bits(64)) / count,
        "32 bits": min_seconds(leading_bits(32)) / count,
        "walk": min_seconds(lambda: walk(steps)) / (256 * steps),
        "hashlib, 64 bits": min_seconds(leading_bits_with_hashlib(64)) / MESSAGES,
        "hashlib, 32 bits": min_seconds(leading_bits_with_hashlib(32)) / MESSAGES,
        "hashlib, digests": min_seconds(lambda: hashlib_digests(messages)) / MESSAGES,
        "hashlib, walk": min_seconds(lambda: hashlib_walk(bytes(16), hashlib_steps))
        / hashlib_steps,
        "limit": OPERATIONS / 2 / 16 / clock_rate(),
    }


def speeds_with(features):
    """Return `speeds` from a new process, because Numba reads the features once."""
    run = subprocess.run(
        [sys.executable, "-m", "benchmarks.birthday", "speeds"],
        env={**os.environ, "NUMBA_CPU_FEATURES": features},
        stdout=subprocess.PIPE,
        check=True,
    )
    return json.loads(run.stdout)


def vector_widths():
    """Yield 512-bit vectors if the CPU has them, and the compiler's default."""
    host = llvm.get_host_cpu_features()
    if host.get("avx512f"):
        yield "512 bits", f"{host.flatten()},-prefer-256-bit"
        yield "256 bits", f"{host.flatten()},+prefer-256-bit"
    else:
        yield "the widest vectors", host.flatten()


def md5_rows():
    for width, features in vector_widths():
        seconds = speeds_with(features)
        for method, compiled, baseline in (
            ("MD5 of messages, 64 bits", "64 bits", "hashlib, 64 bits"),
            ("MD5 of messages, 32 bits", "32 bits", "hashlib, 32 bits"),
            ("walk through MD5", "walk", "hashlib, walk"),
        ):
            name, own = f"{method}, {width}", seconds[compiled]
            yield _row(name, "hashlib in a loop", own, seconds[baseline] / own)
            digests_only = seconds["hashlib, digests"] / own
            yield _row(name, "hashlib in a loop, digests only", own, digests_only)
            if width == "512 bits":
                limit = seconds["limit"] / own
                yield _row(name, "limit of two 512-bit ports", own, limit)


def sweep_rows():
    own_seconds, tutorial_seconds = 0.0, 0.0
    first_collision_times(1, 8, 1)
    for bits in range(4, 44, 4):
        start = time.thread_time()
        first_collision_times(1, bits, 100)
        own_seconds += time.thread_time() - start
        # Run fewer trials and scale the time; all of them would take minutes.
        draws = 2 ** (bits // 2)
        trials = min(100, max(1, 2**15 // draws))
        start = time.thread_time()
        for _ in range(trials):
            tutorial_trial(draws, bits // 4)
        tutorial_seconds += (time.thread_time() - start) * 100 / trials
    name = "first collisions, 4 to 40 bits, 100 trials each"
    ratio = tutorial_seconds / own_seconds
    yield _row(name, "the tutorial's program", own_seconds, ratio)


def _row(name, baseline, seconds, ratio):
    return {"name": name, "baseline": baseline, "seconds": seconds, "ratio": ratio}


def run():
    """Return a row for each method and baseline."""
    return [*md5_rows(), *sweep_rows()]


if __name__ == "__main__":
    sys.stdout.write(json.dumps(speeds()) if "speeds" in sys.argv else __doc__)
