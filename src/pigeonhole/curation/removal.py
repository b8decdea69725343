"""Remove photos and faces from all results and caches, and list them as removed."""

import difflib
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pigeonhole.core import results as paths
from pigeonhole.core.errors import PigeonholeError, UnreadableImage
from pigeonhole.core.geometry import Box
from pigeonhole.curation.erasure import PAGES, Erased, erase, find_leftovers
from pigeonhole.curation.known import KnownPhotos
from pigeonhole.faces import FaceRejection, FaceRow
from pigeonhole.imaging.codecs import decode_rgb
from pigeonhole.photos.downloads import download_cache
from pigeonhole.photos.identity import VIEWS, Identity, PhotoIndex
from pigeonhole.photos.ledger import DuplicateRow, PhotoRow
from pigeonhole.photos.list_file import Entry, EntryList, parse_face
from pigeonhole.photos.removal_list import REMOVAL_SETTING, RemovalList, Removed

MAX_NEAREST = 3
"""Number of similar names to suggest for an unknown one."""


class UnknownPhoto(PigeonholeError):
    """There is no photo or face with a name."""

    def __init__(self, name: str, known: Iterable[str], ledger: Path) -> None:
        near = difflib.get_close_matches(name, [*known], n=MAX_NEAREST, cutoff=0.5)
        hint = (
            f"the most similar names are {', '.join(map(repr, near))}"
            if near
            else f"write the name of a photo in {ledger}, or a face as the review page "
            "shows it (photo x y width height)"
        )
        super().__init__(f"There is no photo or face {name!r}: {hint}.")


class StillThere(PigeonholeError):
    """Files still show or name what was removed."""

    def __init__(self, files: Sequence[Path]) -> None:
        super().__init__(
            "These files still show or name what was removed, because Pigeonhole "
            f"didn't write them or can't edit them: {', '.join(map(str, files))}. "
            "Delete them and run the command again."
        )


@dataclass(frozen=True, slots=True)
class RemovalReport:
    """
    The outcome of a call of `remove`.

    Attributes
    ----------
    erased : Erased
        What was deleted.
    results : Path
    damaged : sequence of PigeonholeError
        Damaged lines of the removal list, which were kept.
    """

    erased: Erased
    results: Path
    damaged: Sequence[PigeonholeError] = ()

    def __str__(self) -> str:
        checked = (
            f"No file in {self.results} or its caches shows or names it any more. "
            "Copies elsewhere are out of reach: your own photos, mosaics and tile sets "
            "saved with `pigeonhole mosaic`, other checkouts, uploads and backups."
        )
        if not self.erased:
            return f"There is nothing left to remove. {checked}"
        counts = {
            "photo": self.erased.photos,
            "face": self.erased.faces,
            "tile": self.erased.tiles,
        }
        removed = ", ".join(
            f"{n:,} {noun}{'s' * (n != 1)}" for noun, n in counts.items()
        )
        mosaics = ", ".join(self.erased.mosaics) or "none"
        left = ", ".join(map(str, self.erased.left))
        left = f"Your own files next to the mosaics stay: {left}. " if left else ""
        return (
            f"Removed {removed}, and mosaics that showed them: {mosaics}. The pages "
            f"that named them (review, credits, report) are deleted. {left}{checked} "
            "Run `snakemake --cores 4` to rebuild the mosaics and pages without it, "
            "and `snakemake --report results/report.html` for the report."
        )


def join_face_words(words: Iterable[str]) -> list[str]:
    """Join the five words of a face if the shell has split them."""
    remaining, names = list(words), []
    while remaining:
        numbers = remaining[1:5]
        is_face = len(numbers) == 4 and all(
            word.isascii() and word.isdecimal() for word in numbers
        )
        size = 5 if is_face else 1
        names.append(" ".join(remaining[:size]))
        del remaining[:size]
    return names


def remove(names: Iterable[str], results: Path, removal_list: Path) -> RemovalReport:
    """
    Remove photos and faces, with their near-duplicates, from all results and caches.

    If the process is killed, the same call finishes the work. Photos of a folder source
    stay where they are.

    Parameters
    ----------
    names : iterable of str
        Names of photos, or faces as ``photo x y width height``.
    results : Path
        Folder of the results.
    removal_list : Path
        File of the removal list, which later runs respect. Its damaged lines are kept.

    Raises
    ------
    UnknownPhoto
        A name is unknown. Nothing has been removed.
    StillThere
        Files that can't be deleted still show or name what was removed.
    """
    listed = EntryList.open(REMOVAL_SETTING, removal_list, create=True)
    known = KnownPhotos.read(results)
    requests = _Requests(known, listed.entries)
    new = [entry for name in names for entry in requests.find(name)]
    old = _complete_entries(listed.entries, known)
    # Written before anything is deleted: the same call finishes the work after a kill.
    listed = listed.edit([*old.values(), *new], old.keys())
    listed.save()
    removed = RemovalList(listed.entries)
    erased = erase(known, removed)
    leftovers = find_leftovers(known, removed)
    pages = {results / page for page in PAGES}
    for page in pages.intersection(leftovers):
        page.unlink()
    if others := [path for path in leftovers if path not in pages]:
        raise StillThere(others)
    # The list becomes newer than all results, so that the next run checks everything,
    # and the ledger older, in case that the list is deleted before.
    os.utime(removal_list)
    if (ledger := results / paths.LEDGER).exists():
        os.utime(ledger, (0, 0))
    return RemovalReport(erased, results, listed.errors)


class _Requests:
    """Finds the entries of the removal list for names that the user writes."""

    def __init__(self, known: KnownPhotos, listed: Sequence[Entry]) -> None:
        self._known = known
        self._groups = duplicate_groups(known.duplicates, known.faces)
        self._listed_photos = {
            entry.identity.photo for entry in listed if not entry.is_face
        }
        self._listed = RemovalList(listed).in_photos(list(known.photos.values()))

    def find(self, name: str) -> list[Entry]:
        """Return the new entries of a name and its near-duplicates."""
        photos = self._known.photos
        if name not in photos and (face := parse_face(name)):
            photo, box = face
            name = " ".join([photo, *map(str, box)])
        names = [name, *sorted(self._groups.get(name, ()))]
        return [entry for name in names if (entry := self._entry(name))]

    def _entry(self, name: str) -> Entry | None:
        """Return the entry of a name, or None if it is listed."""
        photos = self._known.photos
        if name in self._listed.photos:
            return None
        if name in photos:
            return Entry(identify(self._known, photos[name]))
        face = parse_face(name)
        if face and face[0] in photos:
            photo, box = face
            if entry := self._face_entry(photos[photo], box):
                return entry
            if self._listed.shows(photo, box):
                return None
        if name in self._listed_photos:
            return None
        lines = [row.line for row in self._known.faces]
        raise UnknownPhoto(name, [*photos, *lines], self._known.results / paths.LEDGER)

    def _face_entry(self, row: PhotoRow, box: Box) -> Entry | None:
        """Return the entry of a detected face."""
        requested = Removed(faces={row.photo: [box]})
        faces = [
            face
            for face in self._known.faces
            if face.photo == row.photo and requested.shows(row.photo, face.box)
        ]
        if not faces:
            return None
        face = max(faces, key=lambda face: face.box.iou(box))
        identity = identify(self._known, row)
        return Entry.of_face(identity, face.box, row, face.fingerprint)


def identify(known: KnownPhotos, row: PhotoRow) -> Identity:
    """Return the identity of a photo, from its file if it still exists."""
    content = known.content(row) or download_cache().read(row)
    if not content:
        return Identity.of(row)
    try:
        image = decode_rgb(content, row.photo, max(1, row.width * row.height))
    except UnreadableImage:
        return Identity.of(row)
    return Identity.of(row, image)


def _complete_entries(
    entries: Iterable[Entry], known: KnownPhotos
) -> Mapping[Entry, Entry]:
    """Return what is known about the photos of entries with less than that."""
    index = PhotoIndex(list(known.photos.values()))
    complete: dict[Entry, Entry] = {}
    for entry in entries:
        identity = entry.identity
        row = known.photos.get(identity.photo)
        if row is None or len(identity.fingerprints) == len(VIEWS):
            continue
        # Another photo may have the name now.
        if row.photo in {index.rows[number].photo for number in index.find(identity)}:
            new = entry.completed(identify(known, row), row)
            complete |= {entry: new} if new else {}
    return complete


def duplicate_groups(
    duplicates: Iterable[DuplicateRow], faces: Iterable[FaceRow]
) -> dict[str, set[str]]:
    """Return the near-duplicates of each photo and face, by name."""
    # They are removed together. Otherwise, a dropped near-duplicate would take the
    # place of the removed photo in the next run.
    originals = {row.photo.photo: row.duplicate_of for row in duplicates}
    originals |= {
        face.line: face.duplicate_of
        for face in faces
        if face.rejection is FaceRejection.DUPLICATE
    }
    groups: dict[str, set[str]] = {}
    for name, original in originals.items():
        groups.setdefault(original, {original}).add(name)
    return groups | {name: groups[original] for name, original in originals.items()}
