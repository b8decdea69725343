"""Progress bars, all in the same style."""

from collections.abc import Iterable
from typing import Any, TypeVar

from tqdm import tqdm

Item = TypeVar("Item")
TQDM_OPTIONS: dict[str, Any] = {
    "delay": 2,
    "mininterval": 0.5,
    "dynamic_ncols": True,
    # None shows the bar only on a terminal.
    "disable": None,
}


def progress(
    items: Iterable[Item], description: str, unit: str, total: int | None = None
) -> "tqdm[Item]":
    """Iterate over items with a progress bar, which appears after two seconds."""
    return tqdm(items, total=total, desc=description, unit=unit, **TQDM_OPTIONS)


def progress_bar(description: str, unit: str, total: int) -> "tqdm[None]":
    """Return a progress bar for work that reports its progress with `update`."""
    return tqdm(total=total, desc=description, unit=unit, **TQDM_OPTIONS)
