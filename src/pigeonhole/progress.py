"""Progress bars: the one way in which they look."""

from collections.abc import Iterable
from typing import TypeVar

from tqdm import tqdm

Item = TypeVar("Item")


def progress(
    items: Iterable[Item], what: str, unit: str, total: int | None = None
) -> "tqdm[Item]":
    """
    Show a bar with rate and time left while items are gone through.

    It appears after two seconds, and only where a person watches a terminal.
    """
    return tqdm(
        items,
        desc=what,
        unit=unit,
        total=total,
        delay=2,
        mininterval=0.5,
        dynamic_ncols=True,
        disable=None,
    )
