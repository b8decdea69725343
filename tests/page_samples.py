"""A live page served in this process, and clients that speak its protocol."""

import asyncio
import json
import socket
import struct
from contextlib import ExitStack, asynccontextmanager, closing, contextmanager
from urllib.parse import urlsplit

import aiohttp
import numpy as np
from live_samples import make_session

from pigeonhole.live.page import PageSink

# These are copies, so that tests notice a change to the protocol.
IMAGE_HEADER = struct.Struct("<BBHI")
PLACEMENT_HEADER = struct.Struct("<BBHHHIff")
FRAME, GUEST = 1, 2


@contextmanager
def serve_page(*tile_arrays, **changes):
    """Yield a page and its session; by default, viewers use their own cameras."""
    defaults = {"sink": "page", "source": "browser", "open_browser": False}
    session = make_session(*tile_arrays, **(defaults | changes))
    with closing(PageSink(session)) as page:
        yield page, session


def origin_and_token(page):
    """Return the origin and the token in the URL of a page."""
    parts = urlsplit(page.urls[0])
    return f"{parts.scheme}://{parts.netloc}", parts.fragment


def image_message(image, seq=1, kind=FRAME, tile_set=0):
    return IMAGE_HEADER.pack(kind, tile_set, 0, seq) + image.tobytes()


def unpack_placement(data):
    """Return the header fields and the placement of a message."""
    size, tile_set, rows, columns, _, seq, latency, changed = (
        PLACEMENT_HEADER.unpack_from(data)
    )
    numbers = np.frombuffer(data, f"<u{size}", offset=PLACEMENT_HEADER.size)
    header = {
        "size": size,
        "set": tile_set,
        "seq": seq,
        "latency": latency,
        "changed": changed,
    }
    return header, numbers.reshape(rows, columns).astype(np.int64)


class Client:
    """A viewer without a browser."""

    def __init__(self, socket):
        self.socket = socket
        self._unread_texts = []

    async def place(self, image, seq=1, tile_set=0):
        """Send a frame and return the header and placement of the answer."""
        await self.socket.send_bytes(image_message(image, seq, FRAME, tile_set))
        return await self.receive_placement()

    async def join(self, image):
        """Send a guest's image and return the answer."""
        await self.socket.send_bytes(image_message(image, kind=GUEST))
        return await self.receive_json("guest", "refused")

    async def send_command(self, **command):
        await self.socket.send_str(json.dumps(command))

    async def receive_placement(self):
        message = await self._next(aiohttp.WSMsgType.BINARY)
        return unpack_placement(message)

    async def receive_json(self, *keys):
        """Return the next text message with one of the keys; keep the others."""
        for position, content in enumerate(self._unread_texts):
            if set(keys) & set(content):
                return self._unread_texts.pop(position)
        while True:
            content = json.loads(await self._next(aiohttp.WSMsgType.TEXT))
            if set(keys) & set(content):
                return content
            self._unread_texts.append(content)

    async def _next(self, message_type):
        """Return the next message of a type and keep text messages before it."""
        async with asyncio.timeout(10):
            while True:
                message = await self.socket.receive()
                if message.type in (aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED):
                    raise ConnectionResetError(message.extra or "closed")
                if message.type == message_type:
                    return message.data
                if message.type == aiohttp.WSMsgType.TEXT:
                    self._unread_texts.append(json.loads(message.data))


@asynccontextmanager
async def connect(page, viewers=1, **headers):
    """Yield clients that are connected to a page."""
    origin, token = origin_and_token(page)
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector) as http:
        clients = []
        for _ in range(viewers):
            socket = await http.ws_connect(
                f"{origin}/live?token={token}",
                headers={"Origin": origin} | headers,
                max_msg_size=2**24,
            )
            clients.append(Client(socket))
        yield clients
        for client in clients:
            await client.socket.close()


def get(page, path, **headers):
    """Return the status, headers and content for a path; `TOKEN` is replaced."""

    async def send():
        origin, token = origin_and_token(page)
        url = origin + path.replace("TOKEN", token)
        async with (
            aiohttp.ClientSession() as http,
            http.get(url, headers=headers) as response,
        ):
            return response.status, dict(response.headers), await response.read()

    return asyncio.run(send())


@contextmanager
def stalled_connections(page, count):
    """Keep WebSockets open that never read."""
    origin, token = origin_and_token(page)
    host, port = origin.removeprefix("http://").split(":")
    with ExitStack() as stack:
        for _ in range(count):
            connection = stack.enter_context(socket.socket())
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            connection.connect((host, int(port)))
            connection.sendall(
                f"GET /live?token={token} HTTP/1.1\r\nHost: {host}:{port}\r\n"
                f"Origin: {origin}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                "Sec-WebSocket-Version: 13\r\n"
                "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n".encode()
            )
        yield
