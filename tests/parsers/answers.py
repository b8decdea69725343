"""What services answer, and what is kept of it."""

import io
import json
from contextlib import suppress
from http.client import HTTPException, parse_headers
from itertools import islice

import requests
from urllib3 import HTTPResponse

from parsers import file_of, parser, scratch
from pigeonhole.core.errors import SourceError
from pigeonhole.photos.ledger import read_ledger, write_ledger
from pigeonhole.photos.sources.client import Client, retry_after
from pigeonhole.photos.sources.openverse import Openverse
from pigeonhole.photos.sources.pexels import Pexels, offered
from pigeonhole.photos.sources.searches import Searches

HOST = "http://service.test/v1/"
MANY = 500
"""Photos; a search of a few answers has fewer."""


class Wire(requests.adapters.BaseAdapter):
    """A network on which every question gets the same answer."""

    def __init__(self, body, status=200, headers=()):
        super().__init__()
        self.body, self.status, self.headers, self.asked = body, status, headers, 0

    def send(self, request, **_):
        self.asked += 1
        assert self.asked < MANY, "it asks without end"
        raw = HTTPResponse(
            io.BytesIO(self.body),
            headers=dict(self.headers),
            status=self.status,
            preload_content=False,
        )
        return requests.adapters.HTTPAdapter().build_response(request, raw)

    def close(self):
        pass


def _client(wire):
    client = Client(lambda _: None, lambda: 0.0)
    for scheme in ("http://", "https://"):
        client._session.mount(scheme, wire)
    return client


def _searches():
    folder = scratch() / "searches"
    for path in folder.glob("*"):
        path.unlink()
    return Searches(folder)


def _check(offers):
    """Photos have names of their own, and a ledger holds what is told of them."""
    rows = list(islice(offers, MANY))
    assert len(rows) < MANY
    assert all(row.photo.isascii() and "/" not in row.photo for row in rows)
    assert all(len(row.photo) < 100 for row in rows)
    path = scratch() / "offered.csv"
    write_ledger(path, rows)
    assert read_ledger(path) == sorted(rows, key=lambda row: row.photo)


def _pexels_answer(**changes):
    entry = {
        "id": 7,
        "url": "https://www.pexels.com/photo/7/",
        "photographer": "Ann",
        "photographer_url": "https://www.pexels.com/@ann",
        "src": {"large": f"{HOST}7.jpeg"},
    }
    usual = {"page": 1, "per_page": 80, "total_results": 1, "photos": [entry]}
    return json.dumps(usual | changes).encode()


@parser(_pexels_answer, lambda: _pexels_answer(next_page=f"{HOST}search?page=2"))
def pexels(content):
    client = _client(Wire(content))
    _check(offered(Pexels("key", HOST, client, _searches(), {}), "cats", "large"))


def _openverse_answer():
    entry = {
        "id": "36537842-b067",
        "creator": "Ann",
        "creator_url": "https://example.org/ann",
        "foreign_landing_url": "https://example.org/7",
        "url": f"{HOST}7.jpeg",
        "thumbnail": f"{HOST}7/thumb",
        "license": "by",
        "license_version": "2.0",
        "license_url": "https://creativecommons.org/licenses/by/2.0/",
    }
    return json.dumps({"result_count": 1, "page_count": 2, "results": [entry]}).encode()


@parser(_openverse_answer)
def openverse(content):
    search = Openverse(HOST, _client(Wire(content)), _searches())
    _check(search.offered("cats", {"license": "by"}, "original"))


ASKED = f"{HOST}search?query=cats&per_page=80&page=1"


@parser(
    lambda: json.dumps({"url": ASKED, "answer": json.loads(_pexels_answer())}).encode()
)
def kept_search(content):
    """An answer of the last day, in a file."""
    searches = _searches()
    file_of(f"searches/{searches._path(ASKED).name}", content)
    client = _client(Wire(_pexels_answer()))
    _check(offered(Pexels("key", HOST, client, searches, {}), "cats", "large"))


@parser(
    lambda: b"302\nLocation: /elsewhere\n\nbody",
    lambda: b"429\nRetry-After: Wed, 21 Oct 2026 07:28:00 GMT\n\n",
    lambda: (
        b"200\nX-Ratelimit-Limit: 9\nX-Ratelimit-Remaining: 8\n"
        b"X-Ratelimit-Reset: 7\n\n" + _pexels_answer()
    ),
)
def answer(content):
    """Status and headers, redirects among them."""
    status, _, rest = content.partition(b"\n")
    head, _, body = rest.partition(b"\n\n")
    try:
        headers = parse_headers(io.BytesIO(head + b"\r\n\r\n")).items()
    except HTTPException:
        # No answer for those who ask.
        return
    number = 200 + int.from_bytes(status[:3], "big") % 400
    if status.isdigit() and len(status) == 3:
        number = int(status)
    client = _client(Wire(body, number, headers))
    with suppress(requests.RequestException):
        retry_after(client.get(f"{HOST}7.jpeg", anywhere=True))
    api = Pexels("key", HOST, client, _searches(), {})
    # Some answers that are as they should be are a refusal.
    with suppress(SourceError):
        _check(offered(api, "cats", "large"))
