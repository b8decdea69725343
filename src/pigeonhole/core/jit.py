"""Compile kernels with Numba: cached on disk, without the GIL, without fastmath.

Jobs of the pipeline are new processes, so compiled kernels must be kept on disk.
Numba's own cache becomes stale only if the file of the kernel itself changes. The cache
used here also checks the files of the functions that the kernel calls.
"""

import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from pickle import UnpicklingError
from typing import Any, TypeVar, cast

from pigeonhole.core.digest import sha256_of
from pigeonhole.core.runtime import numba_import

with numba_import():
    import numba.core.cgutils
    import numba.extending
    import numba.np.arraymath
    from numba.core import caching

Function = TypeVar("Function", bound=Callable[..., object])

# Numba has no type hints for these.
cgutils: Any = numba.core.cgutils
config: Any = numba.config
prange: Any = numba.prange
types: Any = numba.types
intrinsic: Callable[[Function], Any] = numba.extending.intrinsic
overload: Callable[..., Callable[[Function], Function]] = numba.extending.overload
get_num_threads: Callable[[], int] = numba.get_num_threads

UNREADABLE_CACHE_ERRORS = (AttributeError, EOFError, ImportError, UnpicklingError)
"""Errors of loading a cached function that another version of the program saved."""


class _Cache(caching.FunctionCache):
    """Numba's cache of a function, stale after an edit of any of its source files."""

    def __init__(self, function: Callable[..., object], files: set[str]) -> None:
        cast(Any, super()).__init__(function)
        self._cache_file = cast(Any, caching).IndexDataCacheFile(
            cache_path=self._cache_path,
            filename_base=self._impl.filename_base,
            source_stamp=[_digest(file) for file in sorted(files)],
        )

    def load_overload(self, signature: object, context: object) -> Any:
        """Return compiled code, or None if there is none that this version can use."""
        try:
            return cast(Any, super()).load_overload(signature, context)
        except UNREADABLE_CACHE_ERRORS:
            # It names types that another version of the program had.
            cast(Any, self)._cache_file.flush()
            return None

    def save_overload(self, signature: object, data: object) -> None:
        """Save compiled code; if the disk is full, it is compiled again next time."""
        with suppress(OSError):
            cast(Any, super()).save_overload(signature, data)


@cache
def _digest(file: str) -> str:
    return sha256_of(Path(file).read_bytes())


def _source_files(function: Any) -> set[str]:
    """Return the package's files of a function and of the functions that it calls."""
    files = {inspect.getfile(function)}
    for name in function.__code__.co_names:
        called = function.__globals__.get(name)
        if inspect.isfunction(called) and called.__module__.startswith("pigeonhole."):
            files.add(inspect.getfile(called))
        files |= getattr(called, "source_files", set())
    return files


def _compile(function: Function, **options: bool) -> Function:
    compiled = cast(Any, numba.njit)(nogil=True, **options)(function)
    if not config.DISABLE_JIT:
        compiled.source_files = _source_files(function)
        # If no folder of Numba's can be written, each process compiles kernels again.
        with suppress(RuntimeError):
            compiled._cache = _Cache(function, compiled.source_files)
    return cast(Function, compiled)


def kernel(function: Function) -> Function:
    """Compile a function of arrays and numbers to machine code."""
    return _compile(function)


def inlined(function: Function) -> Function:
    """Compile a function that is inlined, so that the caller's loop is vectorized."""
    return _compile(function, forceinline=True)


def parallel_kernel(function: Function) -> Function:
    """Compile a function whose `prange` loops run on several threads."""
    return _compile(function, parallel=True)


@contextmanager
def single_threaded() -> Iterator[None]:
    """Run parallel kernels that this thread calls on one thread only."""
    threads = get_num_threads()
    numba.set_num_threads(1)
    try:
        yield
    finally:
        numba.set_num_threads(threads)
