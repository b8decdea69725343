"""Fair times: everything is called once first, then measured turn by turn."""

from statistics import median
from time import perf_counter


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
    seconds = []
    for _ in range(turns):
        start = perf_counter()
        call()
        seconds.append(perf_counter() - start)
    return median(seconds)
