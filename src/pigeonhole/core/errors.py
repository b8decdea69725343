"""The error tree; every class owns its sentence, callers pass facts.

::

    PigeonholeError
    ├── SettingsError        a setting is misspelt, out of range or doesn't fit another
    ├── PhotoError           a picture can't be used
    │   └── UnreadablePhoto
    ├── SourceError          a source of photos gives none
    ├── FaceError            the detector of faces can't work
    ├── TileError            a tile set can't be made or used
    ├── RenderError          a mosaic can't be drawn at the wished size
    └── LiveError            no camera, no display, no such file

Mistakes of a programmer stay ``ValueError`` and ``TypeError``. Packages derive their
own classes from these, beside the code that raises them.
"""

import difflib
import struct
import tokenize
import zlib
from collections.abc import Sequence
from pathlib import Path
from zipfile import BadZipFile


class PigeonholeError(Exception):
    """Something that a person can mend; the message says how, in one sentence."""


YAML = {"None": "null", "True": "true", "False": "false"}
"""How config.yaml writes what Python calls otherwise."""


class SettingsError(PigeonholeError):
    """A setting is misspelt, out of range or doesn't fit another."""

    def __init__(self, key: str, value: object, way_out: str) -> None:
        shown = YAML.get(repr(value), repr(value))
        super().__init__(f"{key} is {shown}: {way_out}")
        self.key, self.value, self.way_out = key, value, way_out

    def called(self, name: str) -> "SettingsError":
        """Return the same fault of a setting that has another name here."""
        return SettingsError(name, self.value, self.way_out)


def meant(word: str, known: Sequence[str]) -> str | None:
    """Return the known word that a misspelt one was probably meant to be."""
    return next(iter(difflib.get_close_matches(word, known, n=1, cutoff=0.5)), None)


class PhotoError(PigeonholeError):
    """A picture can't be used."""


class UnreadablePhoto(PhotoError):
    """A file isn't a picture that we can decode."""

    def __init__(self, path: Path | str, reason: str) -> None:
        super().__init__(f"{path} can't be used: {reason}.")
        self.reason = reason


class SourceError(PigeonholeError):
    """A source of photos can't give any."""


class FaceError(PigeonholeError):
    """The detector of faces can't work."""


class TileError(PigeonholeError):
    """A tile set can't be made or used."""


class RenderError(PigeonholeError):
    """A mosaic can't be drawn at the wished size, or in the wished form."""


class LiveError(PigeonholeError):
    """The live mosaic can't start or go on."""


DAMAGE = (
    OSError,
    ValueError,
    KeyError,
    TypeError,
    EOFError,
    SyntaxError,
    NotImplementedError,
    RuntimeError,
    MemoryError,
    OverflowError,
    BadZipFile,
    struct.error,
    tokenize.TokenError,
    zlib.error,
)
"""What NumPy's and zip's readers raise at damaged files."""
