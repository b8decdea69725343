"""The ledger of photos: source, photographer, page, license and digest of each."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from enum import StrEnum
from pathlib import Path
from typing import Self

from pigeonhole.core.errors import UnreadableImage
from pigeonhole.core.tables import read_records, record_parser, write_rows


@dataclass(frozen=True, slots=True)
class PhotoRow:
    """
    The ledger's row for one photo.

    Attributes
    ----------
    photo : str
        Name of the photo: the file name in results/photos, or the path relative to
        the folder of a folder source.
    source : str
        Name of the source, such as "demo" or "pexels".
    photographer, photographer_url, page_url : str
        The credit and its links; empty if unknown.
    image_url : str
        URL that the file was downloaded from, or its path in a folder source.
    width, height : int
        Size in pixels after the EXIF rotation.
    sha256 : str
        Hexadecimal digest of the file.
    fingerprint : str
        Perceptual hash and mean color; see `pigeonhole.imaging.fingerprint`.
    """

    photo: str
    source: str
    photographer: str = ""
    photographer_url: str = ""
    page_url: str = ""
    image_url: str = ""
    license: str = ""
    width: int = 0
    height: int = 0
    sha256: str = ""
    fingerprint: str = ""

    @property
    def is_in_place(self) -> bool:
        """True for a photo in a folder of the user; `image_url` is its path."""
        # A folder can have the credits of another source. Names that services choose
        # are never part of `photo`, so they can't lead to other files.
        is_path = "://" not in self.image_url
        return is_path and f"/{self.image_url}".endswith(f"/{self.photo}")


@dataclass(frozen=True, slots=True)
class DuplicateRow:
    """A photo that is dropped as a near-duplicate, and the name of the one kept."""

    photo: PhotoRow
    duplicate_of: str


class Rejection(StrEnum):
    """Reason for which a photo is skipped, as written to skipped.csv."""

    UNSUPPORTED_FORMAT = "unsupported-format"
    UNUSABLE_NAME = "unusable-name"
    BAD_LINK = "bad-link"
    NOT_A_FILE = "not-a-file"
    TOO_LARGE = "too-large"
    TOO_SMALL = "too-small"
    OWN_RESULT = "own-result"
    UNREADABLE = "unreadable"
    DOWNLOAD_FAILED = "download-failed"
    NOT_REQUESTED = "not-requested"
    REMOVED = "removed"
    DUPLICATE = "duplicate"
    NO_TILE = "no-tile"


@dataclass(frozen=True, slots=True)
class SkippedRow:
    """A photo that is skipped; `detail` is the reason in words, without a period."""

    photo: str
    reason: Rejection
    detail: str

    @classmethod
    def unreadable(cls, photo: str, error: UnreadableImage) -> Self:
        """Return the row for a photo that can't be decoded."""
        reason = Rejection.TOO_LARGE if error.too_large else Rejection.UNREADABLE
        return cls(photo, reason, error.reason)

    @classmethod
    def removed(cls, photo: str) -> Self:
        """Return the row for a photo on the removal list."""
        return cls(photo, Rejection.REMOVED, "it is on the removal list")


FINGERPRINT = "[0-9a-f]{16}-[0-9a-f]{6}"
"""Pattern of the fingerprints that `pigeonhole.imaging.fingerprint` writes."""
PHOTO_COLUMNS = tuple(field.name for field in fields(PhotoRow))
SKIPPED_COLUMNS = tuple(field.name for field in fields(SkippedRow))
CREDIT_COLUMNS = ("source", "photographer", "photographer_url", "page_url", "license")
"""The columns that accompany every tile and every cell."""


def write_ledger(path: Path, rows: Iterable[PhotoRow]) -> None:
    """Write the ledger, sorted by photo name."""
    ordered = sorted(rows, key=lambda row: row.photo)
    write_rows(path, PHOTO_COLUMNS, map(asdict, ordered))


def read_ledger(path: Path) -> list[PhotoRow]:
    """Read the rows of the ledger in their order."""
    return read_records(path, parse_photo_row)


def write_duplicates(path: Path, rows: Iterable[DuplicateRow]) -> None:
    """Write the table of near-duplicates, sorted by photo name."""
    ordered = sorted(rows, key=lambda row: row.photo.photo)
    records = ({**asdict(r.photo), "duplicate_of": r.duplicate_of} for r in ordered)
    write_rows(path, (*PHOTO_COLUMNS, "duplicate_of"), records)


def read_duplicates(path: Path) -> list[DuplicateRow]:
    """Read the table that `write_duplicates` wrote."""
    return read_records(
        path, lambda row: DuplicateRow(parse_photo_row(row), row["duplicate_of"])
    )


def write_skipped(path: Path, rows: Iterable[SkippedRow]) -> None:
    """Write the table of skipped photos, sorted by photo name."""
    ordered = sorted(rows, key=lambda row: row.photo)
    write_rows(path, SKIPPED_COLUMNS, map(asdict, ordered))


def read_skipped(path: Path) -> list[SkippedRow]:
    """Read the table that `write_skipped` wrote."""
    return read_records(path, record_parser(SkippedRow))


_convert = record_parser(PhotoRow)


def parse_photo_row(record: Mapping[str, str]) -> PhotoRow:
    """Convert a record of texts to a row; raise KeyError or ValueError if invalid."""
    row = _convert(record)
    if not re.fullmatch(f"({FINGERPRINT})?", row.fingerprint):
        raise ValueError("invalid fingerprint")
    return row


def photo_path(row: PhotoRow, photos: Path) -> Path:
    """Return the file of a photo: in `photos`, or in the folder of a folder source."""
    return Path(row.image_url) if row.is_in_place else photos / row.photo
