"""Cancel work that another request has made useless, between its steps."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar


class Canceled(Exception):
    """The result of this work isn't wanted anymore."""


_is_canceled: ContextVar[Callable[[], bool] | None] = ContextVar(
    "is_canceled", default=None
)


@contextmanager
def cancelable(is_canceled: Callable[[], bool]) -> Iterator[None]:
    """Make `check_canceled` raise `Canceled` in this thread when a function is true."""
    token = _is_canceled.set(is_canceled)
    try:
        yield
    finally:
        _is_canceled.reset(token)


def check_canceled() -> None:
    """Raise `Canceled` if the running work can be canceled and isn't wanted."""
    is_canceled = _is_canceled.get()
    if is_canceled is not None and is_canceled():
        raise Canceled
