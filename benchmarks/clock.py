"""Fair times: everything is called once first, then measured turn by turn."""

from statistics import median
from time import perf_counter, sleep

REST = 0.03
"""Seconds between two, in which the threads of the one before fall asleep."""


def medians(calls, turns):
    """
    Return the median seconds of each call.

    Parameters
    ----------
    calls : mapping of name to function
    turns : mapping of name to int
        How often each is called; one that isn't named is called 15 times.
    """
    for call in calls.values():
        call()
    return {name: _median(call, turns.get(name, 15)) for name, call in calls.items()}


def _median(call, turns):
    sleep(REST)
    seconds = []
    for _ in range(turns):
        start = perf_counter()
        call()
        seconds.append(perf_counter() - start)
    return median(seconds)
