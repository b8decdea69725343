"""Local HTTP servers that behave like Pexels and Openverse, as fixtures."""

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest

from pigeonhole.imaging.codecs import encode_jpeg

KEY = "s3cr3t-KEY-0123456789"
UUID = "36537842-b067-4ca0-ad67-{:012d}"


def jpeg(number):
    return encode_jpeg(np.full((24, 32, 3), number % 256, np.uint8))


class PexelsServer:
    """
    Photos that the server offers, and the requests that it has received.

    Attributes
    ----------
    total : int
        Number of photos.
    searches, downloads : list
        Path and headers of each search; number and headers of each download.
    answers : list
        Responses to the next searches: status, headers and an optional body.
    images, first_images : dict
        Responses to all downloads of a photo, and to the first one, by number.
    next_host : str, optional
        URL of the server of the following pages.
    delay, byte_delay : float
        Seconds before each photo and between two bytes.
    """

    def __init__(self, url):
        self.url = url
        self.total = 200
        self.searches, self.downloads, self.answers = [], [], []
        self.images, self.first_images = {}, {}
        self.next_host = None
        self.delay = self.byte_delay = 0

    def photo(self, number):
        return {
            "id": number,
            "url": f"https://www.pexels.com/photo/{number}/",
            "photographer": f"Author {number}",
            "photographer_url": f"https://www.pexels.com/@p{number}",
            "src": {
                "large": f"{self.url}image/{number}?auto=compress&h=650",
                "medium": f"{self.url}image/{number}?auto=compress&h=350",
                "original": f"{self.url}image/{number}",
            },
        }

    def page(self, query):
        size, number = int(query["per_page"][0]), int(query["page"][0])
        first, last = (number - 1) * size, min(number * size, self.total)
        page = {
            "page": number,
            "per_page": size,
            "total_results": self.total,
            "photos": [self.photo(n) for n in range(first, last)],
        }
        if last < self.total:
            host = self.next_host or self.url
            page["next_page"] = (
                f"{host}search?page={number + 1}&per_page={size}&query=x"
            )
        return page


class PexelsHandler(BaseHTTPRequestHandler):
    def do_GET(self):
        service, url = self.server.service, urlsplit(self.path)
        if url.path.startswith("/v1/image/"):
            number = int(url.path.rsplit("/", 1)[1])
            service.downloads.append((number, dict(self.headers)))
            usual = service.images.get(number, (200, {}, jpeg(number)))
            status, headers, body = service.first_images.pop(number, usual)
            time.sleep(service.delay)
        else:
            service.searches.append((self.path, dict(self.headers)))
            body = json.dumps(service.page(parse_qs(url.query))).encode()
            status, headers = 200, {}
            if service.answers:
                status, headers, *given_body = service.answers.pop(0)
                body = given_body[0] if given_body else b"{}" if status != 200 else body
        self.send_response(status)
        for name, value in {"Content-Length": len(body), **headers}.items():
            self.send_header(name, str(value))
        self.end_headers()
        try:
            if service.byte_delay:
                for byte in body:
                    self.wfile.write(bytes([byte]))
                    time.sleep(service.byte_delay)
            else:
                self.wfile.write(body)
        except (BrokenPipeError, ConnectionResetError):
            pass

    def log_message(self, *arguments):
        pass


class OpenverseServer:
    """
    Photos that the server offers, and the requests that it has received.

    Attributes
    ----------
    total : int
        Number of photos.
    requests : list
        Path, query and headers of each request.
    answers : list
        Responses to the next searches: status and body.
    """

    def __init__(self, url):
        self.url = url
        self.total = 50
        self.requests, self.answers = [], []

    def page(self, number):
        first, last = 20 * (number - 1), min(20 * number, self.total)
        return {
            "result_count": self.total,
            "page_count": -(-self.total // 20),
            "page_size": 20,
            "page": number,
            "results": [self.photo(n) for n in range(first, last)],
        }

    def photo(self, number):
        is_by = number % 2
        licenses = "https://creativecommons.org"
        return {
            "id": UUID.format(number),
            "title": f"Photo {number}",
            "foreign_landing_url": f"https://www.flickr.com/photos/p/{number}",
            "url": f"{self.url}images/{UUID.format(number)}/original.jpg",
            "creator": f"Author {number}",
            "creator_url": f"https://www.flickr.com/photos/p{number}",
            "license": "by" if is_by else "cc0",
            "license_version": "2.0" if is_by else "1.0",
            "license_url": f"{licenses}/licenses/by/2.0/"
            if is_by
            else f"{licenses}/publicdomain/zero/1.0/",
            "thumbnail": f"{self.url}images/{UUID.format(number)}/thumb/",
        }


class OpenverseHandler(BaseHTTPRequestHandler):
    def do_GET(self):
        service, url = self.server.service, urlsplit(self.path)
        query = {key: values[0] for key, values in parse_qs(url.query).items()}
        service.requests.append((url.path, query, dict(self.headers)))
        status, body, content_type = 200, b"", "image/jpeg"
        if url.path == "/v1/images/":
            content_type = "application/json"
            if service.answers:
                status, body = service.answers.pop(0)
            elif int(query["page_size"]) > 20:
                status, body = 401, b'{"detail": "Page size must be <= 20"}'
            else:
                body = json.dumps(service.page(int(query["page"]))).encode()
        else:
            body = jpeg(int(url.path.split("/")[3][-12:]))
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments):
        pass


def serve(service_class, handler):
    """Run a server in a thread, and yield its service."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.service = service_class(f"http://127.0.0.1:{server.server_port}/v1/")
    thread = threading.Thread(
        target=server.serve_forever, kwargs={"poll_interval": 0.02}
    )
    thread.start()
    yield server.service
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def pexels_server(monkeypatch):
    for service in serve(PexelsServer, PexelsHandler):
        monkeypatch.setenv("PEXELS_API_URL", service.url)
        yield service


@pytest.fixture
def openverse_server(monkeypatch):
    for service in serve(OpenverseServer, OpenverseHandler):
        monkeypatch.setenv("OPENVERSE_API_URL", service.url)
        yield service
