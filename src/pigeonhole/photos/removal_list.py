"""The list of photos and faces that were removed and must not come back."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from pigeonhole.core.arrays import Image
from pigeonhole.core.atomic import write_text
from pigeonhole.core.digest import sha256_of
from pigeonhole.core.errors import SettingsError
from pigeonhole.core.geometry import Box
from pigeonhole.core.text import read_text
from pigeonhole.imaging.codecs import read_rgb
from pigeonhole.imaging.fingerprint import any_similar, fingerprint
from pigeonhole.photos.ledger import FINGERPRINT, PhotoRow
from pigeonhole.settings import SAMPLES

REMOVAL_HEADER = (
    "# Removed with `pigeonhole remove`: photo sha256 fingerprint, "
    "or photo x y width height.\n"
)
PHOTO_LINE = re.compile(f"(.+) ([0-9a-f]{{64}})(?: ({FINGERPRINT}))?")
"""A line for a photo; photos of early lists have no fingerprint."""
SAME_FACE_IOU = 0.3
"""A box shows a removed face if their intersection over union is larger than this."""


@dataclass(frozen=True, slots=True)
class RemovalList:
    """The removed photos and faces."""

    photos: frozenset[str] = frozenset()
    """Names of photos."""
    sha256: frozenset[str] = frozenset()
    """Digests of their files, which find the same file under another name."""
    faces: dict[str, list[Box]] = field(default_factory=dict)
    """Boxes of faces by photo name."""
    fingerprints: frozenset[str] = frozenset()
    """Fingerprints of the photos, which find the same image in another size."""

    @classmethod
    def read(cls, path: Path) -> Self:
        """
        Read the list. A missing file is an empty list.

        Raises
        ------
        SettingsError
            A line is malformed.
        NotText
            The file isn't UTF-8.
        """
        photos: list[re.Match[str]] = []
        faces: dict[str, list[Box]] = {}
        for number, line in enumerate(read_text(path).splitlines(), start=1):
            if not line.strip() or line.startswith("#"):
                continue
            if match := PHOTO_LINE.fullmatch(line):
                photos.append(match)
            elif face := parse_face(line):
                photo, box = face
                faces.setdefault(photo, []).append(box)
            else:
                hint = "write photo sha256, or photo x y width height."
                raise SettingsError(f"{path} line {number}", line, hint)
        return cls(
            frozenset(match[1] for match in photos),
            frozenset(match[2] for match in photos),
            faces,
            frozenset(match[3] for match in photos if match[3]),
        )

    def matches(self, rows: Sequence[PhotoRow]) -> list[bool]:
        """Return for each photo whether it, or a near-duplicate of it, was removed."""
        similar = any_similar([row.fingerprint for row in rows], self.fingerprints)
        return [
            is_similar or row.photo in self.photos or row.sha256 in self.sha256
            for row, is_similar in zip(rows, similar.tolist(), strict=True)
        ]

    def check_image(self, key: str, path: str, image: Image) -> None:
        """
        Raise SettingsError if an image, or a near-duplicate of it, was removed.

        Parameters
        ----------
        key, path : str
            Name of the setting that holds the path, and the path.
        image : uint8 array, shape (rows, columns, 3)
        """
        if not self.photos:
            return
        is_similar = any_similar([fingerprint(image)], self.fingerprints).any()
        if is_similar or sha256_of(Path(path).read_bytes()) in self.sha256:
            hint = "it was removed with `pigeonhole remove`; choose another image."
            raise SettingsError(key, path, hint)

    def shows(self, photo: str, box: Box) -> bool:
        """Return whether a box of a photo shows a removed face."""
        faces = self.faces.get(photo, ())
        return any(box.iou(face) > SAME_FACE_IOU for face in faces)

    def intersects(self, photo: str, crop: Box) -> bool:
        """Return whether a crop of a photo contains the center of a removed face."""
        return any(crop.contains(face.center) for face in self.faces.get(photo, ()))


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


def parse_face(text: str) -> tuple[str, Box] | None:
    """Parse ``photo x y width height``; return None for anything else."""
    match = re.fullmatch(r"\s*(.+?)" + 4 * r"\s+(\d{1,9})" + r"\s*", text)
    return (match[1], Box(*map(int, match.groups()[1:]))) if match else None


def add_removed(path: Path, lines: Iterable[str]) -> None:
    """Add lines to the removal list, without duplicates."""
    text = read_text(path) or REMOVAL_HEADER
    present = set(text.splitlines())
    new = [line for line in dict.fromkeys(lines) if line not in present]
    write_text(path, text.rstrip("\n") + "\n" + "".join(f"{line}\n" for line in new))
