"""The table that follows every picture: where it is from, who made it, its licence."""

import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from pigeonhole.core.tables import read_records, write_rows


@dataclass(frozen=True, slots=True)
class PhotoRow:
    """
    What is known of one photo.

    Attributes
    ----------
    photo : str
        Its name: the file's in results/photos, or the path below a folder source.
    source : str
        demo, folder, pexels or openverse.
    photographer, photographer_url, page_url : str
        Whom to credit, and where; empty where unknown.
    image_url : str
        Where the bytes came from: an address, or the file in a folder source.
    licence : str
    width, height : int
        In pixels, as a person sees the photo (EXIF rotation done).
    sha256 : str
        Hex digest of the file.
    looks : str
        What near-duplicates share; see `pigeonhole.imaging.fingerprint`.
    """

    photo: str
    source: str
    photographer: str
    photographer_url: str
    page_url: str
    image_url: str
    licence: str
    width: int
    height: int
    sha256: str
    looks: str = ""


@dataclass(frozen=True, slots=True)
class AlikeRow:
    """A photo that is left out because it looks like another one."""

    photo: PhotoRow
    like: str


@dataclass(frozen=True, slots=True)
class SkippedRow:
    """A file that can't be used, and why."""

    photo: str
    reason: str


LOOKS = "[0-9a-f]{16}-[0-9a-f]{6}"
"""The form of what `pigeonhole.imaging.fingerprint` writes, as a pattern."""
PHOTO_COLUMNS = tuple(field.name for field in fields(PhotoRow))
SKIPPED_COLUMNS = tuple(field.name for field in fields(SkippedRow))
CREDIT_COLUMNS = ("source", "photographer", "photographer_url", "page_url", "licence")
"""The columns that go with every tile and every cell."""


def write_ledger(path: Path, rows: Iterable[PhotoRow]) -> None:
    """Write the ledger, sorted by the photos' names."""
    ordered = sorted(rows, key=lambda row: row.photo)
    write_rows(path, PHOTO_COLUMNS, map(asdict, ordered))


def read_ledger(path: Path) -> list[PhotoRow]:
    """Read the ledger in its order."""
    return read_records(path, _photo_row)


def write_alike(path: Path, rows: Iterable[AlikeRow]) -> None:
    """Write the ledger of the photos that look like another, and like which."""
    ordered = sorted(rows, key=lambda row: row.photo.photo)
    facts = ({**asdict(row.photo), "like": row.like} for row in ordered)
    write_rows(path, (*PHOTO_COLUMNS, "like"), facts)


def read_alike(path: Path) -> list[AlikeRow]:
    """Read what `write_alike` wrote."""
    return read_records(path, _alike_row)


def _photo_row(row: dict[str, str]) -> PhotoRow:
    if not re.fullmatch(f"({LOOKS})?", row.get("looks", "")):
        raise ValueError("looks")
    return PhotoRow(**{**row, "width": int(row["width"]), "height": int(row["height"])})  # type: ignore[arg-type]


def _alike_row(row: dict[str, str]) -> AlikeRow:
    return AlikeRow(_photo_row({key: row[key] for key in PHOTO_COLUMNS}), row["like"])


def write_skipped(path: Path, rows: Iterable[SkippedRow]) -> None:
    """Write the list of the files that can't be used."""
    ordered = sorted(rows, key=lambda row: row.photo)
    write_rows(path, SKIPPED_COLUMNS, map(asdict, ordered))


def photo_path(row: PhotoRow, photos: Path) -> Path:
    """Return where a photo lies: in `photos`, or where its folder source has it."""
    return Path(row.image_url) if row.source == "folder" else photos / row.photo
