"""The request that a source of photos receives, and the result that it returns."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pigeonhole.photos.cache import PhotoCache
from pigeonhole.photos.ledger import DuplicateRow, PhotoRow, SkippedRow
from pigeonhole.photos.removal_list import RemovalList


@dataclass(frozen=True, slots=True)
class CollectRequest:
    """
    A request to collect photos.

    Attributes
    ----------
    destination : Path
        Folder for downloaded and generated photos.
    options : mapping
        The settings that matter for the source; see `pigeonhole.photos.options`.
    known : mapping of str to PhotoRow
        Rows of earlier runs by photo name. They spare decoding and downloads.
    removal_list : RemovalList
        Photos that a source must not download again.
    cache : PhotoCache
        Receives the rows of downloads, and stores search results.
    threads, parallel : int
        Number of photos to read or generate, and to download, at a time.
    """

    destination: Path
    options: Mapping[str, Any]
    known: Mapping[str, PhotoRow] = field(default_factory=dict)
    removal_list: RemovalList = field(default_factory=RemovalList)
    cache: PhotoCache = field(default_factory=lambda: PhotoCache(None))
    threads: int = 1
    parallel: int = 4


@dataclass
class SourceResult:
    """The photos of a source, those that it skipped, and near-duplicates."""

    rows: list[PhotoRow] = field(default_factory=list)
    skipped: list[SkippedRow] = field(default_factory=list)
    duplicates: list[DuplicateRow] = field(default_factory=list)

    def add(self, row: PhotoRow | SkippedRow) -> None:
        """Append a row to the list of its type."""
        if isinstance(row, PhotoRow):
            self.rows.append(row)
        else:
            self.skipped.append(row)
