"""Parsers of untrusted bytes, with valid inputs for each, for tests and fuzzers.

Each parser handles untrusted bytes with the same code as the program. It returns or
raises a `PigeonholeError`; any other exception is a bug.
"""

import atexit
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import NamedTuple

from pigeonhole.core.errors import PigeonholeError


class Parser(NamedTuple):
    """A parser and functions that return valid inputs for it."""

    read: Callable[[bytes], object]
    seeds: tuple[Callable[[], bytes], ...]


PARSERS: dict[str, Parser] = {}


def parser(*seeds):
    """Register a function as a parser, with functions that return valid inputs."""

    def register(read):
        PARSERS[read.__name__] = Parser(read, tuple(map(cache, seeds)))
        return read

    return register


def attempt(name, content):
    """Parse one input; only unexpected exceptions are raised."""
    try:
        PARSERS[name].read(content)
    except PigeonholeError:
        return


@cache
def scratch():
    """Return a folder for temporary files of this process."""
    folder = tempfile.TemporaryDirectory(prefix="pigeonhole-parsers-")
    atexit.register(folder.cleanup)
    return Path(folder.name)


def file_of(name, content):
    """Write a file for a parser, and return its path."""
    path = scratch() / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def saved(write, name):
    """Return the bytes that a function writes to a file with this name."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, name)
        write(path)
        return path.read_bytes()


from parsers import images, pages, responses, tables, tiles  # noqa: E402, F401
