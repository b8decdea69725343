"""Checks of arguments: each raises ValueError with the name and the value."""

import math
from decimal import Decimal
from operator import index
from typing import SupportsFloat, SupportsIndex

import numpy as np
import numpy.typing as npt

from pigeonhole.core.arrays import AnyArray


def check_integer(
    name: str, value: SupportsIndex, low: int, high: float = math.inf
) -> int:
    """Return an integer from `low` to `high` as an int, which doesn't overflow."""
    try:
        number = index(value)
    except TypeError:
        raise ValueError(f"{name} must be an integer, not {value!r}") from None
    if not low <= number <= high:
        raise ValueError(f"{name} must be {_describe(low, high)}, not {_shown(number)}")
    return number


def check_number(
    name: str, value: SupportsFloat, low: float, high: float = math.inf
) -> float:
    """Return a finite number from `low` to `high` as a float; NaN is out of range."""
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise ValueError(f"{name} must be a number, not {value!r}") from None
    except OverflowError:
        number = math.inf
    if not (low <= number <= high and math.isfinite(number)):
        raise ValueError(f"{name} must be {_describe(low, high)}, not {number:g}")
    return number


def _describe(low: float, high: float) -> str:
    if high == math.inf:
        return "finite" if low == -math.inf else f"{_shown(low)} or more"
    return f"from {_shown(low)} to {_shown(high)}"


def _shown(number: float) -> str:
    """Return a number with thousands separators, or a long one in short."""
    is_long = isinstance(number, int) and abs(number) >= 10**24
    return f"{Decimal(number):.3g}" if is_long else f"{number:,}"


def check_array(
    name: str, array: AnyArray, dtype: npt.DTypeLike, *dimensions: int
) -> None:
    """Raise ValueError unless an array has this data type and number of dimensions."""
    if not isinstance(array, np.ndarray):
        raise ValueError(f"{name} must be an array, not {type(array).__name__}")
    if array.dtype != dtype or array.ndim not in dimensions:
        wanted = " or ".join(map(str, dimensions))
        raise ValueError(
            f"{name} must be a {np.dtype(dtype)} array with {wanted} dimensions, not "
            f"{array.dtype} with {array.ndim}"
        )


def check_indices(name: str, numbers: AnyArray, size: int) -> None:
    """Raise ValueError unless all numbers of an array are from 0 to `size` - 1."""
    if not np.issubdtype(numbers.dtype, np.integer):
        raise ValueError(f"{name} must be integers, not {numbers.dtype}")
    if numbers.size and not 0 <= numbers.min() <= numbers.max() < size:
        wrong = numbers.min() if numbers.min() < 0 else numbers.max()
        raise ValueError(f"{name} must be from 0 to {size - 1:,}, not {wrong:,}")


def check_images(name: str, images: AnyArray) -> None:
    """Raise ValueError unless images are uint8, shape (n, height, width[, 3])."""
    check_array(name, images, np.uint8, 3, 4)
    if not images.size or images.shape[3:] not in ((), (3,)):
        raise ValueError(
            f"{name} have shape {images.shape}, but it must be (n, height, width) or "
            "(n, height, width, 3), without zeros"
        )


def check_same_length(**arrays: AnyArray) -> None:
    """Raise ValueError unless all arrays have the same number of rows."""
    lengths = {name: len(array) for name, array in arrays.items()}
    if len(set(lengths.values())) > 1:
        shown = ", ".join(f"{name} {length:,}" for name, length in lengths.items())
        raise ValueError(f"the arrays must have the same length, not {shown}")
