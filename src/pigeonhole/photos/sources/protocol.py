"""The request that a source of photos receives, and the result that it returns."""

import logging
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from itertools import chain, count
from pathlib import Path
from typing import Any

from pigeonhole.core.arrays import Image
from pigeonhole.core.atomic import write_bytes
from pigeonhole.core.digest import sha256_of
from pigeonhole.photos.cache import MeasurementCache, PhotoCache
from pigeonhole.photos.downloads import DownloadCache
from pigeonhole.photos.files import FolderScan
from pigeonhole.photos.ledger import DuplicateRow, PhotoRow, SkippedRow
from pigeonhole.photos.removal_list import RemovalList

log = logging.getLogger(__name__)


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
        Receives the rows of downloaded and generated photos.
    downloads : DownloadCache
        Earlier downloads and search results of all projects.
    threads, parallel : int
        Number of photos to read or generate, and to download, at a time.
    written : collection of str
        Digests of the photos that earlier runs wrote to the destination.
    measurements : MeasurementCache, optional
        Facts about the photos of a folder, which needn't be read again.
    scan : FolderScan, optional
        The files of a folder; None reads all that are there.
    examine : callable, optional
        Called with the row and the image of each photo of a folder that is read, by
        several threads, to spare decoding it again later.
    """

    destination: Path
    options: Mapping[str, Any]
    known: Mapping[str, PhotoRow] = field(default_factory=dict)
    removal_list: RemovalList = field(default_factory=RemovalList)
    cache: PhotoCache = field(default_factory=lambda: PhotoCache(None))
    downloads: DownloadCache = field(default_factory=lambda: DownloadCache(None))
    threads: int = 1
    parallel: int = 4
    written: Collection[str] = ()
    measurements: MeasurementCache | None = None
    scan: FolderScan | None = None
    examine: Callable[[PhotoRow, Image], None] | None = None

    def save(self, row: PhotoRow, content: bytes) -> None:
        """
        Write a photo to the destination, unless it is there.

        A file of this name that no run wrote, such as an edited photo, is renamed.
        """
        path = self.destination / row.photo
        current = path.read_bytes() if path.is_file() else None
        if current == content:
            return
        if current is not None and sha256_of(current) not in self.written:
            kept = _free_path(path.with_suffix(f".kept{path.suffix}"))
            path.rename(kept)
            log.warning("%s isn't the photo that was written: kept as %s", path, kept)
        # The row comes first, so that each photo on disk has one after a kill.
        self.cache.append(row)
        write_bytes(path, content)


def _free_path(path: Path) -> Path:
    """Return the path, or the first one with a number that doesn't exist."""
    numbered = (path.with_stem(f"{path.stem}-{number}") for number in count(2))
    return next(path for path in chain([path], numbered) if not path.exists())


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
