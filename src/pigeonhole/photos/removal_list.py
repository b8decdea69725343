"""The list of photos and faces that were taken out for good."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from pigeonhole.core.arrays import Picture
from pigeonhole.core.atomic import write_text
from pigeonhole.core.digest import sha256_of
from pigeonhole.core.errors import SettingsError
from pigeonhole.core.text import read_text
from pigeonhole.imaging.codecs import read_rgb
from pigeonhole.imaging.fingerprint import any_alike, looks_of
from pigeonhole.photos.ledger import LOOKS, PhotoRow
from pigeonhole.settings import SAMPLES

Box = tuple[int, int, int, int]
HEADER = (
    "# Taken out with `pigeonhole forget`: photo sha256 looks, "
    "or photo x y width height.\n"
)
PHOTO = re.compile(f"(.+) ([0-9a-f]{{64}})(?: ({LOOKS}))?")
"""Lists of earlier versions don't tell what a photo looks like."""
SAME = 0.3
"""A box that shares more of their union with a forgotten face shows that face."""


@dataclass(frozen=True, slots=True)
class Forgotten:
    """
    What was taken out.

    Attributes
    ----------
    photos : set of str
        Names.
    sha256 : set of str
        Digests of their files: the same picture under another name stays out.
    faces : mapping of a photo's name to boxes
    looks : set of str
        What the photos look like: the same picture in another size stays out, too.
    """

    photos: frozenset[str] = frozenset()
    sha256: frozenset[str] = frozenset()
    faces: dict[str, list[Box]] = field(default_factory=dict)
    looks: frozenset[str] = frozenset()

    @classmethod
    def read(cls, path: Path) -> Self:
        """
        Read the list; no file means that nothing was taken out.

        Raises
        ------
        SettingsError
            A line has another form.
        """
        lines = read_text(path).splitlines()
        photos: set[str] = set()
        digests: set[str] = set()
        looks: set[str] = set()
        faces: dict[str, list[Box]] = {}
        for number, line in enumerate(lines, start=1):
            if not line.strip() or line.startswith("#"):
                continue
            if found := PHOTO.fullmatch(line):
                photos.add(found[1])
                digests.add(found[2])
                if found[3]:
                    looks.add(found[3])
            elif face := parse_face(line):
                faces.setdefault(face[0], []).append(face[1])
            else:
                raise SettingsError(
                    f"{path} line {number}",
                    line,
                    "write photo sha256, or photo x y width height.",
                )
        return cls(frozenset(photos), frozenset(digests), faces, frozenset(looks))

    def among(self, rows: Sequence[PhotoRow]) -> list[bool]:
        """Tell of each photo whether it was taken out, or looks like one that was."""
        alike = any_alike([row.looks for row in rows], self.looks).tolist()
        return [
            like or row.photo in self.photos or row.sha256 in self.sha256
            for row, like in zip(rows, alike, strict=True)
        ]

    def refuse(self, key: str, path: str, picture: Picture) -> None:
        """
        Refuse a picture that was taken out, or looks like one that was.

        Parameters
        ----------
        key : str
            The setting that names it.
        path : str
            Its file.
        picture : uint8 array, shape (rows, columns, 3)

        Raises
        ------
        SettingsError
        """
        if not self.photos:
            return
        alike = any_alike([looks_of(picture)], self.looks).any()
        if alike or sha256_of(Path(path).read_bytes()) in self.sha256:
            way_out = "it was taken out with `pigeonhole forget`; choose another."
            raise SettingsError(key, path, way_out)

    def shows(self, photo: str, box: Box) -> bool:
        """Tell whether a box of a photo shows a face that was taken out."""
        return any(_share(box, other) > SAME for other in self.faces.get(photo, ()))

    def seen_in(self, photo: str, part: Box) -> bool:
        """Tell whether the middle of a face that was taken out lies in a part."""
        return any(_holds(part, face) for face in self.faces.get(photo, ()))


def _holds(box: Box, face: Box) -> bool:
    x, y = face[0] + face[2] / 2, face[1] + face[3] / 2
    return box[0] <= x <= box[0] + box[2] and box[1] <= y <= box[1] + box[3]


def check_targets(targets: Iterable[str], max_pixels: int, listed: Path) -> None:
    """
    See before anything is made that targets are pictures, and none was taken out.

    Parameters
    ----------
    targets : iterable of str
        Files, or names of scikit-image's sample photos.
    max_pixels : int
        A larger picture is refused.
    listed : Path
        The list of what was taken out.

    Raises
    ------
    UnreadablePhoto, SettingsError
    """
    gone = Forgotten.read(listed)
    for target in targets:
        if target not in SAMPLES:
            picture = read_rgb(Path(target), max_pixels)
            gone.refuse("mosaic.targets", target, picture)


def parse_face(text: str) -> tuple[str, Box] | None:
    """Read ``photo x y width height``."""
    found = re.fullmatch(r"\s*(.+?)" + 4 * r"\s+(\d{1,9})" + r"\s*", text)
    if not found:
        return None
    photo, x, y, width, height = found.groups()
    return photo, (int(x), int(y), int(width), int(height))


def add_forgotten(path: Path, lines: Iterable[str]) -> None:
    """Add lines to the list, each once."""
    old = read_text(path) or HEADER
    there = set(old.splitlines())
    new = [line for line in dict.fromkeys(lines) if line not in there]
    write_text(path, old.rstrip("\n") + "\n" + "".join(f"{line}\n" for line in new))


def _share(a: Box, b: Box) -> float:
    wide = min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0])
    tall = min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1])
    shared = max(0, wide) * max(0, tall)
    union = a[2] * a[3] + b[2] * b[3] - shared
    return shared / union if union else 0.0
