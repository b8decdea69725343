"""The WebSocket connection of one tab."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable

from aiohttp import WSMsgType, web

from pigeonhole.studio.server.messages import InvalidMessage
from pigeonhole.web.guard import RateLimiter
from pigeonhole.web.page_socket import PageSocket

COMMANDS_PER_SECOND = 60.0
"""Maximum rate of messages from a tab. Excess messages wait in the tab's network."""
COMMAND_BURST = 60
COMMANDS_AT_ONCE = 8
"""Commands of a tab that may run at the same time."""

Answer = Callable[[str], Awaitable[str]]
"""Runs the command of a message and returns the message that answers it."""


class Tab(PageSocket):
    """
    A tab's connection. It never blocks the other ones.

    If a state or preview couldn't be sent in time, a newer one replaces it.
    """

    def __init__(
        self, socket: web.WebSocketResponse, transport: asyncio.Transport | None
    ) -> None:
        super().__init__(socket, transport)
        self._limiter = RateLimiter(COMMANDS_PER_SECOND, COMMAND_BURST)
        self._running = asyncio.Semaphore(COMMANDS_AT_ONCE)
        self._answers: deque[str] = deque()
        self._state: str | None = None
        self._preview: bytes | None = None

    def send_state(self, state: str) -> None:
        """Send a state, replacing one that hasn't been sent yet."""
        self._state = state
        self._wake_up.set()

    def send_preview(self, preview: bytes) -> None:
        """Send a preview, replacing one that hasn't been sent yet."""
        self._preview = preview
        self._wake_up.set()

    async def run(self, answer: Answer) -> None:
        """Answer commands until the connection ends."""
        async with self._sending():
            try:
                async with asyncio.TaskGroup() as tasks:
                    async for message in self._socket:
                        if message.type != WSMsgType.TEXT:
                            raise InvalidMessage("it isn't text")
                        await self._limiter.wait()
                        await self._running.acquire()
                        tasks.create_task(self._answer(answer, message.data))
            except* InvalidMessage as group:
                await self.close(str(group.exceptions[0]))

    async def _answer(self, answer: Answer, message: str) -> None:
        try:
            self._answers.append(await answer(message))
            self._wake_up.set()
        finally:
            self._running.release()

    async def _send_pending(self) -> None:
        if self._state:
            state, self._state = self._state, None
            await self._socket.send_str(state)
        while self._answers:
            await self._socket.send_str(self._answers.popleft())
        if self._preview:
            preview, self._preview = self._preview, None
            await self._socket.send_bytes(preview)
