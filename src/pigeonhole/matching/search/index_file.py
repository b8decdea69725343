"""Arrays in one file that is mapped into memory and read on demand."""

import ast
import json
import mmap
import re
import struct
from collections.abc import Iterable
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.lib.format as npy

from pigeonhole.core.arrays import AnyArray
from pigeonhole.core.atomic import atomic_write

ALIGNMENT = 64
"""The data of each array starts at a multiple of this many bytes, a cache line."""


def write_arrays(
    path: Path, header: dict[str, object], arrays: Iterable[AnyArray]
) -> None:
    """Write a header, as JSON, and arrays: consecutive .npy files with padding."""
    text = np.frombuffer(json.dumps(header).encode(), np.uint8)
    with atomic_write(path) as temporary, temporary.open("wb") as file:
        for array in map(np.ascontiguousarray, (text, *arrays)):
            # npy.write_array would hide the reason of a failure, such as a full disk.
            npy.write_array_header_1_0(file, npy.header_data_from_array_1_0(array))
            file.write(array.data)
            file.write(bytes(-file.tell() % ALIGNMENT))


def open_arrays(path: Path) -> tuple[dict[str, Any], list[AnyArray]]:
    """
    Map a file written by `write_arrays` into memory; return its header and arrays.

    The mapping is private (copy on write), because Numba compiles kernels separately
    for read-only arrays. OSError or ValueError is raised for a missing or damaged file.
    """
    with path.open("rb") as file:
        content = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY)
        arrays = []
        while file.tell() < len(content):
            arrays.append(_read_array(file, content))
    header = json.loads(arrays[0].tobytes())
    if not isinstance(header, dict):
        raise ValueError(f"{path} doesn't begin with a JSON object")
    return header, arrays[1:]


def _read_array(file: BinaryIO, content: mmap.mmap) -> AnyArray:
    if npy.read_magic(file) != (1, 0):
        raise ValueError("unsupported .npy format version")
    # NumPy's reader would repair some damaged headers, and print a warning.
    (length,) = struct.unpack("<H", file.read(2))
    header = ast.literal_eval(file.read(length).decode("ascii"))
    shape, dtype = header["shape"], header["descr"]
    if header["fortran_order"] or not re.fullmatch("[<|][biuf][1248]", dtype):
        raise ValueError("arrays in Fortran order or without numbers aren't supported")
    count = int(np.prod(shape))
    array = np.frombuffer(content, dtype, count, file.tell()).reshape(shape)
    end = file.tell() + array.nbytes
    file.seek(end + -end % ALIGNMENT)
    return array
