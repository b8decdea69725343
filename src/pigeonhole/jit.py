"""The one compile policy: cached on disk, without the GIL, no fastmath.

Jobs of the pipeline are new processes, so that what is compiled once must be kept.
Numba's cache notices edits of a kernel's own file only: kernels that call each other
live in one file.
"""

from collections.abc import Callable
from typing import TypeVar, cast

from numba import njit, prange

__all__ = ["kernel", "parallel_kernel", "prange"]

Function = TypeVar("Function", bound=Callable[..., object])


def kernel(function: Function) -> Function:
    """Compile a function of arrays and numbers."""
    return cast(Function, njit(cache=True, nogil=True)(function))


def parallel_kernel(function: Function) -> Function:
    """Compile a driver whose `prange` loops are shared over the threads."""
    return cast(Function, njit(cache=True, nogil=True, parallel=True)(function))
