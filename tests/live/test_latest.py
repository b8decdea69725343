import itertools
import threading

import pytest

from pigeonhole.live.latest import LatestValue


def test_dropping_keeps_only_the_latest_item():
    all_produced = threading.Event()

    def items():
        yield from range(1, 6)
        all_produced.set()

    with LatestValue(items(), drop=True) as latest:
        assert all_produced.wait(5)
        assert list(latest) == [5]


def test_without_dropping_every_item_arrives():
    with LatestValue(range(1, 50), drop=False) as latest:
        assert list(latest) == list(range(1, 50))


def test_an_exception_is_raised_after_the_last_item():
    def items():
        yield 1
        raise OSError("failed")

    received = []
    with (
        LatestValue(items(), drop=False) as latest,
        pytest.raises(OSError, match="failed"),
    ):
        received.extend(latest)
    assert received == [1]


def test_leaving_the_context_ends_the_thread():
    with LatestValue(itertools.count(), drop=False) as latest:
        assert next(iter(latest)) == 0
    assert not latest.running


def test_polling_yields_none_while_there_is_no_item():
    proceed = threading.Event()
    with LatestValue((proceed.wait(5) for _ in range(1)), drop=True) as latest:
        assert next(latest.poll(0.01)) is None
        proceed.set()
        assert list(latest) == [True]
