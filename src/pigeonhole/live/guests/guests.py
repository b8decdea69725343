"""Visitors whose faces join the tiles while a mosaic runs, and leave without a trace.

A guest gets a seat behind the tiles of every set: its number there is the number of
tiles plus the seat. Its pixels stand in these arrays and nowhere else, never in a file,
and are overwritten with zeros when it leaves.
"""

import secrets
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field

from pigeonhole.core.arrays import Picture
from pigeonhole.core.errors import LiveError
from pigeonhole.core.geometry import Size
from pigeonhole.faces import FaceRow, keep_faces
from pigeonhole.faces.detect import Detector
from pigeonhole.live.guests.slots import Seats
from pigeonhole.settings import FaceSettings
from pigeonhole.tiles.cut import Box, crop_box, cut_out


class NoFace(LiveError):
    """There is no face to see in a guest's picture."""

    def __init__(self) -> None:
        super().__init__(
            "No face was found: look straight into the camera, a little nearer, with "
            "light on your face."
        )


class NoSeat(LiveError):
    """As many guests are there as may come."""

    def __init__(self, most: int) -> None:
        super().__init__(f"All {most} places for guests are taken: try again later.")


@dataclass(frozen=True, slots=True)
class Guest:
    """
    A visitor who agreed to be shown.

    Attributes
    ----------
    seat : int
        From 0; free again when the guest has left.
    since : int
        The state of the guests, by `Guests.version`, that began with this one.
    key : str
        Known to the guest alone: who has it may take the guest out.
    tiles : mapping of a tile set's name to its tile
    """

    seat: int
    since: int
    key: str = field(repr=False)
    tiles: Mapping[str, Picture] = field(repr=False)


class Guests:
    """
    Who is there. Any thread may ask.

    Parameters
    ----------
    most : int
        How many may be there at once.
    cuts : mapping of a tile set's name to the size of its tiles and whether in colour
    detector : Detector
        Finds the face in a picture.
    faces : FaceSettings
        What is a face, and how much around it a tile shows.
    """

    def __init__(
        self,
        most: int,
        cuts: Mapping[str, tuple[Size, bool]],
        detector: Detector,
        faces: FaceSettings,
    ) -> None:
        self.most = most
        self._cuts = cuts
        self._detector = detector
        self._faces = faces
        self._guests: dict[int, Guest] = {}
        self._places: list[Seats] = []
        self._change = threading.RLock()
        self._searching = threading.Lock()
        self.version = 0
        """How often guests came and went."""

    def present(self) -> list[Guest]:
        """Return who is there, by their seats."""
        with self._change:
            return [self._guests[seat] for seat in sorted(self._guests)]

    def attach(self, place: Seats) -> None:
        """Keep the guests' tiles up to date behind those of a tile set."""
        with self._change:
            self._places.append(place)
            for guest in self._guests.values():
                place.seat(guest.seat, guest.tiles[place.name])

    def join(self, picture: Picture) -> Guest:
        """
        Find the face in a picture and give it a seat.

        Parameters
        ----------
        picture : uint8 array, shape (rows, columns, 3)

        Raises
        ------
        NoFace, NoSeat
        """
        if len(self._guests) >= self.most:
            raise NoSeat(self.most)
        # A detector's parts aren't made for two threads at once.
        with self._searching:
            box = self._face(picture)
        tiles = {
            name: self._tile(picture, box, *cut) for name, cut in self._cuts.items()
        }
        with self._change:
            free = set(range(self.most)) - set(self._guests)
            if not free:
                raise NoSeat(self.most)
            self.version += 1
            key = secrets.token_urlsafe(16)
            guest = Guest(min(free), self.version, key, tiles)
            self._guests[guest.seat] = guest
            for place in self._places:
                place.seat(guest.seat, tiles[place.name])
        return guest

    def leave(self, key: str) -> bool:
        """Take out for good who has this key; return whether there was anyone."""
        with self._change:
            for guest in self.present():
                if secrets.compare_digest(guest.key.encode(), key.encode()):
                    self._dismiss(guest)
                    return True
        return False

    def leave_all(self) -> None:
        """Take everyone out."""
        with self._change:
            for guest in self.present():
                self._dismiss(guest)

    def _dismiss(self, guest: Guest) -> None:
        del self._guests[guest.seat]
        for place in self._places:
            place.seat(guest.seat, None)
        for tile in guest.tiles.values():
            tile.fill(0)
        self.version += 1

    def _face(self, picture: Picture) -> Box:
        """Return the box of the largest face."""
        found = self._detector.find(picture)
        rows = [FaceRow("guest", **box._asdict()) for box in found]
        kept = [row for row in keep_faces(rows, self._faces) if row.kept]
        if not kept:
            raise NoFace
        face = max(kept, key=lambda row: row.width * row.height)
        return Box(face.x, face.y, face.width, face.height)

    def _tile(self, picture: Picture, face: Box, size: Size, colour: bool) -> Picture:  # noqa: FBT001
        photo = Size(picture.shape[1], picture.shape[0])
        box = crop_box(face, photo, size, self._faces.margin)
        return cut_out(picture, box, size, colour=colour)
