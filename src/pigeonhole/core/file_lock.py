"""Locks of the operating system on open files, which end however a process ends."""

import sys
from typing import IO, Any

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl


def lock_file(file: IO[Any], *, wait: bool) -> None:
    """
    Lock an open file until it is closed.

    Raises
    ------
    OSError
        Another process has locked it, unless `wait`, or locks aren't supported.
    """
    if sys.platform == "win32":
        # Windows doesn't let others read locked bytes, so lock one after the content.
        file.seek(1 << 30)
        msvcrt.locking(file.fileno(), msvcrt.LK_LOCK if wait else msvcrt.LK_NBLCK, 1)
        file.seek(0)
    else:
        fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
