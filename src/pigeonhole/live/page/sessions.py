"""Places the frames that pages send, and seats the guests who ask for it."""

import asyncio
import base64
import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from time import perf_counter
from typing import Any

from pigeonhole.core.errors import LiveError
from pigeonhole.core.geometry import Size
from pigeonhole.imaging.codecs import encode_exact_webp
from pigeonhole.imaging.resize import rgb_of
from pigeonhole.live.frames import Frame
from pigeonhole.live.matcher import Placer
from pigeonhole.live.page.atlas import SetPages
from pigeonhole.live.page.protocol import BrokenMessage, Expected, Sent, pack_placement
from pigeonhole.live.page.viewer import Pace, Viewer
from pigeonhole.live.session import Controls, Stage

JOINS, FIRST_JOINS = 0.5, 3
"""Guest pictures a second that a page may send, and at first."""


LEAST_WIDTH = 640
"""Of a guest's picture: faces are found in as many pixels."""


@dataclass
class Session:
    """What is known of one viewer."""

    controls: Controls
    placer: Placer
    joins: Pace = field(default_factory=lambda: Pace(JOINS, FIRST_JOINS))
    joining: asyncio.Task[None] | None = None
    told: int = -1
    """The state of the guests that the page knows."""


class Studio:
    """
    Does what viewers ask.

    One thread places all frames, in the order in which they came: since each viewer
    has one in flight, that is each in its turn. Another thread looks for guests' faces.

    Parameters
    ----------
    stage : Stage
    sets : sequence of SetPages
        In the palette's order.
    own_cameras : bool
        Viewers send frames of their own; otherwise all see the machine's camera.
    """

    def __init__(
        self, stage: Stage, sets: Sequence[SetPages], *, own_cameras: bool
    ) -> None:
        self._stage = stage
        self._sets = sets
        self._guests = stage.palette.guests
        self._own_cameras = own_cameras
        self._sessions: dict[Viewer, Session] = {}
        self._desk = ThreadPoolExecutor(1, "placing")
        self._finder = ThreadPoolExecutor(1, "guests")
        self._portrait = portrait_size(stage.settings.frame)
        self.expected = Expected(
            tuple(tiles.frame_shape for tiles in sets),
            (self._portrait.height, self._portrait.width, 3),
        )

    @property
    def viewers(self) -> Sequence[Viewer]:
        """Return who looks."""
        return tuple(self._sessions)

    def welcome(self, viewer: Viewer) -> None:
        """Take a viewer in, and tell the page what it needs."""
        controls = replace(self._stage.controls, mirror=False, frozen=False)
        placer = Placer(self._stage.palette, controls)
        self._sessions[viewer] = Session(controls, placer)
        viewer.tell(
            hello={
                "camera": "own" if self._own_cameras else "machine",
                "frame": list(self._stage.settings.frame),
                "portrait": list(self._portrait),
                "mirror": self._stage.controls.mirror,
                "steady": self._stage.controls.steadiness > 0,
                "sets": [tiles.facts() for tiles in self._sets],
                "guests": self._guests.most if self._guests else 0,
            }
        )

    def farewell(self, viewer: Viewer) -> None:
        """Forget a viewer; guests stay until they are taken out."""
        session = self._sessions.pop(viewer, None)
        if session and session.joining:
            session.joining.cancel()

    def close(self) -> None:
        """End the threads, and take all guests out."""
        for thread in (self._desk, self._finder):
            thread.shutdown(wait=False, cancel_futures=True)
        if self._guests:
            self._guests.leave_all()

    async def placed(self, viewer: Viewer, sent: Sent) -> bytes:
        """Return the placement of a viewer's frame."""
        if not self._own_cameras:
            raise BrokenMessage("a frame, though the camera is here")
        received = perf_counter()
        if viewer is next(iter(self._sessions)) and self._feeds:
            self._stage.feed.put(rgb_of(sent.picture))
        session = self._sessions[viewer]
        session.controls.tiles = self._sets[sent.tile_set].name
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(
            self._desk, self._place, session, sent, received
        )

    async def granted(self, viewer: Viewer, wish: dict[str, Any]) -> None:
        """Do what a page wishes."""
        session = self._sessions[viewer]
        match wish:
            case {"do": "steady", "on": bool(on)}:
                usual = self._stage.settings.steadiness or 0.1
                session.controls.steadiness = usual if on else 0.0
            case {"do": "return", "key": str(key)} if self._guests:
                viewer.tell(guest=self._own_seat(key))
            case {"do": "leave", "key": str(key)} if self._guests:
                self._guests.leave(key)
                viewer.tell(guest=None)
                self._spread_news()
            case _:
                raise BrokenMessage("a wish that can't be granted")

    async def joined(self, viewer: Viewer, sent: Sent) -> None:
        """Look for a guest's face beside the frames, and seat it."""
        if not self._guests:
            raise BrokenMessage("a guest, though guests aren't asked for")
        session = self._sessions[viewer]
        if session.joining is None or session.joining.done():
            session.joining = asyncio.create_task(self._join(viewer, session, sent))

    def news(self, viewer: Viewer) -> str | None:
        """Return who came and went since the page was last told."""
        session = self._sessions.get(viewer)
        guests = self._guests
        if session is None or guests is None or session.told == guests.version:
            return None
        known, session.told = session.told, guests.version
        return json.dumps(
            {
                "guests": [
                    {
                        "seat": guest.seat,
                        "since": guest.since,
                        "tiles": guest.since > known
                        and [
                            base64.b64encode(
                                encode_exact_webp(guest.tiles[tiles.name])
                            ).decode()
                            for tiles in self._sets
                        ],
                    }
                    for guest in guests.present()
                ]
            }
        )

    @property
    def _feeds(self) -> bool:
        """Whether other sinks show what pages send."""
        return set(self._stage.settings.sink) != {"page"}

    def _place(self, session: Session, sent: Sent, received: float) -> bytes:
        placed = session.placer(Frame(sent.seq, sent.picture, received))
        return pack_placement(
            placed.placement,
            tiles=placed.tiles.numbers,
            tile_set=sent.tile_set,
            seq=sent.seq,
            latency=placed.latency,
            changed=placed.changed,
        )

    async def _join(self, viewer: Viewer, session: Session, sent: Sent) -> None:
        assert self._guests
        await session.joins.wait()
        loop = asyncio.get_running_loop()
        try:
            guest = await loop.run_in_executor(
                self._finder, self._guests.join, sent.picture
            )
        except LiveError as error:
            viewer.tell(refused=str(error))
            return
        if viewer in self._sessions:
            viewer.tell(guest={"seat": guest.seat, "key": guest.key})
        else:
            # Nobody could take it out any more.
            self._guests.leave(guest.key)
        self._spread_news()

    def _own_seat(self, key: str) -> dict[str, object] | None:
        assert self._guests
        for guest in self._guests.present():
            if guest.key == key:
                return {"seat": guest.seat, "key": key}
        return None

    def _spread_news(self) -> None:
        for viewer in self._sessions:
            viewer.wake()


def portrait_size(frame: Size) -> Size:
    """Return the size of a guest's picture: the frame's, or as many times as needed."""
    times = -(-LEAST_WIDTH // frame.width)
    return Size(times * frame.width, times * frame.height)
