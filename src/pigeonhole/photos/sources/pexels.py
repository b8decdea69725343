"""Photos from Pexels: search and download.

The package ``pexels-api`` builds the requests and follows the pages. All requests go
through `Client` instead: the package's own request method prints the key, ends the
process with status 0 on any failure, and sends a User-Agent that the service refuses.
"""

import logging
import os
import re
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Any
from urllib.parse import quote_plus, urlencode, urlsplit

from pexels_api import API

from pigeonhole.core.errors import SourceError
from pigeonhole.photos.ledger import PhotoRow, Rejection, SkippedRow
from pigeonhole.photos.options import PEXELS_KEY_VARIABLE
from pigeonhole.photos.sources.client import (
    Client,
    Headers,
    Response,
    Sleep,
    describe_wait,
    retry_after,
)
from pigeonhole.photos.sources.download import Downloader
from pigeonhole.photos.sources.protocol import CollectRequest, SourceResult
from pigeonhole.photos.sources.search import (
    Offer,
    SearchClient,
    ServiceFailed,
    iter_offers,
    shape_mismatch,
    text_of,
)

log = logging.getLogger(__name__)

PEXELS_URL = "https://api.pexels.com/v1/"
PEXELS_URL_VARIABLE = "PEXELS_API_URL"
"""Environment variable that replaces the URL in tests."""
PEXELS_PAGE_SIZE = 80
"""The largest page that Pexels allows: a search for 200 photos takes 3 requests."""
PEXELS_MIN_PIXELS = {"small": 4_000_000, "medium": 12_000_000, "large": 24_000_000}
"""Pixels that the original of a photo has at least, by the filter for the size."""
QUOTA_HEADERS = ("X-Ratelimit-Limit", "X-Ratelimit-Remaining", "X-Ratelimit-Reset")
"""Requests per month, remaining requests, and end of the month."""


class MissingKey(SourceError):
    """There is no key for Pexels."""

    def __init__(self) -> None:
        super().__init__(
            "A search at Pexels needs a key, but the environment variable "
            f"{PEXELS_KEY_VARIABLE} is empty: get a free key at "
            "https://www.pexels.com/api/new/ and export it, or set photos.source: demo."
        )


class RefusedKey(SourceError):
    """Pexels doesn't accept the key."""

    def __init__(self, status: int | None = None) -> None:
        shown_status = f" (HTTP {status})" if status else ""
        super().__init__(
            f"Pexels refuses the key in {PEXELS_KEY_VARIABLE}{shown_status}: copy it "
            "again from https://www.pexels.com/api/key/, or set photos.source: demo."
        )


class LimitReached(SourceError):
    """The requests of this hour or month are used up."""

    def __init__(self, wait: float | None) -> None:
        super().__init__(
            "The request limit of Pexels is reached (HTTP 429; a new key has 200 "
            "requests an hour and 20,000 a month): try again "
            f"{describe_wait(wait)}, or set photos.source: demo. Downloaded photos are "
            "kept."
        )


class NothingFound(SourceError):
    """A search has no result."""

    def __init__(self, query: str) -> None:
        super().__init__(
            f"Pexels finds no photo for photos.query {query!r}: try another query."
        )


def collect(
    request: CollectRequest, key: str | None = None, sleep: Sleep = time.sleep
) -> SourceResult:
    """
    Search Pexels and download the photos that are missing.

    The key isn't needed if all pages of the search are cached.

    Parameters
    ----------
    request : CollectRequest
    key : str, optional
        The key for the API; the environment variable PEXELS_API_KEY by default.
    sleep : callable
        Waits for a number of seconds between tries.

    Raises
    ------
    MissingKey, RefusedKey, LimitReached, NothingFound, ServiceFailed
    """
    key = os.environ.get(PEXELS_KEY_VARIABLE, "") if key is None else key
    base = os.environ.get(PEXELS_URL_VARIABLE) or PEXELS_URL
    client = Client(sleep)
    search = PexelsSearch(key, base, client, request)
    return Downloader("pexels", request, client).download(search.iter_offers())


class PexelsSearch(API):  # type: ignore[misc]
    """
    The searches of ``pexels-api``, sent through our own client.

    Parameters
    ----------
    key : str
        It is sent in the header of requests to `base` and nowhere else.
    base : str
        URL of the service.
    client : Client
    request : CollectRequest
        Its options are the query, the download size and the filters, which are
        parameters unknown to the package: orientation, size, color and locale.
    """

    def __init__(
        self, key: str, base: str, client: Client, request: CollectRequest
    ) -> None:
        super().__init__(_check_key(key))
        self._base = base.rstrip("/") + "/"
        self._pages = SearchClient(
            "Pexels",
            {"photos": list},
            _check_response,
            client,
            request.downloads,
            request.removal_list.photos,
        )
        self._options = request.options

    def iter_offers(self) -> Iterator[Offer]:
        """Yield each photo of a search once. Pages are requested when needed."""
        size, filters = self._options["size"], self._options["filters"]
        read = partial(_read_entry, size, filters)
        not_found = NothingFound(self._options["query"])
        return iter_offers("pexels", self._iter_pages(), read, not_found)

    def _iter_pages(self) -> Iterator[list[Any]]:
        """Yield the photos of each page, as the service describes them."""
        # The package inserts the query into the URL without encoding it.
        query, filters = self._options["query"], urlencode(self._options["filters"])
        encoded = "&".join(filter(None, [quote_plus(query), filters]))
        self.search(encoded, PEXELS_PAGE_SIZE)
        if self.json["photos"] and isinstance(self.total_results, int):
            log.info("Pexels: %s photos for %r", f"{self.total_results:,}", query)
        while self.json["photos"]:
            yield self.json["photos"]
            if not self.next_page:
                return
            self.search_next_page()

    # Name mangling: this overrides the package's private method `__request`.
    def _API__request(self, url: str) -> None:  # noqa: N802
        """Request one page instead of the package."""
        url = str(url).replace(PEXELS_URL, self._base, 1)
        if (origin := _origin(url)) != _origin(self._base):
            reason = f"its next page is on another host ({origin})"
            raise ServiceFailed("Pexels", reason)
        self.request = self._pages.get(url, self._headers)
        self._API__update_page_properties()

    def _headers(self) -> Headers:
        if not self.PEXELS_AUTHORIZATION["Authorization"]:
            raise MissingKey
        return dict(self.PEXELS_AUTHORIZATION)


def _read_entry(
    size: str, filters: Mapping[str, str], entry: Mapping[str, Any]
) -> Offer | None:
    identifier = entry.get("id")
    # A bool is an int.
    if not re.fullmatch("[0-9]{1,19}", str(identifier)) or identifier is True:
        return None
    photo = f"pexels-{identifier}.jpg"
    min_pixels = PEXELS_MIN_PIXELS.get(filters.get("size", ""), 0)
    if mismatch := shape_mismatch(entry, filters.get("orientation"), min_pixels):
        return SkippedRow(photo, Rejection.NOT_REQUESTED, mismatch)
    urls = entry.get("src")
    return PhotoRow(
        photo=photo,
        source="pexels",
        photographer=text_of(entry, "photographer"),
        photographer_url=text_of(entry, "photographer_url"),
        page_url=text_of(entry, "url"),
        image_url=text_of(urls, size) if isinstance(urls, dict) else "",
        license="Pexels license",
    )


def _check_response(response: Response) -> None:
    if response.status_code in {401, 403}:
        raise RefusedKey(response.status_code)
    if response.status_code == 429:
        raise LimitReached(retry_after(response))
    _log_quota(response)


def _origin(url: str) -> str:
    """Return the scheme and host of a URL, or an empty string for an invalid one."""
    try:
        return "://".join(urlsplit(url)[:2])
    except ValueError:
        return ""


def _log_quota(response: Response) -> None:
    """Log the remaining requests of the month, if the headers contain them."""
    values = [response.headers.get(name, "") for name in QUOTA_HEADERS]
    if not all(re.fullmatch("[0-9]{1,18}", value) for value in values):
        return
    limit, remaining, reset = map(int, values)
    day = datetime.fromtimestamp(min(reset, 2**33), UTC).date()
    counts = f"{remaining:,} of {limit:,}"
    log.info("Pexels: %s requests remain until %s", counts, day)


def _check_key(key: str) -> str:
    """Return the stripped key; raise an error if it isn't valid in a header."""
    # requests would show an invalid header, and so the key, in its error message.
    key = key.strip()
    if not (key.isascii() and key.isprintable()) or " " in key:
        raise RefusedKey
    return key
