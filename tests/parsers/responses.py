"""Responses of photo services, and cached responses."""

import io
import json
import shutil
from contextlib import suppress
from http.client import HTTPException, parse_headers
from itertools import islice

import requests
from urllib3 import HTTPResponse

from parsers import file_of, parser, scratch
from pigeonhole.core.errors import SourceError
from pigeonhole.photos.downloads import REMOVED_KEY, DownloadCache
from pigeonhole.photos.ledger import (
    PhotoRow,
    SkippedRow,
    read_ledger,
    write_ledger,
    write_skipped,
)
from pigeonhole.photos.sources.client import Client, retry_after
from pigeonhole.photos.sources.openverse import search_openverse
from pigeonhole.photos.sources.pexels import PexelsSearch
from pigeonhole.photos.sources.protocol import CollectRequest

URL = "http://service.test/v1/"
LIMIT = 500
"""More requests or photos than a search with few responses has."""


class FakeNetwork(requests.adapters.BaseAdapter):
    """A network in which every request gets the same response."""

    def __init__(self, body, status=200, headers=()):
        super().__init__()
        self.body, self.status, self.headers = body, status, headers
        self.requests = 0

    def send(self, request, **_):
        self.requests += 1
        assert self.requests < LIMIT, "the requests never end"
        raw = HTTPResponse(
            io.BytesIO(self.body),
            headers=dict(self.headers),
            status=self.status,
            preload_content=False,
        )
        return requests.adapters.HTTPAdapter().build_response(request, raw)

    def close(self):
        pass


def _client(network):
    client = Client(lambda _: None, lambda: 0.0)
    for scheme in ("http://", "https://"):
        client._session.mount(scheme, network)
    return client


def _request(**filters):
    """Return a request with an empty cache."""
    folder = scratch() / "downloads"
    shutil.rmtree(folder, ignore_errors=True)
    options = {"query": "cats", "size": "large", "filters": filters}
    return CollectRequest(scratch(), options, downloads=DownloadCache(folder))


def _check(offers):
    """Check that photo names are safe, and that ledgers can store the rows."""
    offers = list(islice(offers, LIMIT))
    assert len(offers) < LIMIT
    assert all(row.photo.isascii() and "/" not in row.photo for row in offers)
    assert all(len(row.photo) < 100 for row in offers)
    rows = [row for row in offers if isinstance(row, PhotoRow)]
    path = scratch() / "offered.csv"
    write_ledger(path, rows)
    assert read_ledger(path) == sorted(rows, key=lambda row: row.photo)
    write_skipped(path, [row for row in offers if isinstance(row, SkippedRow)])


def _pexels_page(**changes):
    entry = {
        "id": 7,
        "url": "https://www.pexels.com/photo/7/",
        "photographer": "Ann",
        "photographer_url": "https://www.pexels.com/@ann",
        "src": {"large": f"{URL}7.jpeg"},
    }
    page = {"page": 1, "per_page": 80, "total_results": 1, "photos": [entry]}
    return json.dumps(page | changes).encode()


@parser(_pexels_page, lambda: _pexels_page(next_page=f"{URL}search?page=2"))
def pexels(content):
    """Parse a page of search results."""
    client = _client(FakeNetwork(content))
    _check(PexelsSearch("key", URL, client, _request()).iter_offers())


def _openverse_page():
    entry = {
        "id": "36537842-b067",
        "creator": "Ann",
        "creator_url": "https://example.org/ann",
        "foreign_landing_url": "https://example.org/7",
        "url": f"{URL}7.jpeg",
        "thumbnail": f"{URL}7/thumb",
        "license": "by",
        "license_version": "2.0",
        "license_url": "https://creativecommons.org/licenses/by/2.0/",
    }
    return json.dumps({"result_count": 1, "page_count": 2, "results": [entry]}).encode()


@parser(_openverse_page)
def openverse(content):
    """Parse a page of search results."""
    client = _client(FakeNetwork(content))
    _check(search_openverse(URL, client, _request(license="by")))


SEARCH_URL = f"{URL}search?query=cats&per_page=80&page=1"


@parser(
    lambda: json.dumps(
        {"source": "pexels", "url": SEARCH_URL, "page": json.loads(_pexels_page())}
    ).encode(),
    lambda: json.dumps(
        {"url": SEARCH_URL, "page": {"photos": [{"id": 7, REMOVED_KEY: "a.jpg"}]}}
    ).encode(),
)
def cached_search(content):
    """Parse a cached page of search results."""
    request = _request()
    path = request.downloads._search_path(SEARCH_URL)
    file_of(path.relative_to(scratch()).as_posix(), content)
    client = _client(FakeNetwork(_pexels_page()))
    _check(PexelsSearch("key", URL, client, request).iter_offers())
    request.downloads.delete((), {"pexels-7.jpg"})


@parser(
    lambda: b"302\nLocation: /elsewhere\n\nbody",
    lambda: b"429\nRetry-After: Wed, 21 Oct 2026 07:28:00 GMT\n\n",
    lambda: (
        b"200\nX-Ratelimit-Limit: 9\nX-Ratelimit-Remaining: 8\n"
        b"X-Ratelimit-Reset: 7\n\n" + _pexels_page()
    ),
)
def http_response(content):
    """Parse a status, headers and a body."""
    status, _, rest = content.partition(b"\n")
    head, _, body = rest.partition(b"\n\n")
    try:
        headers = parse_headers(io.BytesIO(head + b"\r\n\r\n")).items()
    except HTTPException:
        # The HTTP library rejects these headers.
        return
    number = 200 + int.from_bytes(status[:3], "big") % 400
    if status.isdigit() and len(status) == 3:
        number = int(status)
    client = _client(FakeNetwork(body, number, headers))
    with suppress(requests.RequestException):
        retry_after(client.get(f"{URL}7.jpeg", cross_host=True))
    # Some valid responses, such as status 401, raise an error.
    with suppress(SourceError):
        _check(PexelsSearch("key", URL, client, _request()).iter_offers())
