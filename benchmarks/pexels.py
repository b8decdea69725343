"""Pexels on this machine: its documented protocol, with faults mixed in."""

import json
import struct
import threading
import time
import zlib
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

KEY = "s3cr3t-KEY-0123456789"


def bomb():
    """A PNG of a few bytes that says it has 400 megapixels."""
    head = b"IHDR" + struct.pack(">IIBBBBB", 20_000, 20_000, 8, 2, 0, 0, 0)
    told = struct.pack(">I", 13) + head + struct.pack(">I", zlib.crc32(head))
    return b"\x89PNG\r\n\x1a\n" + told + b"\0\0\0\0IDAT\x35\xaf\x06\x1e"


PASSING = (
    "429",
    "429 with Retry-After",
    "500",
    "cut",
    "too short",
    "HTML once",
    "drip",
)
"""Faults that the photo gets over when it is asked for again."""
LASTING = ("HTML", "another host", "400 megapixels")
"""Faults that stay: the photo is passed over."""


class Server(ThreadingHTTPServer):
    """
    Serves `photos`, a function of the number; `faults` maps numbers to kinds.

    ``asked`` lists the number of each photo that was asked for, ``told`` the numbers
    whose fault was shown, and ``slow`` is how many seconds each photo takes.
    """

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, photos, total, faults=None, slow=0.0):
        super().__init__(("127.0.0.1", 0), Handler)
        self.photos, self.total, self.slow = photos, total, slow
        self.faults = dict(faults or {})
        self.asked, self.told = [], []
        self.address = f"http://127.0.0.1:{self.server_port}/v1/"

    def page(self, query):
        size, number = int(query["per_page"][0]), int(query["page"][0])
        first, last = (number - 1) * size, min(number * size, self.total)
        told = {
            "page": number,
            "per_page": size,
            "total_results": self.total,
            "photos": [self.entry(n) for n in range(first, last)],
        }
        if last < self.total:
            told["next_page"] = (
                f"{self.address}search?page={number + 1}&per_page={size}&query=x"
            )
        return told

    def entry(self, number):
        return {
            "id": number,
            "url": f"https://www.pexels.com/photo/{number}/",
            "photographer": f"Person {number}",
            "photographer_url": f"https://www.pexels.com/@p{number}",
            "src": {"large": f"{self.address}image/{number}?h=650"},
        }


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        url = urlsplit(self.path)
        try:
            if url.path.startswith("/v1/image/"):
                self.image(int(url.path.rsplit("/", 1)[1]))
            elif self.headers["Authorization"] != KEY:
                self.answer(b"{}", 401)
            else:
                page = self.server.page(parse_qs(url.query))
                self.answer(json.dumps(page).encode(), **{"X-Ratelimit-Limit": 20_000})
        except (BrokenPipeError, ConnectionResetError):
            pass

    def image(self, number):
        server = self.server
        server.asked.append(number)
        time.sleep(server.slow)
        kind = server.faults.get(number)
        if kind in PASSING:
            del server.faults[number]
        if kind:
            server.told.append(number)
            return self.fail(kind, server.photos(number))
        return self.answer(server.photos(number))

    def fail(self, kind, good):
        if kind == "429":
            self.answer(b"", 429)
        elif kind == "429 with Retry-After":
            self.answer(b"", 429, **{"Retry-After": 1})
        elif kind == "500":
            self.answer(b"oops", 500)
        elif kind == "cut":
            self.answer(good[: len(good) // 2], **{"Content-Length": len(good)})
            self.close_connection = True
        elif kind == "too short":
            self.answer(good, **{"Content-Length": len(good) // 2})
            self.close_connection = True
        elif kind in ("HTML", "HTML once"):
            self.answer(b"<html>wait</html>", **{"Content-Type": "image/jpeg"})
        elif kind == "drip":
            self.answer(good, pause=0.5)
        elif kind == "another host":
            self.answer(b"", 302, Location="http://localhost:9/x.jpg")
        else:
            self.answer(bomb())

    def answer(self, body, status=200, pause=0, **headers):
        self.send_response(status)
        for name, value in {"Content-Length": len(body), **headers}.items():
            self.send_header(name, str(value))
        self.end_headers()
        for start in range(0, len(body), 100) if pause else ():
            self.wfile.write(body[start : start + 100])
            time.sleep(pause)
        if not pause:
            self.wfile.write(body)

    def log_message(self, *arguments):
        pass


@contextmanager
def serving(server):
    """Serve in a thread for as long as the block lasts."""
    thread = threading.Thread(
        target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
    )
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
