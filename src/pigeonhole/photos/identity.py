"""Recognize photos that were renamed, resized, compressed, rotated or cropped a bit."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import NamedTuple, Self

import numpy as np

from pigeonhole.core.arrays import Image
from pigeonhole.core.geometry import Box
from pigeonhole.imaging.fingerprint import (
    BITS,
    MAX_COLOR_DISTANCE,
    MAX_HASH_DISTANCE,
    fingerprint,
    parse_fingerprints,
)
from pigeonhole.photos.ledger import PhotoRow

MAX_VIEW_COLOR_DISTANCE = 3
"""Maximum difference of the mean colors of a changed view and a photo: the many views
of a photo would otherwise match others by chance."""
UNCHANGED_ADVANTAGE = 2
"""Number of bits by which a changed view must be nearer than the unchanged one."""
PARTS = MAX_HASH_DISTANCE + 1
"""Number of parts of a hash. If two hashes are near, at least one part is the same."""
PART_BITS = -(-BITS // PARTS)
CROP_MARGINS = (0.025, 0.05)
"""Shares of the width or height that a crop may have cut off at each side."""


class RelativeBox(NamedTuple):
    """A box as shares of the photo's width and height, which holds at any size."""

    x: float
    y: float
    width: float
    height: float

    @classmethod
    def from_pixels(cls, box: Box, width: int, height: int) -> Self:
        """Return a box in pixels of a photo of this size as shares, with 6 decimals."""
        x, y, box_width, box_height = box
        shares = (x / width, y / height, box_width / width, box_height / height)
        return cls(*(round(share, 6) for share in shares))

    def to_pixels(self, width: int, height: int) -> Box:
        """Return the box in pixels of a photo of this size."""
        left, right = round(self.x * width), round((self.x + self.width) * width)
        top, bottom = round(self.y * height), round((self.y + self.height) * height)
        return Box(left, top, right - left, bottom - top)


@dataclass(frozen=True, slots=True)
class View:
    """
    A changed form in which a photo is recognized.

    Attributes
    ----------
    left, top, right, bottom : float
        Shares of the width or height that are cut off.
    mirrored : bool
        Whether left and right are exchanged, before the rotation.
    turns : int
        Number of rotations by 90 degrees, counterclockwise.
    """

    left: float = 0
    top: float = 0
    right: float = 0
    bottom: float = 0
    mirrored: bool = False
    turns: int = 0

    def of_image(self, image: Image) -> Image:
        """Return the view of an image."""
        rows, columns = image.shape[:2]
        top, left = round(self.top * rows), round(self.left * columns)
        bottom, right = round(self.bottom * rows), round(self.right * columns)
        view = image[top : rows - bottom, left : columns - right]
        if self.mirrored:
            view = view[:, ::-1]
        return np.ascontiguousarray(np.rot90(view, self.turns))

    def of_box(self, box: RelativeBox) -> RelativeBox:
        """Return where a box of the photo is in the view."""
        across, down = 1 - self.left - self.right, 1 - self.top - self.bottom
        x, y = (box.x - self.left) / across, (box.y - self.top) / down
        width, height = box.width / across, box.height / down
        if self.mirrored:
            x = 1 - x - width
        for _ in range(self.turns):
            x, y, width, height = y, 1 - x - width, height, width
        return RelativeBox(x, y, width, height)


UNCHANGED = View()
VIEWS = (
    UNCHANGED,
    *(
        View(mirrored=mirrored, turns=turns)
        for mirrored, turns in product((False, True), range(4))
        if mirrored or turns
    ),
    *(
        View(left, top, right, bottom)
        for margin in CROP_MARGINS
        for left, top, right, bottom in product((0, margin), repeat=4)
        if left or top or right or bottom
    ),
)
"""The views of a photo: all orientations, and small crops."""


@dataclass(frozen=True, slots=True)
class Identity:
    """
    The facts by which a photo is recognized.

    Attributes
    ----------
    photo : str
        Its name, which counts alone only if one of the contents isn't known.
    sha256 : str
        Digest of its file, or empty.
    fingerprints : tuple of str
        Fingerprints of its `VIEWS`, of the first one only, or of none.
    """

    photo: str
    sha256: str = ""
    fingerprints: tuple[str, ...] = ()

    @classmethod
    def of(cls, row: PhotoRow, image: Image | None = None) -> Self:
        """Return the identity of a photo; without its image, it has one view."""
        if image is not None:
            prints = tuple(fingerprint(view.of_image(image)) for view in VIEWS)
        else:
            prints = (row.fingerprint,) if row.fingerprint else ()
        return cls(row.photo, row.sha256, prints)


class PhotoIndex:
    """Photos in which identities are searched."""

    def __init__(self, rows: Sequence[PhotoRow]) -> None:
        self.rows = rows
        self._by_digest = defaultdict(list)
        self._by_name = defaultdict(list)
        for number, row in enumerate(rows):
            self._by_digest[row.sha256].append(number)
            self._by_name[row.photo].append(number)
        self._numbers = [n for n, row in enumerate(rows) if row.fingerprint]
        prints = [rows[number].fingerprint for number in self._numbers]
        hashes, self._colors = parse_fingerprints(prints)
        self._hashes: list[int] = hashes.tolist()
        self._by_part: list[dict[int, list[int]]] = [{} for _ in range(PARTS)]
        for place, value in enumerate(self._hashes):
            for number, places in enumerate(self._by_part):
                places.setdefault(_part(value, number), []).append(place)

    def find(self, identity: Identity) -> Mapping[int, View]:
        """Return the numbers of the photos that are this one, each with its view."""
        named = self._by_name.get(identity.photo, [])
        found = {
            number: UNCHANGED
            for number in named
            if not (identity.fingerprints and self.rows[number].fingerprint)
        }
        nearest: dict[int, int] = {}
        for view, text in zip(VIEWS, identity.fingerprints, strict=False):
            value = int(text.partition("-")[0], 16)
            is_changed = view is not UNCHANGED
            limit = MAX_VIEW_COLOR_DISTANCE if is_changed else MAX_COLOR_DISTANCE
            for place in self._candidates(value):
                distance = (self._hashes[place] ^ value).bit_count()
                if (
                    distance < nearest.get(place, MAX_HASH_DISTANCE + 1)
                    and self._color_distance(place, text) <= limit
                ):
                    found[self._numbers[place]] = view
                    # One of the many changed views may be a bit nearer by chance.
                    advantage = 0 if is_changed else UNCHANGED_ADVANTAGE
                    nearest[place] = distance - advantage
        if identity.sha256:
            found |= dict.fromkeys(self._by_digest.get(identity.sha256, ()), UNCHANGED)
        return found

    def _candidates(self, value: int) -> list[int]:
        """Return the places of the hashes that share a part with another one."""
        return [
            place
            for number, places in enumerate(self._by_part)
            for place in places.get(_part(value, number), ())
        ]

    def _color_distance(self, place: int, text: str) -> int:
        _, colors = parse_fingerprints([text])
        return int(np.abs(self._colors[place] - colors[0]).max())


def _part(value: int, number: int) -> int:
    """Return a part of a hash."""
    return value >> (number * PART_BITS) & ((1 << PART_BITS) - 1)
