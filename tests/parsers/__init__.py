"""Every parser of bytes from outside, with good inputs for it.

Each takes bytes as somebody may give them to us, and reads them by the way that the
program takes. It returns, or raises one of our own errors; all else is a fault.
"""

import atexit
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import NamedTuple

from pigeonhole.core.errors import PigeonholeError


class Parser(NamedTuple):
    read: Callable[[bytes], object]
    seeds: tuple[Callable[[], bytes], ...]


PARSERS: dict[str, Parser] = {}


def parser(*seeds):
    """Keep a function as a parser, with what makes good inputs."""

    def keep(read):
        PARSERS[read.__name__] = Parser(read, tuple(map(cache, seeds)))
        return read

    return keep


def attempt(name, content):
    """Try one input; whatever isn't our own sentence goes through."""
    try:
        PARSERS[name].read(content)
    except PigeonholeError:
        return


@cache
def scratch():
    """Return a folder for this process's files."""
    folder = tempfile.TemporaryDirectory(prefix="pigeonhole-parsers-")
    atexit.register(folder.cleanup)
    return Path(folder.name)


def file_of(name, content):
    """Write a file that a parser then reads, and return its path."""
    path = scratch() / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content)
    return path


def saved(write, name):
    """Return what a function writes into a file of this name."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, name)
        write(path)
        return path.read_bytes()


from parsers import answers, pages, pictures, tables, tiles  # noqa: E402, F401
