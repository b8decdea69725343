"""Notice that a file of the user was replaced by one that is older than the results.

Snakemake reruns a job if an input is newer than its outputs. A file that was moved or
copied with its time may be older, so jobs get what these functions return as a param.
"""

import os
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from pigeonhole.core.digest import sha256_of


def content_digests(paths: Iterable[str | os.PathLike[str] | None]) -> list[str | None]:
    """Return the SHA-256 of files, and None for those that don't exist."""
    return [_digest(os.fspath(path)) if path else None for path in paths]


def file_states(paths: Iterable[str | os.PathLike[str]]) -> str:
    """Return a digest of the sizes and times of files, which aren't read."""
    return sha256_of(repr([_state(path) for path in paths]).encode())


@cache
def _digest(path: str) -> str | None:
    try:
        return sha256_of(Path(path).read_bytes())
    except OSError:
        # The job reports it. On other machines, some files don't exist.
        return None


def _state(path: str | os.PathLike[str]) -> tuple[int, int] | None:
    try:
        status = Path(path).stat()
    except OSError:
        return None
    # Not all file systems keep fractions of a second in a copy.
    return status.st_size, int(status.st_mtime)
