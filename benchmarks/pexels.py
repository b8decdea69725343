"""A local server that behaves like Pexels, and injects faults."""

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
    """Return a PNG of a few bytes whose header claims 400 megapixels."""
    header = b"IHDR" + struct.pack(">IIBBBBB", 20_000, 20_000, 8, 2, 0, 0, 0)
    chunk = struct.pack(">I", 13) + header + struct.pack(">I", zlib.crc32(header))
    return b"\x89PNG\r\n\x1a\n" + chunk + b"\0\0\0\0IDAT\x35\xaf\x06\x1e"


TEMPORARY_FAULTS = (
    "429",
    "429 with Retry-After",
    "500",
    "cut",
    "too short",
    "HTML once",
    "drip",
)
"""Faults of the first request for a photo only."""
PERMANENT_FAULTS = ("HTML", "another host", "400 megapixels")
"""Faults of every request for a photo, which is then skipped."""


class Server(ThreadingHTTPServer):
    """
    Serves generated photos.

    Parameters
    ----------
    photos : callable
        Returns the content of a photo by its number.
    total : int
        Number of photos.
    faults : dict, optional
        Faults by the number of the photo.
    delay : float
        Seconds before each photo.

    Attributes
    ----------
    requested : list of int
        Number of the photo of each request.
    shown_faults : list of int
        Number of the photo of each request that got a fault.
    """

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, photos, total, faults=None, delay=0.0):
        super().__init__(("127.0.0.1", 0), Handler)
        self.photos, self.total, self.delay = photos, total, delay
        self.faults = dict(faults or {})
        self.requested, self.shown_faults = [], []
        self.url = f"http://127.0.0.1:{self.server_port}/v1/"

    def page(self, query):
        size, number = int(query["per_page"][0]), int(query["page"][0])
        first, last = (number - 1) * size, min(number * size, self.total)
        page = {
            "page": number,
            "per_page": size,
            "total_results": self.total,
            "photos": [self.entry(n) for n in range(first, last)],
        }
        if last < self.total:
            page["next_page"] = (
                f"{self.url}search?page={number + 1}&per_page={size}&query=x"
            )
        return page

    def entry(self, number):
        return {
            "id": number,
            "url": f"https://www.pexels.com/photo/{number}/",
            "photographer": f"Author {number}",
            "photographer_url": f"https://www.pexels.com/@p{number}",
            "src": {"large": f"{self.url}image/{number}?h=650"},
        }


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        url = urlsplit(self.path)
        try:
            if url.path.startswith("/v1/image/"):
                self.image(int(url.path.rsplit("/", 1)[1]))
            elif self.headers["Authorization"] != KEY:
                self.respond(b"{}", 401)
            else:
                page = self.server.page(parse_qs(url.query))
                self.respond(json.dumps(page).encode(), **{"X-Ratelimit-Limit": 20_000})
        except (BrokenPipeError, ConnectionResetError):
            pass

    def image(self, number):
        server = self.server
        server.requested.append(number)
        time.sleep(server.delay)
        fault = server.faults.get(number)
        if fault in TEMPORARY_FAULTS:
            del server.faults[number]
        if fault:
            server.shown_faults.append(number)
            return self.fail(fault, server.photos(number))
        return self.respond(server.photos(number))

    def fail(self, fault, content):
        if fault == "429":
            self.respond(b"", 429)
        elif fault == "429 with Retry-After":
            self.respond(b"", 429, **{"Retry-After": 1})
        elif fault == "500":
            self.respond(b"oops", 500)
        elif fault == "cut":
            self.respond(
                content[: len(content) // 2], **{"Content-Length": len(content)}
            )
            self.close_connection = True
        elif fault == "too short":
            self.respond(content, **{"Content-Length": len(content) // 2})
            self.close_connection = True
        elif fault in ("HTML", "HTML once"):
            self.respond(b"<html>wait</html>", **{"Content-Type": "image/jpeg"})
        elif fault == "drip":
            self.respond(content, pause=0.5)
        elif fault == "another host":
            self.respond(b"", 302, Location="http://localhost:9/x.jpg")
        else:
            self.respond(bomb())

    def respond(self, body, status=200, pause=0, **headers):
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
def serve(server):
    """Serve in a thread while the block runs."""
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
