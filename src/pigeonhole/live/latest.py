"""Run an iterator in a thread and take its items from a slot of one."""

import threading
from collections.abc import Iterable, Iterator
from typing import Generic, Self, TypeVar

Item = TypeVar("Item")

PATIENCE = 1.0
"""Seconds that leaving waits for an item under way."""


class Slot(Generic[Item]):
    """
    Holds one item at a time, made by a thread.

    Use it as a context manager: leaving stops the thread after the item under way.

    Parameters
    ----------
    items : iterable
        Run in the thread; None is no item. What it raises, the taker gets after the
        last item.
    drop : bool
        An item that wasn't taken gives way to a newer one; otherwise the thread waits.
    """

    def __init__(self, items: Iterable[Item], *, drop: bool) -> None:
        self._items = items
        self._drop = drop
        self._change = threading.Condition()
        self._item: Item | None = None
        self._error: Exception | None = None
        self._over = False
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end()
        self._thread.join(PATIENCE)

    @property
    def running(self) -> bool:
        """Whether the thread still works on an item."""
        return self._thread.is_alive()

    def __iter__(self) -> Iterator[Item]:
        # A wait without end can't be interrupted on Windows.
        return (item for item in self.polled(0.5) if item is not None)

    def polled(self, seconds: float) -> Iterator[Item | None]:
        """Give each item that is there within `seconds`, and None where none is."""
        while True:
            with self._change:
                self._change.wait_for(lambda: self._full() or self._over, seconds)
                item, self._item = self._item, None
                self._change.notify_all()
                if item is None and self._over:
                    break
            yield item
        if self._error:
            raise self._error

    def _full(self) -> bool:
        return self._item is not None

    def _put(self, item: Item) -> bool:
        """Return whether more is wanted."""
        with self._change:
            if not self._drop:
                self._change.wait_for(lambda: self._over or not self._full())
            if not self._over:
                self._item = item
                self._change.notify_all()
            return not self._over

    def _run(self) -> None:
        try:
            for item in self._items:
                if not self._put(item):
                    break
        # Whatever it is, it is the taker's to handle.
        except Exception as error:  # noqa: BLE001
            self._error = error
        finally:
            self._end()

    def _end(self) -> None:
        with self._change:
            self._over = True
            self._change.notify_all()
