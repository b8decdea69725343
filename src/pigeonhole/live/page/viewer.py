"""One page that looks at the mosaic: what it sends, and what it gets."""

import asyncio
import json
from collections import deque
from time import perf_counter
from typing import Any, Protocol

from aiohttp import WSMsgType, web

from pigeonhole.live.page.protocol import (
    GUEST,
    BrokenMessage,
    Expected,
    Sent,
    read_picture,
    read_wish,
)

RATE = 90.0
"""Messages a second that a page may send; more wait in its own network."""
BURST = 60
STALL = 20.0
"""Seconds that a page may take nothing before it is let go."""
BEAT = 20.0
"""Seconds between looks whether the other side is still there."""
WRITTEN = 2**16
"""Bytes that may lie between us and a page's network."""


class Host(Protocol):
    """What a viewer asks of the server."""

    expected: Expected

    async def placed(self, viewer: "Viewer", sent: Sent) -> bytes | None:
        """Return the placement of a viewer's frame, if it may have one."""

    async def granted(self, viewer: "Viewer", wish: dict[str, Any]) -> None:
        """Do what a page wishes."""

    async def joined(self, viewer: "Viewer", sent: Sent) -> None:
        """Seat a guest."""

    def news(self, viewer: "Viewer") -> str | None:
        """Return what the page must know before the next placement."""


class Pace:
    """Tokens that come back with time: so many messages a second, after a burst."""

    def __init__(self, rate: float = RATE, burst: int = BURST) -> None:
        self._rate, self._burst = rate, float(burst)
        self._left, self._last = float(burst), perf_counter()

    async def wait(self) -> None:
        """Take one token, and wait for it where there is none."""
        now = perf_counter()
        self._left = min(self._burst, self._left + (now - self._last) * self._rate)
        self._last = now
        self._left -= 1
        if self._left < 0:
            await asyncio.sleep(-self._left / self._rate)


class Viewer:
    """
    A connection. Nothing of it waits for another's.

    While a frame is being placed the next isn't read, so one is in flight. What goes
    down passes a slot of one: a placement that couldn't leave gives way to a newer.
    """

    def __init__(
        self,
        socket: web.WebSocketResponse,
        transport: asyncio.Transport | None,
        host: Host,
    ) -> None:
        self._socket = socket
        self._transport = transport
        self._host = host
        self._pace = Pace()
        self._texts: deque[str] = deque(maxlen=16)
        self._placement: bytes | None = None
        self._wake = asyncio.Event()

    async def run(self) -> None:
        """Talk until either side ends it."""
        sender = asyncio.create_task(self._send())
        try:
            await self._receive()
        except BrokenMessage as broken:
            await self.close(str(broken))
        finally:
            sender.cancel()
            await asyncio.gather(sender, return_exceptions=True)

    def show(self, placement: bytes) -> None:
        """Send a placement, as soon as the page takes it."""
        self._placement = placement
        self._wake.set()

    def tell(self, **facts: object) -> None:
        """Send a message in text."""
        self._texts.append(json.dumps(facts))
        self._wake.set()

    def wake(self) -> None:
        """Look at what is new."""
        self._wake.set()

    async def close(self, reason: str = "") -> None:
        """End the connection, politely if the other side is polite."""
        code = 1008 if reason else 1001
        await self._socket.close(code=code, message=reason.encode()[:120])

    def abort(self) -> None:
        """End the connection at once."""
        if self._transport:
            self._transport.abort()

    async def _receive(self) -> None:
        async for message in self._socket:
            await self._pace.wait()
            if message.type == WSMsgType.BINARY:
                sent = read_picture(message.data, self._host.expected)
                del message
                if sent.kind == GUEST:
                    await self._host.joined(self, sent)
                elif placement := await self._host.placed(self, sent):
                    self.show(placement)
            elif message.type == WSMsgType.TEXT:
                await self._host.granted(self, read_wish(message.data))

    async def _send(self) -> None:
        try:
            while True:
                await self._wake.wait()
                self._wake.clear()
                async with asyncio.timeout(STALL):
                    await self._send_all()
        except (TimeoutError, ConnectionError):
            # The reader learns of it.
            self.abort()

    async def _send_all(self) -> None:
        if news := self._host.news(self):
            await self._socket.send_str(news)
        while self._texts:
            await self._socket.send_str(self._texts.popleft())
        if self._placement:
            placement, self._placement = self._placement, None
            await self._socket.send_bytes(placement)
