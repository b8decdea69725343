"""All photos and faces that results and caches contain or name."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pigeonhole.core import results as paths
from pigeonhole.core.digest import sha256_of
from pigeonhole.core.errors import UnreadableImage
from pigeonhole.core.tables import Record
from pigeonhole.faces import FaceRow, read_faces
from pigeonhole.photos.cache import PhotoCache, measure, photo_cache_dir
from pigeonhole.photos.downloads import download_cache
from pigeonhole.photos.files import SUFFIXES
from pigeonhole.photos.ledger import (
    DuplicateRow,
    PhotoRow,
    photo_path,
    read_duplicates,
    read_ledger,
)

MAX_STRAY_PIXELS = 2**30
"""Files of the results folder with more pixels aren't photos of ours."""


@dataclass(frozen=True, slots=True)
class KnownPhotos:
    """
    The photos and faces of a folder of results and of its caches.

    Attributes
    ----------
    results : Path
    photos : mapping of str to PhotoRow
        The current row of each photo, by name.
    rows : sequence of PhotoRow
        All rows, also of other sizes of the same photo, in any order.
    strays : mapping of Path to PhotoRow
        Image files among the results that are in no table.
    duplicates : sequence of DuplicateRow
    faces : sequence of FaceRow
    """

    results: Path
    photos: Mapping[str, PhotoRow]
    rows: Sequence[PhotoRow]
    strays: Mapping[Path, PhotoRow]
    duplicates: Sequence[DuplicateRow]
    faces: Sequence[FaceRow]

    @classmethod
    def read(cls, results: Path) -> "KnownPhotos":
        """Read the tables and caches."""
        duplicates = read_if_any(read_duplicates, results / paths.DUPLICATES)
        current = [row.photo for row in duplicates]
        current += read_if_any(read_ledger, results / paths.LEDGER)
        cached = PhotoCache(photo_cache_dir(results)).history()
        strays = dict(_measure_strays(results, {row.photo for row in current}))
        photos = {row.photo: row for row in [*strays.values(), *cached, *current]}
        rows = [*photos.values(), *cached, *download_cache().rows()]
        faces = read_if_any(read_faces, results / paths.FACES)
        return cls(results, photos, rows, strays, duplicates, faces)

    def content(self, row: PhotoRow) -> bytes | None:
        """Return the content of a photo's file, or None if it is another one."""
        try:
            content = photo_path(row, self.results / paths.PHOTOS).read_bytes()
        except OSError:
            return None
        return content if sha256_of(content) == row.sha256 else None


def read_if_any(read: Callable[[Path], list[Record]], path: Path) -> list[Record]:
    """Read a table; a missing one has no rows."""
    return read(path) if path.is_file() else []


def _measure_strays(results: Path, listed: set[str]) -> Iterator[tuple[Path, PhotoRow]]:
    folder = results / paths.PHOTOS
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.suffix.lower() not in SUFFIXES or name in listed:
            continue
        row = PhotoRow(name, "", image_url=str(path))
        try:
            yield path, measure(row, path.read_bytes(), path, MAX_STRAY_PIXELS)
        except (OSError, UnreadableImage):
            continue
