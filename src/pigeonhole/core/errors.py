"""Exceptions of the package. Callers pass facts; each class writes its own message.

```text
PigeonholeError: DamagedArchive, FolderUnreadable, FutureTimestamp, IdsError,
    InvalidReviewPage, LiveError, NoFaceThere, NoTarget, OtherCheckout, OutputError,
    PortUnavailable, ProjectError, RenderError, RunConflict, SettingsError, SourceError,
    StillThere, StudioError, TargetRefused, TileError, UnknownName, UnknownPhoto,
    UnreadableImage, UnreadableJobs, UnreadableSettings, UnreadableTable,
    UnusableKeyFile, UnusableModel, UploadRefused, UsageError
LiveError: CameraForbidden, CameraLost, CameraNotFound, CameraSilent, CameraUnavailable,
    CannotListen, CryptographyMissing, FrameSizeMismatch, GuestsFull, NoDisplay, NoFace,
    NoImages, NoWindowSupport, PyVirtualCamMissing, RecordingError, ServerStopped,
    SourceNotFound, UnreadableVideo, VirtualCameraMissing
OutputError: CannotWrite, DiskFull, JpegTooLarge, NotDeepZoom, OutputRefused,
    UnusableIndex, WriteError
ProjectError: DamagedProject, FolderNotEmpty, LinkInProject, NewerProject, NotAProject
RenderError: GifTooLarge, NoEncoder, PageTooLarge, PreviewFailed, PreviewStopped,
    StalePlacement
SettingsError: NoSuchCell, UnknownSetting
SourceError: LimitReached, MissingKey, NoOpenPhotos, NoPhotos, NothingFound, RefusedKey,
    SearchFailed, ServiceFailed, UnreadableCredits
StudioError: FoldersClosed, InvalidMessage, InvalidRequest, LiveFailed, NoFacesToReview,
    NoSpaceForUpload, NoSuchExport, NoSuchTile, NoTilesYet, ProjectInUse, UnknownPreset,
    UploadTooLarge
TileError: ChangedPhoto, IdCollision, MissingPhoto, NoPhotosInFolder, NoTiles,
    NoVisibleCells, TooFewCells, TooFewTiles, UnreadableIndex, UnreadableTileSet
```

Programming errors stay ``ValueError`` and ``TypeError``. Packages derive their own
classes from these and define them in the module that raises them.
"""

import difflib
import struct
import tokenize
import zlib
from collections.abc import Sequence
from pathlib import Path
from zipfile import BadZipFile


class PigeonholeError(Exception):
    """An error that the user can fix; the message explains how."""


class SettingsError(PigeonholeError):
    """
    A setting or command-line option, `key`, is unknown, out of range or in conflict.

    `hint` is the end of a sentence: what is wrong with the value and how to fix it.
    """

    def __init__(self, key: str, value: object, hint: str) -> None:
        super().__init__(f"{key} is {_shown(value)}: {hint}")
        self.key, self.value, self.hint = key, value, hint

    def renamed(self, key: str) -> "SettingsError":
        """Return the same error under another name of the setting."""
        return SettingsError(key, self.value, self.hint)


def _shown(value: object) -> str:
    """Return a value as it is written in YAML, shortened."""
    text = repr(value)
    text = {"None": "null", "True": "true", "False": "false"}.get(text, text)
    limit = 300 if isinstance(value, str) else 60
    return text if len(text) <= limit else f"{text[:limit]}..."


def reason_of(error: OSError) -> str:
    """Return the system's reason as a part of a sentence."""
    reason = error.strerror or str(error) or type(error).__name__
    return reason[:1].lower() + reason[1:]


def did_you_mean(word: str, known: Sequence[str]) -> str | None:
    """Return the known word that is most similar to a misspelled one, if any."""
    return next(iter(difflib.get_close_matches(word, known, n=1, cutoff=0.5)), None)


class UnreadableImage(PigeonholeError):
    """A file isn't a readable image, or has more pixels than ``photos.max_pixels``."""

    def __init__(
        self, path: Path | str, reason: str, *, too_large: bool = False
    ) -> None:
        super().__init__(f"{path} can't be used: {reason}.")
        self.reason, self.too_large = reason, too_large


class SourceError(PigeonholeError):
    """A photo source returns no photos."""


class TileError(PigeonholeError):
    """A tile set can't be cut or read."""


class RenderError(PigeonholeError):
    """A mosaic can't be rendered at this size or in this format."""


class LiveError(PigeonholeError):
    """A live mosaic can't start or continue."""


DAMAGED_FILE_ERRORS = (
    OSError,
    ValueError,
    KeyError,
    TypeError,
    EOFError,
    SyntaxError,
    RuntimeError,
    MemoryError,
    OverflowError,
    BadZipFile,
    struct.error,
    tokenize.TokenError,
    zlib.error,
)
"""Exceptions that NumPy's and zipfile's readers raise for damaged files."""
