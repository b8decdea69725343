"""The list of photos and faces that were removed and must not come back."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Protocol, Self

from pigeonhole.core.arrays import Image
from pigeonhole.core.digest import sha256_of
from pigeonhole.core.errors import SettingsError
from pigeonhole.core.geometry import Box
from pigeonhole.imaging.codecs import read_rgb
from pigeonhole.imaging.fingerprint import any_similar, fingerprint
from pigeonhole.photos.identity import PhotoIndex
from pigeonhole.photos.ledger import PhotoRow
from pigeonhole.photos.list_file import Entry, EntryList
from pigeonhole.settings import SAMPLES

REMOVAL_SETTING = "photos.removal_list"
SAME_FACE_IOU = 0.3
"""A box shows a removed face if their intersection over union is larger than this."""


class DetectedFace(Protocol):
    """A row of the table of faces, as far as it matters here."""

    @property
    def photo(self) -> str:
        """Name of the photo."""

    @property
    def box(self) -> Box:
        """Box in the photo."""

    @property
    def fingerprint(self) -> str:
        """Fingerprint of the box, or empty."""


@dataclass(frozen=True, slots=True)
class Removed:
    """The removed ones among some photos, and the removed faces in the others."""

    photos: frozenset[str] = frozenset()
    """Names of photos."""
    faces: Mapping[str, Sequence[Box]] = field(default_factory=dict)
    """Boxes of faces by photo name."""

    def shows(self, photo: str, box: Box) -> bool:
        """Return whether a box of a photo shows a removed face."""
        faces = self.faces.get(photo, ())
        return any(box.iou(face) > SAME_FACE_IOU for face in faces)

    def intersects(self, photo: str, crop: Box) -> bool:
        """Return whether a crop of a photo contains the center of a removed face."""
        return any(crop.contains(face.center) for face in self.faces.get(photo, ()))


@dataclass(frozen=True)
class RemovalList:
    """The removed photos and faces."""

    entries: Sequence[Entry] = ()

    @classmethod
    def read(cls, path: Path) -> Self:
        """
        Read the list. A missing file at the default path is an empty list.

        Raises
        ------
        SettingsError
            A line is damaged, the path is a folder, or another file is missing.
        """
        return cls(EntryList.open(REMOVAL_SETTING, path).checked())

    @cached_property
    def _photo_entries(self) -> list[Entry]:
        return [entry for entry in self.entries if not entry.is_face]

    @cached_property
    def photos(self) -> frozenset[str]:
        """Names of the removed photos, for photos whose content isn't known yet."""
        return frozenset(entry.identity.photo for entry in self._photo_entries)

    @cached_property
    def sha256(self) -> frozenset[str]:
        """Digests of the files of the removed photos."""
        digests = (entry.identity.sha256 for entry in self._photo_entries)
        return frozenset(digest for digest in digests if digest)

    def matches(self, rows: Sequence[PhotoRow]) -> list[bool]:
        """Return for each photo whether it was removed; see `PhotoIndex.find`."""
        if not rows:
            return []
        index = PhotoIndex(rows)
        found = {
            number
            for entry in self._photo_entries
            for number in index.find(entry.identity)
        }
        return [number in found for number in range(len(rows))]

    def in_photos(
        self, rows: Sequence[PhotoRow], faces: Iterable[DetectedFace] = ()
    ) -> Removed:
        """
        Find the removed photos and faces in photos.

        Parameters
        ----------
        rows : sequence of PhotoRow
        faces : iterable of DetectedFace
            Detected faces of these photos, of which those are removed, too, that are
            near-duplicates of removed faces.
        """
        index = PhotoIndex(rows)
        boxes: dict[str, list[Box]] = {}
        for entry in self.entries:
            if entry.is_face:
                for photo, box in boxes_in(entry, index):
                    boxes.setdefault(photo, []).append(box)
        prints = {entry.face for entry in self.entries if entry.face}
        detected = list(faces) if prints else []
        similar = any_similar([face.fingerprint for face in detected], prints)
        for face, is_similar in zip(detected, similar.tolist(), strict=True):
            if is_similar:
                boxes.setdefault(face.photo, []).append(face.box)
        removed = zip(rows, self.matches(rows), strict=True)
        return Removed(frozenset(row.photo for row, value in removed if value), boxes)

    def check_image(self, key: str, path: str, image: Image) -> None:
        """
        Raise SettingsError if an image, or a near-duplicate of it, was removed.

        Parameters
        ----------
        key, path : str
            Name of the setting that holds the path, and the path.
        image : uint8 array, shape (rows, columns, 3)
        """
        if not self._photo_entries:
            return
        # The name of a target doesn't matter.
        digest = sha256_of(Path(path).read_bytes())
        row = PhotoRow("", "", sha256=digest, fingerprint=fingerprint(image))
        if any(self.matches([row])):
            hint = "it was removed with `pigeonhole remove`; choose another image."
            raise SettingsError(key, path, hint)


def boxes_in(entry: Entry, index: PhotoIndex) -> list[tuple[str, Box]]:
    """Return the box of a face in each photo that shows it, with the photo's name."""
    found = index.find(entry.identity)
    rows = {number: index.rows[number] for number in found}
    if entry.pixels:
        return [(row.photo, entry.pixels) for row in rows.values()]
    if not entry.box:
        return []
    return [
        (row.photo, found[number].of_box(entry.box).to_pixels(row.width, row.height))
        for number, row in rows.items()
    ]


def check_targets(targets: Iterable[str], max_pixels: int, removal_list: Path) -> None:
    """
    Check that all targets are readable images and that none was removed.

    `targets` are files, or names of scikit-image's sample photos.

    Raises
    ------
    UnreadableImage, SettingsError
    """
    removed = RemovalList.read(removal_list)
    for target in targets:
        if target not in SAMPLES:
            image = read_rgb(Path(target), max_pixels)
            removed.check_image("mosaic.targets", target, image)
