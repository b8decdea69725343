"""The clock of the experiments that take time."""

import time

_FINE = time.get_clock_info("thread_time").resolution < 1e-6

busy_ns = time.thread_time_ns if _FINE else time.perf_counter_ns
"""Nanoseconds that this thread has worked, so that other jobs on the machine don't
count; where that clock is coarse (Windows), those on the wall."""
