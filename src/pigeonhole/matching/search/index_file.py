"""Arrays in one file that opens in an instant: what is needed is read when needed."""

import json
import mmap
from collections.abc import Iterable
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.lib.format as npy
import numpy.typing as npt

from pigeonhole.core.atomic import beside

Array = npt.NDArray[Any]

ALIGNED = 64
"""Each array's data starts at a multiple of so many bytes: a cache line."""


def write_arrays(path: Path, facts: dict[str, object], arrays: Iterable[Array]) -> None:
    """Write facts, as JSON, and arrays after them: npy files in a row, padded."""
    text = np.frombuffer(json.dumps(facts).encode(), np.uint8)
    with beside(path) as draft, draft.open("wb") as file:
        for array in map(np.ascontiguousarray, (text, *arrays)):
            # Not npy.write_array: its errors don't say that the disk is full.
            npy.write_array_header_1_0(file, npy.header_data_from_array_1_0(array))
            file.write(array.data)
            file.write(bytes(-file.tell() % ALIGNED))


def open_arrays(path: Path) -> tuple[dict[str, Any], list[Array]]:
    """
    Map a file of arrays into memory.

    The map is private: arrays that can't be written are another type to Numba.

    Raises
    ------
    OSError, ValueError
        The file is missing, or isn't whole.
    """
    with path.open("rb") as file:
        content = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY)
        arrays = []
        while file.tell() < len(content):
            arrays.append(_next(file, content))
    facts = json.loads(arrays[0].tobytes())
    if not isinstance(facts, dict):
        raise ValueError(f"{path} doesn't begin with facts")
    return facts, arrays[1:]


def _next(file: BinaryIO, content: mmap.mmap) -> Array:
    if npy.read_magic(file) != (1, 0):
        raise ValueError("an array is of another version")
    shape, by_column, kind = npy.read_array_header_1_0(file)
    if by_column or kind.hasobject:
        raise ValueError("an array has another order or holds objects")
    count = int(np.prod(shape))
    array = np.frombuffer(content, kind, count, file.tell()).reshape(shape)
    end = file.tell() + array.nbytes
    file.seek(end + -end % ALIGNED)
    return array
