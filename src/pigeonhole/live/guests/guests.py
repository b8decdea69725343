"""Visitors who add their face to the tiles during a run and can leave at any time.

A guest gets a slot after the tiles of every tile set. Its tile number is the number of
tiles plus the slot. A guest's pixels are stored only in these arrays, never in a file,
and are overwritten with zeros when the guest leaves.
"""

import secrets
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field

from pigeonhole.core.arrays import Image
from pigeonhole.core.errors import LiveError
from pigeonhole.core.geometry import Box, Size
from pigeonhole.faces import FaceRow, filter_faces
from pigeonhole.faces.detect import Detector
from pigeonhole.imaging.resize import to_gray
from pigeonhole.live.guests.slots import GuestSlots
from pigeonhole.settings import FaceSettings
from pigeonhole.tiles.crop import crop_box, cut_tile


class NoFace(LiveError):
    """No face was detected in a guest's image."""

    def __init__(self) -> None:
        super().__init__(
            "No face was detected: look straight into the camera, move a little "
            "closer and make sure that your face is well lit."
        )


class GuestsFull(LiveError):
    """All guest slots are occupied."""

    def __init__(self, capacity: int) -> None:
        super().__init__(
            f"All {capacity} places for guests are taken: try again later."
        )


@dataclass(frozen=True, slots=True)
class Guest:
    """
    A visitor who agreed to be shown.

    Attributes
    ----------
    slot : int
        From 0. The slot becomes free when the guest leaves.
    since : int
        The value of `Guests.version` after this guest joined.
    key : str
        A secret for the guest's browser. It is needed to remove the guest.
    tiles : mapping of a tile set's name to the guest's tile
    """

    slot: int
    since: int
    key: str = field(repr=False)
    tiles: Mapping[str, Image] = field(repr=False)


class Guests:
    """
    The guests of a run. Methods are thread-safe.

    `formats` maps a tile set's name to its tile size and whether it is in color.

    Attributes
    ----------
    capacity : int
        Maximum number of guests at a time.
    version : int
        Number of times that guests have joined or left.
    """

    def __init__(
        self,
        capacity: int,
        formats: Mapping[str, tuple[Size, bool]],
        detector: Detector,
        faces: FaceSettings,
    ) -> None:
        self.capacity = capacity
        self.version = 0
        self._formats = formats
        self._detector = detector
        self._faces = faces
        self._guests: dict[int, Guest] = {}
        self._tile_set_slots: list[GuestSlots] = []
        self._lock = threading.RLock()
        self._detector_lock = threading.Lock()

    def present(self) -> list[Guest]:
        """Return all guests, ordered by slot."""
        with self._lock:
            return [self._guests[slot] for slot in sorted(self._guests)]

    def find(self, key: str) -> Guest | None:
        """Return the guest with this key, or None."""
        for guest in self.present():
            # Compare in constant time so that response times don't leak the key.
            if secrets.compare_digest(guest.key.encode(), key.encode()):
                return guest
        return None

    def attach(self, slots: GuestSlots) -> None:
        """Register the slots of a tile set, which are kept up to date from now on."""
        with self._lock:
            self._tile_set_slots.append(slots)
            for guest in self._guests.values():
                slots.assign(guest.slot, guest.tiles[slots.name])

    def join(self, image: Image) -> Guest:
        """Detect the largest face in an RGB image and add it as a guest."""
        if len(self._guests) >= self.capacity:
            raise GuestsFull(self.capacity)
        # Detectors aren't thread-safe.
        with self._detector_lock:
            face = self._largest_face(image)
        image_size, tiles = Size(image.shape[1], image.shape[0]), {}
        for name, (size, color) in self._formats.items():
            box = crop_box(face, image_size, size, self._faces.margin)
            tiles[name] = tile = cut_tile(image, box, size, color=True)
            if not color:
                tiles[name] = to_gray(tile)
                tile.fill(0)
        with self._lock:
            free = set(range(self.capacity)) - set(self._guests)
            if not free:
                raise GuestsFull(self.capacity)
            self.version += 1
            key = secrets.token_urlsafe(16)
            guest = Guest(min(free), self.version, key, tiles)
            self._guests[guest.slot] = guest
            for slots in self._tile_set_slots:
                slots.assign(guest.slot, tiles[slots.name])
        return guest

    def leave(self, key: str) -> bool:
        """Remove the guest with this key and return whether there was one."""
        with self._lock:
            if guest := self.find(key):
                self._remove(guest)
            return guest is not None

    def remove_all(self) -> None:
        """Remove all guests."""
        with self._lock:
            for guest in self.present():
                self._remove(guest)

    def _remove(self, guest: Guest) -> None:
        del self._guests[guest.slot]
        for slots in self._tile_set_slots:
            slots.assign(guest.slot, None)
        for tile in guest.tiles.values():
            tile.fill(0)
        self.version += 1

    def _largest_face(self, image: Image) -> Box:
        detections = self._detector.detect(image)
        rows = [FaceRow("guest", **detection._asdict()) for detection in detections]
        faces = [row for row in filter_faces(rows, self._faces) if row.kept]
        if not faces:
            raise NoFace
        largest = max(faces, key=lambda row: row.width * row.height)
        return Box(largest.x, largest.y, largest.width, largest.height)
