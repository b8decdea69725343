"""The credits of photos in a folder, in its file credits.csv.

The user or a download writes the file. Its columns are those of the ledger that hold
the credit of a photo; all but `photo` may be missing.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from pigeonhole.core.errors import SourceError, reason_of
from pigeonhole.core.tables import UnreadableTable, read_records, write_rows
from pigeonhole.photos.ledger import CREDIT_COLUMNS, PhotoRow

FOLDER_CREDITS = "credits.csv"
"""Name of the file, at the top of the folder of photos."""
FOLDER_CREDIT_COLUMNS = ("photo", *CREDIT_COLUMNS, "sha256")
"""Its columns. `photo` is the path of a photo in the folder; with `sha256`, a credit is
only for the photo with this content."""


class UnreadableCredits(SourceError):
    """The credits of a folder of photos can't be read."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(
            f"{path} can't be used: {reason}. Correct it, or delete it to use the "
            "photos without credits."
        )


def read_folder_credits(folder: Path) -> dict[str, PhotoRow]:
    """
    Return the credits of a folder by the names of the photos; without a file, none.

    Of several credits of a photo, the last one counts.

    Raises
    ------
    UnreadableCredits
        A line is damaged, or the file can't be read.
    """
    path = folder / FOLDER_CREDITS
    try:
        rows = read_records(path, _parse)
    except FileNotFoundError:
        return {}
    except UnreadableTable as error:
        raise UnreadableCredits(path, error.reason) from None
    except OSError as error:
        raise UnreadableCredits(path, reason_of(error)) from None
    return {row.photo: row for row in rows}


def write_folder_credits(folder: Path, rows: Iterable[PhotoRow]) -> None:
    """Write the credits of the photos in a folder, sorted by name."""
    ordered = sorted(rows, key=lambda row: row.photo)
    records = (
        {column: getattr(row, column) for column in FOLDER_CREDIT_COLUMNS}
        for row in ordered
    )
    write_rows(folder / FOLDER_CREDITS, FOLDER_CREDIT_COLUMNS, records)


def with_credits(
    rows: Iterable[PhotoRow], credited: Mapping[str, PhotoRow]
) -> list[PhotoRow]:
    """Return the rows of a folder's photos with their credits, and with no others."""
    return [_with_credit(row, credited.get(row.photo)) for row in rows]


def _with_credit(row: PhotoRow, credit: PhotoRow | None) -> PhotoRow:
    if credit is None or credit.sha256 not in ("", row.sha256):
        credit = PhotoRow(row.photo, "folder")
    return replace(row, **{name: getattr(credit, name) for name in CREDIT_COLUMNS})


def _parse(record: Mapping[str, str]) -> PhotoRow:
    """Convert a record to a row with the credit of a photo."""
    photo = record["photo"]
    if unknown := record.keys() - set(FOLDER_CREDIT_COLUMNS):
        names = ", ".join(FOLDER_CREDIT_COLUMNS)
        raise ValueError(f"there is no column {min(unknown)!r}, only {names}")
    if not photo:
        raise ValueError("it has no photo")
    texts: dict[str, Any]
    texts = {name: " ".join(text.split()) for name, text in record.items()}
    return PhotoRow(
        **{**texts, "photo": photo, "source": texts.get("source") or "folder"}
    )
