"""The WebSocket connection of one viewer."""

import asyncio
import json
from collections import deque
from typing import Any, Protocol

from aiohttp import WSMsgType, web

from pigeonhole.live.page.protocol import (
    GUEST,
    ImageMessage,
    ImageShapes,
    ProtocolError,
    parse_command,
    parse_image,
)
from pigeonhole.web.guard import RateLimiter
from pigeonhole.web.page_socket import PageSocket

MESSAGES_PER_SECOND = 90.0
"""Maximum rate of messages from a page. Excess messages wait in the page's network."""
MESSAGE_BURST = 60
TEXT_QUEUE_SIZE = 16
"""Number of unsent text messages after which the oldest is dropped."""
HEARTBEAT = 20.0
"""Seconds between pings that check whether the page still exists."""
WRITE_BUFFER_SIZE = 2**16
"""Bytes that may wait in the socket's write buffer."""


class ViewerHandler(Protocol):
    """The part of the session manager that a connection uses."""

    shapes: ImageShapes

    async def place_frame(self, viewer: "Viewer", message: ImageMessage) -> bytes:
        """Return the placement of a viewer's frame as a message."""

    async def run_command(self, viewer: "Viewer", command: dict[str, Any]) -> None:
        """Execute a command from a page."""

    async def add_guest(self, viewer: "Viewer", message: ImageMessage) -> None:
        """Start adding a guest."""

    def guest_update(self, viewer: "Viewer") -> str | None:
        """Return a message about guests that a page needs before its next placement."""


class Viewer(PageSocket):
    """
    A viewer's connection. It never blocks other connections.

    The next frame isn't read before the current one is placed, so a viewer has at most
    one frame in flight. If a placement couldn't be sent in time, a newer one replaces
    it.
    """

    def __init__(
        self,
        socket: web.WebSocketResponse,
        transport: asyncio.Transport | None,
        handler: ViewerHandler,
    ) -> None:
        super().__init__(socket, transport)
        self._handler = handler
        self._rate_limiter = RateLimiter(MESSAGES_PER_SECOND, MESSAGE_BURST)
        self._texts: deque[str] = deque(maxlen=TEXT_QUEUE_SIZE)
        self._placement: bytes | None = None

    async def run(self) -> None:
        """Exchange messages until the connection ends."""
        async with self._sending():
            try:
                await self._receive()
            except ProtocolError as error:
                await self.close(str(error))

    def send_placement(self, placement: bytes) -> None:
        """Send a placement, replacing one that hasn't been sent yet."""
        self._placement = placement
        self._wake_up.set()

    def send_json(self, **content: object) -> None:
        """Send a JSON object."""
        self._texts.append(json.dumps(content))
        self._wake_up.set()

    def send_guest_update(self) -> None:
        """Send the guests if they have changed."""
        self._wake_up.set()

    async def _receive(self) -> None:
        async for message in self._socket:
            await self._rate_limiter.wait()
            if message.type == WSMsgType.BINARY:
                image = parse_image(message.data, self._handler.shapes)
                # Free the received copy while the frame waits for its placement.
                del message
                if image.kind == GUEST:
                    await self._handler.add_guest(self, image)
                else:
                    self.send_placement(await self._handler.place_frame(self, image))
            elif message.type == WSMsgType.TEXT:
                await self._handler.run_command(self, parse_command(message.data))

    async def _send_pending(self) -> None:
        if update := self._handler.guest_update(self):
            await self._socket.send_str(update)
        while self._texts:
            await self._socket.send_str(self._texts.popleft())
        if self._placement:
            placement, self._placement = self._placement, None
            await self._socket.send_bytes(placement)
