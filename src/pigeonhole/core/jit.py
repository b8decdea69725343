"""The one compile policy: cached on disk, without the GIL, no fastmath.

Jobs of the pipeline are new processes, so that what is compiled once must be kept.
Numba's own cache notices edits of a kernel's file only; ours also those of the files of
what the kernel calls.
"""

import hashlib
import inspect
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any, TypeVar, cast

import llvmlite.binding as llvm

# LLVM keeps to 256 bits where a processor has 512, lest its clock fall; these kernels
# gain a third to two thirds. Numba reads it once, on import; a person's own wish wins.
if (features := llvm.get_host_cpu_features()).get("avx512f"):
    wide = f"{features.flatten()},-prefer-256-bit"
    os.environ.setdefault("NUMBA_CPU_FEATURES", wide)

# Threads that wait for work sleep: spinning, they would keep the cores from whoever
# has some, and a frame on busy cores would wait for them. They turn so many times
# before, about 40 microseconds: most of a frame's steps follow each other sooner than
# a thread wakes up.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")
os.environ.setdefault("GOMP_SPINCOUNT", "3000")

# Numba looks once whether SciPy has a BLAS. No kernel multiplies matrices, and SciPy
# takes an eighth of a second that a small mosaic doesn't have.
if "scipy.linalg" not in sys.modules:
    sys.modules["scipy.linalg"] = None  # type: ignore[assignment]

import numba.core.cgutils
import numba.extending
import numba.np.arraymath
from numba import get_num_threads, njit, prange, set_num_threads, types
from numba.core import caching

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
config: Any = numba.config
_caching: Any = caching
intrinsic: Callable[[Function], Any] = numba.extending.intrinsic
overload: Callable[..., Callable[[Function], Function]] = numba.extending.overload


_files: dict[object, frozenset[str]] = {}
"""The files that a compiled function consists of."""


class _Cache(caching.FunctionCache):
    """Numba's cache of a function; an edit of any of its files makes it stale."""

    def __init__(self, function: Callable[..., object], files: frozenset[str]) -> None:
        cast(Any, super()).__init__(function)
        self._cache_file = _caching.IndexDataCacheFile(
            cache_path=self._cache_path,
            filename_base=self._impl.filename_base,
            source_stamp=[_digest(file) for file in sorted(files)],
        )

    def save_overload(self, signature: object, data: object) -> None:
        """Keep what was compiled; a disk without room costs only compiling it again."""
        with suppress(OSError):
            cast(Any, super()).save_overload(signature, data)


@cache
def _digest(file: str) -> str:
    return hashlib.sha256(Path(file).read_bytes()).hexdigest()


def _files_of(function: Any) -> frozenset[str]:
    """Return the files of a function and of what it calls, this package's only."""
    found = {inspect.getfile(function)}
    for name in function.__code__.co_names:
        called = function.__globals__.get(name)
        if inspect.isfunction(called) and called.__module__.startswith("pigeonhole."):
            found.add(inspect.getfile(called))
        elif hasattr(called, "py_func"):
            found |= _files.get(called, frozenset())
    return frozenset(found)


def _compiled(function: Function, **options: bool) -> Function:
    made = cast(Any, njit)(nogil=True, **options)(function)
    if not config.DISABLE_JIT:
        _files[made] = _files_of(function)
        made._cache = _Cache(function, _files[made])
    return cast(Function, made)


def kernel(function: Function) -> Function:
    """Compile a function of arrays and numbers."""
    return _compiled(function)


def inlined(function: Function) -> Function:
    """Compile a function that becomes part of its caller, so that loops stay wide."""
    return _compiled(function, forceinline=True)


def parallel_kernel(function: Function) -> Function:
    """Compile a driver whose `prange` loops are shared over the threads."""
    return _compiled(function, parallel=True)


@contextmanager
def alone() -> Iterator[None]:
    """Run this thread's parallel kernels without others."""
    before = get_num_threads()
    set_num_threads(1)
    try:
        yield
    finally:
        set_num_threads(before)
