"""Cancelation of work between its steps."""

import threading

import pytest

from pigeonhole.core.cancellation import Canceled, cancelable, check_canceled


def test_work_ends_at_the_next_check():
    wanted = [True]
    with cancelable(lambda: not wanted):
        check_canceled()
        wanted.clear()
        with pytest.raises(Canceled):
            check_canceled()
    check_canceled()


def test_other_threads_are_not_affected():
    ended = []

    def work():
        check_canceled()
        ended.append(True)

    with cancelable(lambda: True):
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
    assert ended
