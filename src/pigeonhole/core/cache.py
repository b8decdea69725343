"""The user's cache folder: saved work that makes later runs faster.

A missing, damaged or read-only cache costs time and changes no result.
"""

import hashlib
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from platformdirs import user_cache_path

from pigeonhole.core.atomic import DiskFull

log = logging.getLogger(__name__)


def cache_dir(name: str, project: Path | None = None) -> Path:
    """
    Return the folder of the cache `name`; it may not exist yet.

    Each folder of results, `project`, has its own caches; without it, all share one.
    """
    # Tests and clusters set another folder.
    root = Path(os.environ.get("PIGEONHOLE_CACHE") or user_cache_path("pigeonhole"))
    if project is None:
        return root / name
    key = hashlib.sha256(os.fsencode(project.resolve())).hexdigest()[:16]
    return root / "projects" / key / name


@contextmanager
def log_cache_errors() -> Iterator[None]:
    """Log a warning if the cache can't be written, instead of failing."""
    try:
        yield
    except (OSError, DiskFull) as error:
        log.warning("The cache can't be written: %s", error)
