"""Match the frames that viewers send, and handle guests and commands."""

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
from pigeonhole.imaging.codecs import encode_lossless_webp
from pigeonhole.imaging.resize import to_rgb
from pigeonhole.live.frames import Frame
from pigeonhole.live.matcher import FrameMatcher
from pigeonhole.live.page.atlas import AtlasPages
from pigeonhole.live.page.protocol import (
    ImageMessage,
    ImageShapes,
    ProtocolError,
    pack_placement,
)
from pigeonhole.live.page.viewer import Viewer
from pigeonhole.live.session import DEFAULT_STEADINESS, Controls, Session
from pigeonhole.web.guard import RateLimiter

JOINS_PER_SECOND, JOIN_BURST = 0.5, 3
"""Maximum rate at which a viewer can send guest images."""
MIN_PORTRAIT_WIDTH = 640
"""Minimum width of a guest's image; face detection needs this resolution."""


@dataclass
class ViewerSession:
    """The state of one viewer."""

    controls: Controls
    matcher: FrameMatcher
    join_limiter: RateLimiter = field(
        default_factory=lambda: RateLimiter(JOINS_PER_SECOND, JOIN_BURST)
    )
    join_task: asyncio.Task[None] | None = None
    guests_version: int = -1
    """The value of `Guests.version` that the page has received."""


class SessionManager:
    """
    Handles the messages of all viewers.

    One thread matches all frames in the order of their arrival. Each viewer has at most
    one frame in flight, so viewers take turns. Another thread detects guests' faces.

    Parameters
    ----------
    session : Session
    atlases : sequence of AtlasPages
        One per tile set, in the order of the session's tile sets.
    own_cameras : bool
        Viewers send frames of their own cameras. Otherwise all viewers see the same
        mosaic of this machine's source.
    """

    def __init__(
        self, session: Session, atlases: Sequence[AtlasPages], *, own_cameras: bool
    ) -> None:
        self._session = session
        self._atlases = atlases
        self._guests = session.tile_sets.guests
        self._own_cameras = own_cameras
        self._viewers: dict[Viewer, ViewerSession] = {}
        self._matching_thread = ThreadPoolExecutor(1, "matching")
        self._detection_thread = ThreadPoolExecutor(1, "face-detection")
        width, height = session.settings.frame_size
        factor = -(-MIN_PORTRAIT_WIDTH // width)
        self._portrait_size = Size(factor * width, factor * height)
        self.shapes = ImageShapes(
            tuple(
                (height, width, 3) if atlas.color else (height, width)
                for atlas in atlases
            ),
            (factor * height, factor * width, 3),
        )

    @property
    def viewers(self) -> Sequence[Viewer]:
        """All connected viewers."""
        return tuple(self._viewers)

    def connect(self, viewer: Viewer) -> None:
        """Add a viewer and send its page the initial state."""
        controls = replace(self._session.controls, mirror=False, frozen=False)
        matcher = FrameMatcher(self._session.tile_sets, controls)
        self._viewers[viewer] = ViewerSession(controls, matcher)
        viewer.send_json(
            hello={
                "camera": "own" if self._own_cameras else "machine",
                "frame": list(self._session.settings.frame_size),
                "portrait": list(self._portrait_size),
                "mirror": self._session.controls.mirror,
                "steady": self._session.controls.steadiness > 0,
                "sets": [atlas.facts() for atlas in self._atlases],
                "guests": self._guests.capacity if self._guests else 0,
            }
        )

    def disconnect(self, viewer: Viewer) -> None:
        """Remove a viewer. Its guest stays until someone with the key removes it."""
        state = self._viewers.pop(viewer, None)
        if state and state.join_task:
            state.join_task.cancel()

    def close(self) -> None:
        """Stop the threads and remove all guests."""
        for thread in (self._matching_thread, self._detection_thread):
            thread.shutdown(wait=False, cancel_futures=True)
        if self._guests:
            self._guests.remove_all()

    async def place_frame(self, viewer: Viewer, message: ImageMessage) -> bytes:
        """Return the placement of a viewer's frame as a message."""
        if not self._own_cameras:
            raise ProtocolError("frames aren't accepted: the camera is on the server")
        received_at = perf_counter()
        # Other sinks show the frames of the first viewer.
        has_other_sinks = set(self._session.settings.sink) != {"page"}
        if viewer is next(iter(self._viewers)) and has_other_sinks:
            self._session.frame_queue.put(to_rgb(message.image))
        state = self._viewers[viewer]
        state.controls.tile_set = self._atlases[message.tile_set].name
        frame = Frame(message.seq, message.image, received_at)
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(
            self._matching_thread,
            lambda: pack_placement(state.matcher(frame), message.tile_set),
        )

    async def run_command(self, viewer: Viewer, command: dict[str, Any]) -> None:
        """Execute a command from a page."""
        state = self._viewers[viewer]
        match command:
            case {"do": "steady", "on": bool(on)}:
                default = self._session.settings.steadiness or DEFAULT_STEADINESS
                state.controls.steadiness = default if on else 0.0
            case {"do": "return", "key": str(key)} if self._guests:
                guest = self._guests.find(key)
                viewer.send_json(guest=guest and {"seat": guest.slot, "key": key})
            case {"do": "leave", "key": str(key)} if self._guests:
                self._guests.leave(key)
                viewer.send_json(guest=None)
                self._broadcast_guests()
            case _:
                raise ProtocolError("unknown or unavailable command")

    async def add_guest(self, viewer: Viewer, message: ImageMessage) -> None:
        """Start a task that detects a guest's face and adds it to the tiles."""
        if not self._guests:
            raise ProtocolError("guests are turned off")
        state = self._viewers[viewer]
        if state.join_task is None or state.join_task.done():
            state.join_task = asyncio.create_task(self._join(viewer, state, message))

    def guest_update(self, viewer: Viewer) -> str | None:
        """Return all guests as a message, or None if the page is up to date."""
        state = self._viewers.get(viewer)
        guests = self._guests
        if state is None or guests is None or state.guests_version == guests.version:
            return None
        last_version, state.guests_version = state.guests_version, guests.version
        present: list[dict[str, object]] = []
        for guest in guests.present():
            tiles = (encode_lossless_webp(guest.tiles[a.name]) for a in self._atlases)
            # The page already has the tiles of earlier guests.
            new = guest.since > last_version
            encoded = new and [base64.b64encode(tile).decode() for tile in tiles]
            present.append({"seat": guest.slot, "since": guest.since, "tiles": encoded})
        return json.dumps({"guests": present})

    async def _join(
        self, viewer: Viewer, state: ViewerSession, message: ImageMessage
    ) -> None:
        assert self._guests
        await state.join_limiter.wait()
        loop = asyncio.get_running_loop()
        try:
            guest = await loop.run_in_executor(
                self._detection_thread, self._guests.join, message.image
            )
        except LiveError as error:
            viewer.send_json(refused=str(error))
            return
        if viewer in self._viewers:
            viewer.send_json(guest={"seat": guest.slot, "key": guest.key})
        else:
            # The viewer has left without its key, so nobody could remove the guest.
            self._guests.leave(guest.key)
        self._broadcast_guests()

    def _broadcast_guests(self) -> None:
        for viewer in self._viewers:
            viewer.send_guest_update()
