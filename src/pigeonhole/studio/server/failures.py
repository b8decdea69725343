"""Describe errors for the page: in one sentence, and without secrets."""

import logging
import os

from pigeonhole.core.atomic import DiskFull
from pigeonhole.core.errors import PigeonholeError, reason_of

SECRET_WORDS = ("KEY", "TOKEN", "SECRET", "PASSWORD")
"""Parts of the names of environment variables whose values are secret."""

log = logging.getLogger(__name__)


def sentence_of(error: Exception) -> str:
    """Return a sentence about an error, and log errors of the program itself."""
    if isinstance(error, DiskFull):
        text = f"{error.path} can't be written: {error.reason}. Free some space and "
        text += "try again; what was saved before is intact."
    elif isinstance(error, PigeonholeError):
        text = str(error)
    elif isinstance(error, OSError) and error.filename:
        name = os.fsdecode(error.filename)
        text = f"{name} can't be used: {reason_of(error)}."
    elif isinstance(error, OSError):
        text = f"The system reports an error: {reason_of(error)}."
    elif isinstance(error, MemoryError):
        text = "The memory is used up: close other programs, or use smaller photos."
    else:
        log.error("The studio failed", exc_info=error)
        text = "The studio failed because of an error in Pigeonhole; its terminal "
        text += "shows the details."
    return without_secrets(text)


def without_secrets(text: str) -> str:
    """Replace the values of environment variables that hold secrets."""
    for name, value in os.environ.items():
        if value and any(word in name for word in SECRET_WORDS):
            text = text.replace(value, f"[{name}]")
    return text
