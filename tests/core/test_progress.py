"""Tests for progress bars and their listeners."""

import time
from concurrent.futures import ThreadPoolExecutor
from threading import Lock

import pytest

from pigeonhole.core.progress import (
    Progress,
    announce,
    listen_to_progress,
    progress,
    progress_bar,
)


def test_a_listener_receives_every_step():
    received = []
    with listen_to_progress(received.append):
        announce("Making the mosaic")
        assert list(progress("ab", "Reading", "photo")) == ["a", "b"]
        assert list(progress(iter("a"), "Reading", "photo")) == ["a"]
        with progress_bar("Rendering", "row", 5) as bar:
            bar.update(2)
            bar.update(3)
    list(progress("ab", "Reading", "photo"))
    assert received == [
        Progress("Making the mosaic", "", 0, None),
        *(Progress("Reading", "photo", done, 2) for done in range(3)),
        *(Progress("Reading", "photo", done, None) for done in range(2)),
        *(Progress("Rendering", "row", done, 5) for done in (0, 2, 5)),
    ]


def test_a_step_is_done_when_the_next_one_begins():
    received = []
    with listen_to_progress(received.append):
        steps = progress("ab", "Reading", "photo")
        next(steps)
        assert [state.done for state in received] == [0]
        next(steps)
    assert [state.done for state in received] == [0, 1]


def test_threads_report_one_at_a_time():
    received, lock = [], Lock()

    def listen(state):
        assert lock.acquire(blocking=False)
        received.append(state.done)
        lock.release()

    def work(bar):
        for _ in range(50):
            bar.update()

    with (
        listen_to_progress(listen),
        progress_bar("Cutting", "tile", 200) as bar,
        ThreadPoolExecutor(4) as pool,
    ):
        list(pool.map(work, [bar] * 4))
    assert received == list(range(201))


def test_an_error_of_a_listener_stops_the_work():
    def stop(state):
        if state.done == 2:
            raise KeyboardInterrupt

    done = []

    def work():
        with listen_to_progress(stop):
            done.extend(progress("abcd", "Reading", "photo"))

    with pytest.raises(KeyboardInterrupt):
        work()
    assert done == ["a", "b"]
    # It is gone afterwards.
    assert list(progress("abcd", "Reading", "photo")) == list("abcd")


def test_an_error_cancels_what_a_pool_has_not_begun():
    begun = []

    def begin(number):
        begun.append(number)
        time.sleep(0.01)

    def stop(state):
        if state.done == 2:
            raise KeyboardInterrupt

    def work():
        with listen_to_progress(stop), ThreadPoolExecutor(1) as pool:
            results = pool.map(begin, range(1000))
            list(progress(results, "Reading", "photo", 1000))

    with pytest.raises(KeyboardInterrupt):
        work()
    assert len(begun) < 1000
