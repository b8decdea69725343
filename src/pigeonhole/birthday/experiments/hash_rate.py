"""Measure how many MD5 hashes per second this machine computes."""

import os

import numpy as np

from pigeonhole.birthday.experiments.clock import thread_time_ns
from pigeonhole.birthday.hashing.digests import MESSAGES_PER_BATCH, leading_bits

DURATION_NS = 50_000_000


def hashes_per_second() -> float:
    """Measure one core for a twentieth of a second and multiply by all cores."""
    messages = np.zeros((MESSAGES_PER_BATCH, 4), np.uint32)
    out = np.zeros(MESSAGES_PER_BATCH, np.uint64)
    hashed = 0
    # Compile first.
    leading_bits(messages[:2], 64)
    start = thread_time_ns()
    while (elapsed := thread_time_ns() - start) < DURATION_NS:
        leading_bits(messages, 64, out)
        hashed += MESSAGES_PER_BATCH
    return hashed / elapsed * 1e9 * (os.cpu_count() or 1)
