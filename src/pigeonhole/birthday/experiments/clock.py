"""Clock for timing experiments."""

import time

_FINE = time.get_clock_info("thread_time").resolution < 1e-6

thread_time_ns = time.thread_time_ns if _FINE else time.perf_counter_ns
"""CPU time of this thread in nanoseconds, so that other jobs on the machine don't
count. Where that clock is coarse (Windows), elapsed time is used instead."""
