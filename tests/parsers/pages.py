"""What pages send: requests and messages to the live page and to the review page.

Both servers run as they are, in this thread, and are spoken to byte by byte. A handler
that fails or never comes to its end is a fault.
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
from live_samples import stage_of
from skimage import data

from parsers import file_of, parser, scratch
from pigeonhole.curation.review_page import OPENING
from pigeonhole.curation.review_server import Review
from pigeonhole.imaging.codecs import encode_jpeg
from pigeonhole.live.page.atlas import SetPages
from pigeonhole.live.page.certificate import own_certificate
from pigeonhole.live.page.protocol import FRAME, GUEST, UP
from pigeonhole.live.page.server import LOG, Server
from pigeonhole.live.page.sessions import Studio
from pigeonhole.web.guard import Gate

HOST, TOKEN = "127.0.0.1:1", "token"
PLACE = f"http://{HOST}"
PATIENCE = 60.0
"""Seconds: the first frame waits for a compiler. Fuzzers have less."""
TURNS = 8
"""Of the loop, after which a server that waits for no thread has read all."""
LOGS = ("asyncio", LOG.name)
CLOSING = ExitStack()
PAGE = f"""<html>{OPENING}%s</script></html>"""


class Faults(logging.Handler):
    """Raises what servers otherwise only write down."""

    def __init__(self):
        super().__init__(logging.ERROR)
        self.found = []

    def emit(self, record):
        error = record.exc_info and record.exc_info[1]
        self.found.append(error or RuntimeError(record.getMessage()))

    def tell(self):
        if self.found:
            raise self.found.pop()


class House:
    """An application and its event loop, with a door for one visitor at a time."""

    def __init__(self, app):
        self._loop = asyncio.new_event_loop()
        # A body that nobody wants is waited for, though not for long.
        self._runner = web.AppRunner(
            app, access_log=None, logger=LOG, lingering_time=0.05
        )
        self._loop.run_until_complete(self._runner.setup())
        self._faults = Faults()
        for name in LOGS:
            logging.getLogger(name).addHandler(self._faults)
            logging.getLogger(name).propagate = False

    def close(self):
        self._loop.run_until_complete(self._runner.cleanup())
        self._loop.close()
        for name in LOGS:
            logging.getLogger(name).removeHandler(self._faults)

    def visit(self, *sent, until=None):
        """Send bytes, go, and return what was answered."""
        return self._loop.run_until_complete(self._visit(sent, until))

    async def _visit(self, sent, until):
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        heard = bytearray()
        before = asyncio.all_tasks()
        with ours:
            await self._loop.connect_accepted_socket(self._runner.server, theirs)
            async with asyncio.timeout(PATIENCE):
                for part in sent:
                    await self._send(ours, part)
                    await self._turn(ours, heard)
                while until and until not in heard:
                    await self._turn(ours, heard)
            with suppress(OSError):
                ours.shutdown(socket.SHUT_WR)
            await self._turn(ours, heard)
        if left := asyncio.all_tasks() - before:
            _, hanging = await asyncio.wait(left, timeout=PATIENCE)
            assert not hanging, "a handler doesn't end"
        self._faults.tell()
        return bytes(heard)

    async def _send(self, ours, part):
        with suppress(ConnectionError):
            await self._loop.sock_sendall(ours, part)

    async def _turn(self, ours, heard):
        for _ in range(TURNS):
            await asyncio.sleep(0)
            with suppress(BlockingIOError, ConnectionError):
                heard += ours.recv(2**20)


@cache
def _live():
    """A live page for cameras of its own, with a guest; and the sizes that it takes."""
    stage = stage_of(sink="page", source="browser", guests=2, open=False)
    stage.palette.guests.join(np.ascontiguousarray(data.astronaut()))
    tiles = stage.palette.tiles("0")
    sets = [SetPages("0", tiles.tile_set, stage.settings.frame, tiles.cell)]
    gate = Gate("127.0.0.1")
    gate.token = TOKEN
    studio = Studio(stage, sets, own_cameras=True)
    house = House(Server(studio, sets, gate)._app())
    CLOSING.callback(studio.close)
    CLOSING.callback(house.close)
    return house, studio.expected


def close():
    """End the servers and their threads."""
    CLOSING.close()
    for made in (_live, _good_review):
        made.cache_clear()


def _request(path, *headers, body=b"", method="GET", token=f"?token={TOKEN}"):
    lines = [f"{method} {path}{token} HTTP/1.1", f"Host: {HOST}", f"Origin: {PLACE}"]
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


def _framed(kind, payload):
    """Return a WebSocket frame, masked with zeros."""
    size = len(payload)
    head = bytes((128 | kind, 128 | 127)) + size.to_bytes(8, "big")
    if size < 2**16:
        head = bytes((128 | kind, 128 | 126)) + size.to_bytes(2, "big")
    if size < 126:
        head = bytes((128 | kind, 128 | size))
    return head + bytes(4) + payload


def _text(**wish):
    return _framed(1, json.dumps(wish).encode())


@parser(
    lambda: _request("/"),
    lambda: _request("/page.js", "Sec-Fetch-Site: same-origin", token=""),
    lambda: _request("/atlas/0/0"),
    lambda: _request("/credit/0/1"),
    _handshake,
)
def live_request(content):
    _live()[0].visit(content)


@parser(
    lambda: _text(do="steady", on=True),
    lambda: _text(do="return", key="x") + _text(do="leave", key="x"),
    lambda: _framed(2, UP.pack(FRAME, 0, 0, 1) + bytes(24 * 32)),
    lambda: _framed(9, b"beat") + _framed(8, b"\x03\xe8"),
)
def live_frames(content):
    """Bytes of the socket."""
    _live()[0].visit(_handshake(), content)


@parser(
    lambda: b"t" + json.dumps({"do": "return", "key": "x"}).encode(),
    lambda: b"t" + json.dumps({"do": "leave", "key": "x"}).encode(),
    lambda: b"t" + json.dumps({"do": "steady", "on": True}).encode(),
    lambda: b"b" + UP.pack(FRAME, 0, 0, 1) + bytes(24 * 32),
    lambda: b"f" + bytes(range(256)),
    lambda: b"g" + bytes(range(256)),
)
def live_message(content):
    """
    A whole message: text, binary, a frame or a guest's picture of the right size.

    The first byte tells which; the bytes of pictures are repeated as often as needed.
    """
    house, expected = _live()
    kind, payload = content[:1], content[1:]
    shapes = {b"f": (FRAME, expected.frames[0]), b"g": (GUEST, expected.guest)}
    if kind in shapes:
        number, shape = shapes[kind]
        picture = np.resize(np.frombuffer(payload or b"\0", np.uint8), shape)
        head = UP.pack(number, 0, 0, 1)
        heard = b"guest" if kind == b"g" else None
        house.visit(_handshake(), _framed(2, head + picture.tobytes()), until=heard)
    else:
        house.visit(_handshake(), _framed(2 if kind == b"b" else 1, payload))


def _reviewed():
    photo = {
        "name": "a.jpg",
        "href": "a.jpg",
        "width": 4,
        "height": 3,
        "by": "",
        "page": "",
    }
    told = {
        "exclude": str(scratch() / "exclude.txt"),
        "list": "",
        "photos": [photo],
        "faces": [[0, 1, 2, 3, 4, 5.0, 64.0, 1.0, "", -1]],
    }
    return (PAGE % json.dumps(told)).encode()


@contextmanager
def _inside(folder):
    """A page's list is where the pipeline ran."""
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)


def _review(content):
    path = file_of("review.html", content)
    path.with_name("a.jpg").write_bytes(encode_jpeg(np.zeros((3, 4, 3), np.uint8)))
    review = Review(path)
    review.token = TOKEN
    return House(review.app(PLACE))


@cache
def _good_review():
    house = _review(_reviewed())
    CLOSING.callback(house.close)
    return house


@parser(_reviewed)
def review_page(content):
    """The page that the review's server shows and whose photos it serves."""
    with _inside(scratch()), closing(_review(content)) as house:
        for path in ("/", "/photo/0"):
            house.visit(_request(path))


SAVED = json.dumps({"add": ["a.jpg 1 2 3 4"], "remove": []}).encode()


@parser(
    lambda: _request("/"),
    lambda: _request("/photo/0"),
    lambda: _request("/exclusions", body=SAVED, method="POST"),
)
def review_request(content):
    _good_review().visit(content)


@parser(
    lambda: b"application/json\n" + SAVED,
    lambda: (
        b"text/plain; charset=utf-8\n"
        + json.dumps({"add": [], "remove": ["a.jpg 1 2 3 4"]}).encode()
    ),
)
def review_list(content):
    """A list to be saved, and its type."""
    kind, _, body = content.partition(b"\n")
    request = _request("/exclusions", "Content-Type: TYPE", body=body, method="POST")
    _good_review().visit(request.replace(b"TYPE", kind.replace(b"\r", b""), 1))


@cache
def _certificate():
    folder = scratch() / "tls"
    own_certificate("127.0.0.1", folder)
    return (folder / "live.pem").read_bytes()


@parser(_certificate)
def certificate(content):
    """The key and certificate that were kept; what is no good is made anew."""
    folder = file_of("tls/live.pem", content).parent
    own_certificate("127.0.0.1", folder)
