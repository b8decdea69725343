"""Progress bars, all in the same style, which also report to a listener."""

from collections.abc import Callable, Generator, Iterable, Iterator, Sized
from contextlib import contextmanager
from threading import RLock
from typing import Any, NamedTuple, TypeVar

from tqdm import tqdm

Item = TypeVar("Item")
TQDM_OPTIONS: dict[str, Any] = {
    "delay": 2,
    "mininterval": 0.5,
    "dynamic_ncols": True,
    # None shows the bar only on a terminal.
    "disable": None,
}


class Progress(NamedTuple):
    """
    The state of some work.

    Attributes
    ----------
    description : str
        What is done, such as "Reading photos".
    unit : str
        What is counted, in the singular.
    done : int
    total : int or None
        None if it isn't known.
    """

    description: str
    unit: str
    done: int
    total: int | None


ProgressListener = Callable[[Progress], None]

_lock = RLock()
_listeners: list[ProgressListener] = []


@contextmanager
def listen_to_progress(listener: ProgressListener) -> Iterator[None]:
    """
    Call a listener for each step of all work of this process, whatever its thread.

    Calls come from the threads that do the work, one at a time. If the listener raises
    an exception, the work stops with it.
    """
    with _lock:
        _listeners.append(listener)
    try:
        yield
    finally:
        with _lock:
            _listeners.remove(listener)


def announce(description: str) -> None:
    """Report to listeners what happens next, if its progress isn't known."""
    _report(Progress(description, "", 0, None))


def progress(
    items: Iterable[Item], description: str, unit: str, total: int | None = None
) -> Iterator[Item]:
    """Iterate over items with a progress bar, which appears after two seconds."""
    if total is None and isinstance(items, Sized):
        total = len(items)
    _report(Progress(description, unit, 0, total))
    bar = tqdm(items, total=total, desc=description, unit=unit, **TQDM_OPTIONS)
    try:
        for done, item in enumerate(bar, start=1):
            yield item
            _report(Progress(description, unit, done, total))
    finally:
        # After an error, a pool of threads doesn't compute the rest.
        if isinstance(items, Generator):
            items.close()


def progress_bar(description: str, unit: str, total: int) -> "tqdm[None]":
    """Return a progress bar for work that reports its progress with `update`."""
    return _ReportingBar(description, unit, total)


class _ReportingBar(tqdm):  # type: ignore[type-arg]
    def __init__(self, description: str, unit: str, total: int) -> None:
        super().__init__(total=total, desc=description, unit=unit, **TQDM_OPTIONS)
        # A bar that isn't shown doesn't count.
        self._progress = Progress(description, unit, 0, total)
        _report(self._progress)

    def update(self, n: float | None = 1) -> bool | None:
        """Count `n` more."""
        with _lock:
            done = self._progress.done + int(n or 0)
            self._progress = self._progress._replace(done=done)
            _report(self._progress)
        return super().update(n)


def _report(state: Progress) -> None:
    with _lock:
        for listener in _listeners:
            listener(state)
