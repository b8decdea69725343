"""Measure median times after a first call that compiles and fills caches."""

from statistics import median
from time import perf_counter, sleep

PAUSE = 0.03
"""Seconds before each measurement, until the threads of the previous one sleep."""


def medians(calls, repeats):
    """
    Return the median seconds of each call.

    Parameters
    ----------
    calls : mapping of name to function
    repeats : mapping of name to int
        Number of calls to measure, 15 by default.
    """
    for call in calls.values():
        call()
    return {name: _median(call, repeats.get(name, 15)) for name, call in calls.items()}


def _median(call, repeats):
    sleep(PAUSE)
    seconds = []
    for _ in range(repeats):
        start = perf_counter()
        call()
        seconds.append(perf_counter() - start)
    return median(seconds)
