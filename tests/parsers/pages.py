"""Requests and messages to the live page and to the review page.

Both servers run unchanged in this thread and receive bytes over a socket. A handler
must not raise an unexpected exception, and it must finish.
"""

import asyncio
import json
import logging
import os
import socket
from contextlib import ExitStack, closing, contextmanager, suppress
from functools import cache
from pathlib import Path

import numpy as np
from aiohttp import web
from live_samples import make_session
from skimage import data

from parsers import file_of, parser, scratch
from pigeonhole.curation.review_page import DATA_END, DATA_START
from pigeonhole.curation.review_server import ReviewServer, review_guard
from pigeonhole.imaging.codecs import encode_jpeg
from pigeonhole.live.page.atlas import AtlasPages
from pigeonhole.live.page.certificate import self_signed_certificate
from pigeonhole.live.page.protocol import FRAME, GUEST, IMAGE_HEADER
from pigeonhole.live.page.server import PAGE_POLICY, Server, log
from pigeonhole.live.page.sessions import SessionManager
from pigeonhole.web.guard import RequestGuard

LOOPBACK, PORT, TOKEN = "127.0.0.1", 1, "token"
HOST = f"{LOOPBACK}:{PORT}"
ORIGIN = f"http://{HOST}"
TIMEOUT = 60.0
"""Seconds. The first frame waits for the compiler; fuzzers have shorter timeouts."""
ITERATIONS = 8
"""Iterations of the event loop in which a server reads all data it has received."""
LOGGERS = ("asyncio", log.name)
CLEANUP = ExitStack()


class RaisingHandler(logging.Handler):
    """A log handler that collects the errors that a server logs, to raise them."""

    def __init__(self):
        super().__init__(logging.ERROR)
        self._errors = []

    def emit(self, record):
        error = record.exc_info and record.exc_info[1]
        self._errors.append(error or RuntimeError(record.getMessage()))

    def raise_last(self):
        if self._errors:
            raise self._errors.pop()


class LocalServer:
    """An application and its event loop, for one connection at a time."""

    def __init__(self, app):
        self._loop = asyncio.new_event_loop()
        # Wait only briefly for a request body that the handler doesn't read.
        self._runner = web.AppRunner(
            app, access_log=None, logger=log, lingering_time=0.05
        )
        self._loop.run_until_complete(self._runner.setup())
        self._errors = RaisingHandler()
        for name in LOGGERS:
            logging.getLogger(name).addHandler(self._errors)
            logging.getLogger(name).propagate = False

    def close(self):
        self._loop.run_until_complete(self._runner.cleanup())
        self._loop.close()
        for name in LOGGERS:
            logging.getLogger(name).removeHandler(self._errors)

    def send(self, *messages, until=None):
        """Send bytes, disconnect, and return what was received."""
        return self._loop.run_until_complete(self._send(messages, until))

    async def _send(self, messages, until):
        client, server = socket.socketpair()
        client.setblocking(False)
        received = bytearray()
        tasks_before = asyncio.all_tasks()
        with client:
            await self._loop.connect_accepted_socket(self._runner.server, server)
            async with asyncio.timeout(TIMEOUT):
                for message in messages:
                    with suppress(ConnectionError):
                        await self._loop.sock_sendall(client, message)
                    await self._receive(client, received)
                while until and until not in received:
                    await self._receive(client, received)
            with suppress(OSError):
                client.shutdown(socket.SHUT_WR)
            await self._receive(client, received)
        if tasks := asyncio.all_tasks() - tasks_before:
            _, pending = await asyncio.wait(tasks, timeout=TIMEOUT)
            assert not pending, "a handler doesn't finish"
        self._errors.raise_last()
        return bytes(received)

    async def _receive(self, client, received):
        for _ in range(ITERATIONS):
            await asyncio.sleep(0)
            with suppress(BlockingIOError, ConnectionError):
                received += client.recv(2**20)


@cache
def _live():
    """Return a server with a guest, and the shapes of images that it accepts."""
    session = make_session(sink="page", source="browser", guests=2, open_browser=False)
    session.tile_sets.guests.join(np.ascontiguousarray(data.astronaut()))
    tile_set = session.tile_sets.get("0")
    atlas = AtlasPages("0", tile_set.original, tile_set.cell_size)
    guard = RequestGuard(LOOPBACK, PAGE_POLICY)
    guard.token = TOKEN
    manager = SessionManager(session, [atlas], own_cameras=True)
    server = LocalServer(Server(manager, [atlas], guard).application())
    CLEANUP.callback(manager.close)
    CLEANUP.callback(server.close)
    return server, manager.shapes


def close():
    """Stop the servers and their threads."""
    CLEANUP.close()
    for create in (_live, _good_review):
        create.cache_clear()


def _request(path, *headers, body=b"", method="GET", token=f"?token={TOKEN}"):
    lines = [f"{method} {path}{token} HTTP/1.1", f"Host: {HOST}", f"Origin: {ORIGIN}"]
    if body:
        headers = (*headers, f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, *headers, "", ""]).encode() + body


def _handshake():
    return _request(
        "/live",
        "Connection: Upgrade",
        "Upgrade: websocket",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    )


def _websocket_frame(opcode, payload):
    """Return a WebSocket frame, masked with zeros."""
    size = len(payload)
    header = bytes((128 | opcode, 128 | 127)) + size.to_bytes(8, "big")
    if size < 2**16:
        header = bytes((128 | opcode, 128 | 126)) + size.to_bytes(2, "big")
    if size < 126:
        header = bytes((128 | opcode, 128 | size))
    return header + bytes(4) + payload


def _command(**command):
    return _websocket_frame(1, json.dumps(command).encode())


@parser(
    lambda: _request("/"),
    lambda: _request("/live/main.js", "Sec-Fetch-Site: same-origin", token=""),
    lambda: _request("/atlas/0/0"),
    lambda: _request("/credit/0/1"),
    _handshake,
)
def live_request(content):
    """Parse an HTTP request to the live page."""
    _live()[0].send(content)


@parser(
    lambda: _command(do="steady", on=True),
    lambda: _command(do="return", key="x") + _command(do="leave", key="x"),
    lambda: _websocket_frame(2, IMAGE_HEADER.pack(FRAME, 0, 0, 1) + bytes(24 * 32)),
    lambda: _websocket_frame(9, b"beat") + _websocket_frame(8, b"\x03\xe8"),
)
def live_frames(content):
    """Parse the bytes of a WebSocket."""
    _live()[0].send(_handshake(), content)


@parser(
    lambda: b"t" + json.dumps({"do": "return", "key": "x"}).encode(),
    lambda: b"t" + json.dumps({"do": "leave", "key": "x"}).encode(),
    lambda: b"t" + json.dumps({"do": "steady", "on": True}).encode(),
    lambda: b"b" + IMAGE_HEADER.pack(FRAME, 0, 0, 1) + bytes(24 * 32),
    lambda: b"f" + bytes(range(256)),
    lambda: b"g" + bytes(range(256)),
)
def live_message(content):
    """
    Parse a message: text, binary, or a frame or guest's image of the right size.

    The first byte selects the kind. The bytes of images are repeated as necessary.
    """
    server, shapes = _live()
    kind, payload = content[:1], content[1:]
    images = {b"f": (FRAME, shapes.frames[0]), b"g": (GUEST, shapes.guest)}
    if kind in images:
        number, shape = images[kind]
        image = np.resize(np.frombuffer(payload or b"\0", np.uint8), shape)
        header = IMAGE_HEADER.pack(number, 0, 0, 1)
        answer = b"guest" if kind == b"g" else None
        message = _websocket_frame(2, header + image.tobytes())
        server.send(_handshake(), message, until=answer)
    else:
        opcode = 2 if kind == b"b" else 1
        server.send(_handshake(), _websocket_frame(opcode, payload))


def _review_page():
    photo = {
        "name": "a.jpg",
        "href": "a.jpg",
        "sha256": "",
        "fingerprint": "",
        "width": 4,
        "height": 3,
        "photographer": "",
        "page": "",
    }
    page_data = {
        "list_path": str(scratch() / "exclude.txt"),
        "list_lines": [],
        "photos": [photo],
        "faces": [[0, 1, 2, 3, 4, 5.0, 64.0, 1.0, "", "", -1]],
    }
    return f"<html>{DATA_START}{json.dumps(page_data)}{DATA_END}</html>".encode()


@contextmanager
def _working_directory(folder):
    """Change the working directory; paths in a review page are relative to it."""
    previous = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(previous)


def _serve_review(content):
    path = file_of("review.html", content)
    path.with_name("a.jpg").write_bytes(encode_jpeg(np.zeros((3, 4, 3), np.uint8)))
    guard = review_guard(PORT)
    guard.token = TOKEN
    return LocalServer(ReviewServer(path).application(guard))


@cache
def _good_review():
    server = _serve_review(_review_page())
    CLEANUP.callback(server.close)
    return server


@parser(_review_page)
def review_page(content):
    """Parse a review page and serve it and its photos."""
    with _working_directory(scratch()), closing(_serve_review(content)) as server:
        for path in ("/", "/photo/0"):
            server.send(_request(path))


CHANGES = json.dumps({"add": [0], "remove": []}).encode()


@parser(
    lambda: _request("/"),
    lambda: _request("/photo/0"),
    lambda: _request("/exclusions", body=CHANGES, method="POST"),
)
def review_request(content):
    """Parse an HTTP request to the review page."""
    _good_review().send(content)


@parser(
    lambda: b"application/json\n" + CHANGES,
    lambda: (
        b"text/plain; charset=utf-8\n" + json.dumps({"add": [], "remove": [0]}).encode()
    ),
)
def review_list(content):
    """Parse a content type and a list to be saved."""
    content_type, _, body = content.partition(b"\n")
    request = _request("/exclusions", "Content-Type: TYPE", body=body, method="POST")
    content_type = content_type.replace(b"\r", b"")
    _good_review().send(request.replace(b"TYPE", content_type, 1))


@cache
def _certificate():
    folder = scratch() / "tls"
    self_signed_certificate(LOOPBACK, folder)
    return (folder / "live.pem").read_bytes()


@parser(_certificate)
def certificate(content):
    """Load a stored key and certificate; an invalid one is replaced."""
    folder = file_of("tls/live.pem", content).parent
    self_signed_certificate(LOOPBACK, folder)
