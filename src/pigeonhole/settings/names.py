"""Names of targets, which are names of folders in results/mosaics."""

import hashlib
import os
import unicodedata
from collections import Counter
from collections.abc import Iterable
from pathlib import PurePath

from pigeonhole.settings.fields import WINDOWS_DEVICES

MAX_BYTES = 60
"""Maximum length of the readable part of a name, in UTF-8."""
NO_NAME = "target"
"""Name of a target without a letter or digit in its name."""


def target_names(targets: Iterable[str]) -> dict[str, str]:
    """
    Return the targets by the names of their folders.

    A name consists of letters and digits of any script, - and _, and no two names are
    equal on a file system that ignores case. It depends on the other targets only if
    their names are equal: then each gets a digest of its path.
    """
    names = {target: _readable(title_of(target)) for target in targets}
    counts = Counter(map(_folded, names.values()))
    distinct = {
        target: name if counts[_folded(name)] == 1 else f"{name}-{_digest(target)}"
        for target, name in names.items()
    }
    if len(set(map(_folded, distinct.values()))) < len(names):
        # A name looks like another one with its digest.
        distinct = {target: f"{NO_NAME}-{_digest(target, 40)}" for target in names}
    return {name: target for target, name in distinct.items()}


def title_of(target: str) -> str:
    """Return what the user calls a target: its file name without the extension."""
    stem = PurePath(target).stem or target
    return "".join(char if char.isprintable() else " " for char in stem)


def _readable(title: str) -> str:
    normal = unicodedata.normalize("NFC", title)
    kept = (char if _is_kept(char) else " " for char in normal)
    # A name that ends in _ would be a link in the captions of the report.
    name = "-".join("".join(kept).split()).strip("-_")
    short = name.encode()[:MAX_BYTES].decode(errors="ignore")
    if short != name or WINDOWS_DEVICES.fullmatch(name):
        return f"{short}-{_digest(title)}"
    return name or NO_NAME


def _is_kept(char: str) -> bool:
    """Return whether a character is a letter, a mark of one, a digit, - or _."""
    return char in "-_" or unicodedata.category(char)[0] in "LMN"


def _folded(name: str) -> str:
    return unicodedata.normalize("NFKC", name).casefold()


def _digest(text: str, digits: int = 6) -> str:
    return hashlib.sha256(os.fsencode(text)).hexdigest()[:digits]
