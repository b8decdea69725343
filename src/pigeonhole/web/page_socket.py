"""WebSocket connections to pages, none of which blocks the other ones."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web

SEND_TIMEOUT = 20.0
"""Seconds without progress after which a connection is aborted."""
MAX_CLOSE_REASON = 120
"""Bytes; WebSockets allow 123."""


class PageSocket(ABC):
    """
    A connection whose messages are sent by a task of its own.

    Subclasses keep what is to be sent, set `_wake_up` and override `_send_pending`.
    """

    def __init__(
        self, socket: web.WebSocketResponse, transport: asyncio.Transport | None
    ) -> None:
        self._socket = socket
        self._transport = transport
        self._wake_up = asyncio.Event()

    async def close(self, reason: str = "") -> None:
        """Close the connection with a handshake; with a reason, as an error."""
        code = 1008 if reason else 1001
        await self._socket.close(code=code, message=reason.encode()[:MAX_CLOSE_REASON])

    def abort(self) -> None:
        """Close the connection without a handshake."""
        if self._transport:
            self._transport.abort()

    @asynccontextmanager
    async def _sending(self) -> AsyncIterator[None]:
        """Send messages inside the context."""
        sender = asyncio.create_task(self._send())
        try:
            yield
        finally:
            sender.cancel()
            await asyncio.gather(sender, return_exceptions=True)

    async def _send(self) -> None:
        try:
            while True:
                await self._wake_up.wait()
                self._wake_up.clear()
                async with asyncio.timeout(SEND_TIMEOUT):
                    await self._send_pending()
        except (TimeoutError, ConnectionError):
            # This ends the receiving loop as well.
            self.abort()

    @abstractmethod
    async def _send_pending(self) -> None:
        """Send all that is waiting."""
