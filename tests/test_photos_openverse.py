"""Openverse, played by a real HTTP server on this machine."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest

from pigeonhole.imaging.codecs import encode_jpeg
from pigeonhole.photos import options
from pigeonhole.photos.collect import collect_photos
from pigeonhole.photos.removal_list import Forgotten
from pigeonhole.photos.sources import openverse
from pigeonhole.settings import Settings

UUID = "36537842-b067-4ca0-ad67-{:012d}"


def jpeg(number):
    return encode_jpeg(np.full((24, 32, 3), number % 256, np.uint8))


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        service, url = self.server.service, urlsplit(self.path)
        asked = {key: values[0] for key, values in parse_qs(url.query).items()}
        service.asked.append((url.path, asked, dict(self.headers)))
        status, body, kind = 200, b"", "image/jpeg"
        if url.path == "/v1/images/":
            kind = "application/json"
            if service.answers:
                status, body = service.answers.pop(0)
            elif int(asked["page_size"]) > 20:
                status, body = 401, b'{"detail": "Page size must be <= 20"}'
            else:
                body = json.dumps(service.page(int(asked["page"]))).encode()
        else:
            body = jpeg(int(url.path.split("/")[3][-12:]))
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments):
        pass


class Service:
    total = 50

    def __init__(self, address):
        self.address = address
        self.asked, self.answers = [], []

    def page(self, page):
        first, last = 20 * (page - 1), min(20 * page, self.total)
        return {
            "result_count": self.total,
            "page_count": -(-self.total // 20),
            "page_size": 20,
            "page": page,
            "results": [self.photo(number) for number in range(first, last)],
        }

    def photo(self, number):
        by = number % 2
        return {
            "id": UUID.format(number),
            "title": f"Photo {number}",
            "foreign_landing_url": f"https://www.flickr.com/photos/p/{number}",
            "url": f"{self.address}images/{UUID.format(number)}/whole.jpg",
            "creator": f"Person {number}",
            "creator_url": f"https://www.flickr.com/photos/p{number}",
            "license": "by" if by else "cc0",
            "license_version": "2.0" if by else "1.0",
            "license_url": "https://creativecommons.org/licenses/by/2.0/"
            if by
            else "https://creativecommons.org/publicdomain/zero/1.0/",
            "thumbnail": f"{self.address}images/{UUID.format(number)}/thumb/",
        }


@pytest.fixture
def service(monkeypatch):
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    address = f"http://127.0.0.1:{server.server_port}/v1/"
    server.service = Service(address)
    monkeypatch.setenv("OPENVERSE_API_URL", address)
    thread = threading.Thread(
        target=server.serve_forever, kwargs={"poll_interval": 0.02}
    )
    thread.start()
    yield server.service
    server.shutdown()
    server.server_close()
    thread.join()


def run(folder, known=None, **photos):
    settings = Settings(photos={"source": "openverse", "count": 5, **photos})
    asked = options(settings, "openverse")
    return openverse.collect_openverse(
        folder, asked, known or {}, Forgotten(), sleep=lambda seconds: None
    )


def test_photos_come_with_licence_version_and_address(service, tmp_path):
    rows = {row.photo: row for row in run(tmp_path).rows}
    row = rows[f"openverse-{UUID.format(1)}.jpg"]
    assert (tmp_path / row.photo).read_bytes() == jpeg(1)
    assert row.source == "openverse"
    assert row.photographer == "Person 1"
    assert row.photographer_url == "https://www.flickr.com/photos/p1"
    assert row.page_url == "https://www.flickr.com/photos/p/1"
    assert row.licence == "CC BY 2.0 (https://creativecommons.org/licenses/by/2.0/)"
    assert rows[f"openverse-{UUID.format(0)}.jpg"].licence.startswith("CC0 1.0 (https")
    assert row.image_url.endswith("/thumb/")


def test_it_is_asked_as_it_wants(service, tmp_path):
    run(tmp_path, count=30, query="a & b", orientation="portrait", min_size="large")
    asked = [query for path, query, _ in service.asked if path == "/v1/images/"]
    assert [query["page"] for query in asked] == ["1", "2"]
    assert asked[0] == {
        "q": "a & b",
        "license": "cc0,by",
        "category": "photograph",
        "aspect_ratio": "tall",
        "size": "large",
        "page_size": "20",
        "page": "1",
    }
    for _, _, headers in service.asked:
        assert headers["User-Agent"].startswith("pigeonhole/")
        assert "Authorization" not in headers


def test_all_there_is_and_no_page_too_many(service, tmp_path):
    assert len(run(tmp_path, count=100).rows) == 50


def test_originals_only_if_asked(service, tmp_path):
    assert run(tmp_path, size="original").rows[0].image_url.endswith("/whole.jpg")


def test_a_second_run_asks_for_nothing(service, tmp_path):
    known = {row.photo: row for row in run(tmp_path).rows}
    service.asked.clear()
    assert {row.photo: row for row in run(tmp_path, known).rows} == known
    assert service.asked == []


@pytest.mark.parametrize(
    ("answer", "error", "words"),
    [
        ((429, b""), openverse.OpenverseFailed, "limit is reached"),
        ((500, b""), openverse.OpenverseFailed, "HTTP 500"),
        ((401, b""), openverse.OpenverseFailed, "HTTP 401"),
        ((200, b"<html>"), openverse.OpenverseFailed, "isn't a list of photos"),
        ((200, b"[]"), openverse.OpenverseFailed, "isn't a list of photos"),
        (
            (200, b'{"results": [{}], "page_count": 1}'),
            openverse.OpenverseFailed,
            "no number",
        ),
        (
            (200, b'{"results": [{"id": "../up"}], "page_count": 1}'),
            openverse.OpenverseFailed,
            "no number",
        ),
        (
            (200, b'{"results": [], "page_count": 0}'),
            openverse.NothingOpen,
            "licences cc0,by",
        ),
    ],
)
def test_each_failure_has_its_sentence(service, tmp_path, answer, error, words):
    service.answers = [answer] * 5
    with pytest.raises(error, match=words) as caught:
        run(tmp_path)
    assert "\n" not in str(caught.value)


def test_a_change_of_source_leaves_its_own_photos_only(service, tmp_path):
    (tmp_path / "pexels-1.jpg").write_bytes(jpeg(1))
    settings = Settings(photos={"source": "openverse", "count": 2})
    collect_photos(tmp_path, "openverse", options(settings, "openverse"))
    assert {path.name[:10] for path in tmp_path.glob("*.jpg")} == {"openverse-"}
