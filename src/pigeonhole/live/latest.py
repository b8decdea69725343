"""Run an iterator in a thread and hand over its latest item."""

import threading
from collections.abc import Iterable, Iterator
from typing import Generic, Self, TypeVar

Item = TypeVar("Item")

JOIN_TIMEOUT = 1.0
"""Seconds to wait on exit for the item that is being produced."""
WAIT_TIMEOUT = 0.5
"""Seconds after which a wait for an item starts over."""


class LatestValue(Generic[Item]):
    """
    A one-item buffer that a thread fills from an iterable.

    Use it as a context manager. Leaving the context stops the thread after the item
    that it is producing.

    Parameters
    ----------
    items : iterable
        Iterated in the thread. Items must not be None. An exception that it raises is
        raised again in the consumer, after the last item.
    drop : bool
        If True, a new item replaces one that hasn't been consumed. If False, the thread
        waits until the item is consumed.
    """

    def __init__(self, items: Iterable[Item], *, drop: bool) -> None:
        self._items = items
        self._drop = drop
        self._change = threading.Condition()
        self._item: Item | None = None
        self._error: Exception | None = None
        self._finished = False
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._finish()
        self._thread.join(JOIN_TIMEOUT)

    @property
    def running(self) -> bool:
        """True while the thread is alive."""
        return self._thread.is_alive()

    def __iter__(self) -> Iterator[Item]:
        # On Windows, a wait without a timeout can't be interrupted by Ctrl-C.
        return (item for item in self.poll(WAIT_TIMEOUT) if item is not None)

    def poll(self, timeout: float) -> Iterator[Item | None]:
        """Yield items as they arrive, and None whenever `timeout` seconds pass."""
        while True:
            with self._change:
                self._change.wait_for(lambda: self._full() or self._finished, timeout)
                item, self._item = self._item, None
                self._change.notify_all()
                if item is None and self._finished:
                    break
            yield item
        if self._error:
            raise self._error

    def _full(self) -> bool:
        return self._item is not None

    def _put(self, item: Item) -> bool:
        """Store an item and return whether the consumer wants more."""
        with self._change:
            if not self._drop:
                self._change.wait_for(lambda: self._finished or not self._full())
            if not self._finished:
                self._item = item
                self._change.notify_all()
            return not self._finished

    def _run(self) -> None:
        try:
            for item in self._items:
                if not self._put(item):
                    break
        # The consumer handles every kind of exception.
        except Exception as error:  # noqa: BLE001
            self._error = error
        finally:
            self._finish()

    def _finish(self) -> None:
        with self._change:
            self._finished = True
            self._change.notify_all()
