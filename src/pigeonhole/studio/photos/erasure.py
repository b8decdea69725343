"""Remove a photo, or a face in it, from a project for good."""

import html
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import compress
from pathlib import Path
from shutil import rmtree
from typing import NamedTuple
from urllib.parse import quote

from pigeonhole.core.cache import cache_dir
from pigeonhole.core.digest import sha256_of
from pigeonhole.core.errors import PigeonholeError, UnreadableImage
from pigeonhole.core.geometry import Box
from pigeonhole.curation.removal import remove
from pigeonhole.faces import find_faces
from pigeonhole.imaging.codecs import decode_rgb, read_content
from pigeonhole.imaging.fingerprint import fingerprint
from pigeonhole.photos.identity import Identity
from pigeonhole.photos.ledger import PhotoRow
from pigeonhole.photos.list_file import Entry, EntryList
from pigeonhole.photos.removal_list import REMOVAL_SETTING, RemovalList
from pigeonhole.studio.projects.project import Project

TEXT_SUFFIXES = {".csv", ".json", ".md", ".html", ".xmp"}
"""Suffixes of the exports that name the photos that a mosaic shows."""
MAX_SEARCHED_BYTES = 200_000_000
"""Exports that are larger aren't searched for names."""


class NoFaceThere(PigeonholeError):
    """There is no face at a place of a photo."""

    def __init__(self, photo: str) -> None:
        super().__init__(
            f"No face is found at this place of {photo}: remove the whole photo, or "
            "ban its tile."
        )


class ErasedPhotos(NamedTuple):
    """The outcome of a removal for good."""

    text: str
    """The outcome as a sentence."""
    photos: list[str]
    """Names of the photos that aren't in the project any more."""
    exports: list[str]
    """Exports that name one of them, which stay."""


def list_as_removed(
    project: Project, photo: str, face: Box | None, known: Sequence[PhotoRow]
) -> list[str]:
    """
    Add a photo or face to the project's removal list, and delete it from results.

    Parameters
    ----------
    project : Project
    photo : str
        Name of the photo.
    face : Box, optional
        A box in the photo that contains the face, or a part of it.
    known : sequence of PhotoRow
        The photos of the project, with their fingerprints.

    Returns
    -------
    list of str
        Names of the photos that the removal concerns: the photo, and all that are the
        same one; none for a face.

    Raises
    ------
    NoFaceThere, UnreadableImage, SettingsError, StillThere
    """
    limit = project.document.photos.max_pixels
    path = project.photos_folder / photo
    content = read_content(path, limit)
    row = PhotoRow(
        photo, "folder", image_url=path.as_posix(), sha256=sha256_of(content)
    )
    try:
        image = decode_rgb(content, photo, limit)
    except UnreadableImage:
        # A damaged file is recognized by its content.
        if face:
            raise
        entry = Entry(Identity.of(row))
    else:
        height, width = image.shape[:2]
        look = fingerprint(image)
        row = replace(row, width=width, height=height, fingerprint=look)
        identity = Identity.of(row, image)
        entry = _face_entry(project, row, identity, face) if face else Entry(identity)
    removal_list = project.folder / project.document.photos.removal_list
    EntryList.open(REMOVAL_SETTING, removal_list, create=True).edit([entry]).save()
    # Deletes what the list names from the results of Snakemake and their caches.
    remove((), project.folder / "results", removal_list)
    # Keys of cached tiles don't reveal their photos.
    rmtree(cache_dir("tiles"), ignore_errors=True)
    if face:
        return []
    same = RemovalList([entry]).matches(known)
    return sorted({photo, *(other.photo for other in compress(known, same))})


def exports_with(project: Project, photos: Iterable[str]) -> list[str]:
    """Return the exports of a project that name one of some photos."""
    words = {
        form.encode(errors="replace")
        for photo in photos
        for form in (photo, json.dumps(photo)[1:-1], html.escape(photo), quote(photo))
    }
    folder = project.folder / "exports"
    found = {
        path.relative_to(folder).parts[0]
        for path in _text_files(folder)
        if any(word in path.read_bytes() for word in words)
    }
    return sorted(found)


def _face_entry(project: Project, row: PhotoRow, identity: Identity, box: Box) -> Entry:
    """Return the entry of the detected face that fits a box best."""
    document = project.document
    faces = find_faces(
        [row], project.photos_folder, document.faces, document.photos.max_pixels
    )
    inside = [face for face in faces if box.contains(face.box.center)]
    if not inside:
        raise NoFaceThere(row.photo)
    face = max(inside, key=lambda face: (face.box.iou(box), face.score))
    return Entry.of_face(identity, face.box, row, face.fingerprint)


def _text_files(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        is_text = path.suffix.lower() in TEXT_SUFFIXES
        if is_text and path.is_file() and path.stat().st_size < MAX_SEARCHED_BYTES:
            yield path
