"""Progress bars: the one way in which they look."""

from collections.abc import Iterable
from typing import Any, TypeVar

from tqdm import tqdm

Item = TypeVar("Item")
LOOKS: dict[str, Any] = {
    "delay": 2,
    "mininterval": 0.5,
    "dynamic_ncols": True,
    "disable": None,
}


def progress(
    items: Iterable[Item], what: str, unit: str, total: int | None = None
) -> "tqdm[Item]":
    """
    Show a bar with rate and time left while items are gone through.

    It appears after two seconds, and only where a person watches a terminal.
    """
    return tqdm(items, total=total, desc=what, unit=unit, **LOOKS)


def counting(what: str, unit: str, total: int) -> "tqdm[None]":
    """Show the same bar for work that tells by `update` how far it is."""
    return tqdm(total=total, desc=what, unit=unit, **LOOKS)
