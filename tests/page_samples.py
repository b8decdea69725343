"""A page served in this process, and clients that speak its language."""

import asyncio
import json
import socket
import struct
from contextlib import ExitStack, asynccontextmanager, closing, contextmanager
from urllib.parse import urlsplit

import aiohttp
import numpy as np
from live_samples import stage_of, tiles_of

from pigeonhole.live.page import Page

UP = struct.Struct("<BBHI")
DOWN = struct.Struct("<BBHHHIff")
FRAME, GUEST = 1, 2


@contextmanager
def serving(*sets, **changes):
    """Yield a page and its stage; by default each viewer sends an own camera."""
    usual = {"sink": "page", "source": "browser", "open": False}
    stage = stage_of(*(sets or [tiles_of()]), **(usual | changes))
    with closing(Page(stage)) as page:
        yield page, stage


def split(page):
    """Return origin and token of a page's address."""
    parts = urlsplit(page.addresses[0])
    return f"{parts.scheme}://{parts.netloc}", parts.fragment


def message(picture, seq=1, kind=FRAME, tile_set=0):
    return UP.pack(kind, tile_set, 0, seq) + picture.tobytes()


def unpack(data):
    """Return (facts, placement) of a placement."""
    size, tile_set, rows, columns, _, seq, latency, changed = DOWN.unpack_from(data)
    numbers = np.frombuffer(data, f"<u{size}", offset=DOWN.size)
    facts = {
        "size": size,
        "set": tile_set,
        "seq": seq,
        "latency": latency,
        "changed": changed,
    }
    return facts, numbers.reshape(rows, columns).astype(np.int64)


class Client:
    """A viewer without a screen."""

    def __init__(self, socket):
        self.socket = socket
        self.texts = []

    async def place(self, picture, seq=1, tile_set=0):
        """Send a frame; return its facts and placement."""
        await self.socket.send_bytes(message(picture, seq, FRAME, tile_set))
        return unpack(await self.binary())

    async def join(self, picture):
        await self.socket.send_bytes(message(picture, kind=GUEST))
        return await self.text("guest", "refused")

    async def ask(self, **wish):
        await self.socket.send_str(json.dumps(wish))

    async def binary(self):
        return await self._next(lambda kept: kept.type == aiohttp.WSMsgType.BINARY)

    async def text(self, *keys):
        """Return the next message that has one of the keys."""
        for at, kept in enumerate(self.texts):
            if set(keys) & set(kept):
                return self.texts.pop(at)
        while True:
            data = await self._next(lambda kept: kept.type == aiohttp.WSMsgType.TEXT)
            if set(keys) & set(facts := json.loads(data)):
                return facts
            self.texts.append(facts)

    async def _next(self, wanted):
        async with asyncio.timeout(10):
            while True:
                got = await self.socket.receive()
                if got.type in (aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED):
                    raise ConnectionResetError(got.extra or "closed")
                if wanted(got):
                    return got.data
                if got.type == aiohttp.WSMsgType.TEXT:
                    self.texts.append(json.loads(got.data))


@asynccontextmanager
async def looking(page, viewers=1, **headers):
    """Yield that many clients of a page."""
    origin, token = split(page)
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector) as session:
        clients = []
        for _ in range(viewers):
            socket = await session.ws_connect(
                f"{origin}/live?token={token}",
                headers={"Origin": origin} | headers,
                max_msg_size=2**24,
            )
            clients.append(Client(socket))
        yield clients
        for client in clients:
            await client.socket.close()


@contextmanager
def stalled(page, viewers):
    """Hold so many sockets open that never read."""
    origin, token = split(page)
    host, port = origin.removeprefix("http://").split(":")
    with ExitStack() as stack:
        for _ in range(viewers):
            plug = stack.enter_context(socket.socket())
            plug.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            plug.connect((host, int(port)))
            plug.sendall(
                f"GET /live?token={token} HTTP/1.1\r\nHost: {host}:{port}\r\n"
                f"Origin: {origin}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                "Sec-WebSocket-Version: 13\r\n"
                "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n".encode()
            )
        yield
