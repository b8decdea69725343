"""The one compile policy: cached on disk, without the GIL, no fastmath.

Jobs of the pipeline are new processes, so that what is compiled once must be kept.
Numba's cache notices edits of a kernel's own file only: kernels that call each other
live in one file.
"""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar, cast

import llvmlite.binding as llvm

# LLVM keeps to 256 bits where a processor has 512, lest its clock fall; these kernels
# gain a third to two thirds. Numba reads it once, on import; a person's own wish wins.
if (features := llvm.get_host_cpu_features()).get("avx512f"):
    wide = f"{features.flatten()},-prefer-256-bit"
    os.environ.setdefault("NUMBA_CPU_FEATURES", wide)

# Threads that wait for work sleep: spinning, they would keep the cores from whoever
# has some, and a frame on busy cores would wait for them.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")

# Numba looks once whether SciPy has a BLAS. No kernel multiplies matrices, and SciPy
# takes an eighth of a second that a small mosaic doesn't have.
if "scipy.linalg" not in sys.modules:
    sys.modules["scipy.linalg"] = None  # type: ignore[assignment]

import numba.core.cgutils
import numba.extending
import numba.np.arraymath
from numba import get_num_threads, njit, prange, set_num_threads, types

if sys.modules.get("scipy.linalg") is None:
    sys.modules.pop("scipy.linalg", None)

__all__ = [
    "alone",
    "cgutils",
    "get_num_threads",
    "inlined",
    "intrinsic",
    "kernel",
    "overload",
    "parallel_kernel",
    "prange",
    "types",
]

Function = TypeVar("Function", bound=Callable[..., object])

# Numba's own types for these don't say what they do.
cgutils: Any = numba.core.cgutils
intrinsic: Callable[[Function], Any] = numba.extending.intrinsic
overload: Callable[..., Callable[[Function], Function]] = numba.extending.overload


def kernel(function: Function) -> Function:
    """Compile a function of arrays and numbers."""
    return cast(Function, njit(cache=True, nogil=True)(function))


def inlined(function: Function) -> Function:
    """Compile a function that becomes part of its caller, so that loops stay wide."""
    return cast(Function, njit(cache=True, nogil=True, forceinline=True)(function))


def parallel_kernel(function: Function) -> Function:
    """Compile a driver whose `prange` loops are shared over the threads."""
    return cast(Function, njit(cache=True, nogil=True, parallel=True)(function))


@contextmanager
def alone() -> Iterator[None]:
    """Run this thread's parallel kernels without others."""
    before = get_num_threads()
    set_num_threads(1)
    try:
        yield
    finally:
        set_num_threads(before)
