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
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus, urlencode, urlsplit

from pexels_api import API

from pigeonhole.core.errors import SourceError
from pigeonhole.photos.ledger import PhotoRow
from pigeonhole.photos.options import PEXELS_KEY_VARIABLE
from pigeonhole.photos.sources.client import Client, Response, Sleep, retry_after
from pigeonhole.photos.sources.download import Downloader
from pigeonhole.photos.sources.protocol import CollectRequest, SourceResult
from pigeonhole.photos.sources.search import SearchClient, ServiceFailed, iter_unique

log = logging.getLogger(__name__)

PEXELS_URL = "https://api.pexels.com/v1/"
PEXELS_URL_VARIABLE = "PEXELS_API_URL"
"""Environment variable that replaces the URL in tests."""
PEXELS_PAGE_SIZE = 80
"""The largest page that Pexels allows: a search for 200 photos takes 3 requests."""
QUOTA_HEADERS = ("X-Ratelimit-Limit", "X-Ratelimit-Remaining", "X-Ratelimit-Reset")
"""Requests per month, remaining requests, and end of the month."""


class MissingKey(SourceError):
    """There is no key for Pexels."""

    def __init__(self) -> None:
        super().__init__(
            "photos.source is pexels, but the environment variable "
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
        when = f"in {wait:.0f} seconds" if wait else "in an hour"
        super().__init__(
            "The request limit of Pexels is reached (HTTP 429; a new key has 200 "
            f"requests an hour and 20,000 a month): try again {when}, or set "
            "photos.source: demo. Downloaded photos are kept."
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
    if not key.strip():
        raise MissingKey
    client, options = Client(sleep), request.options
    base = os.environ.get(PEXELS_URL_VARIABLE) or PEXELS_URL
    search = PexelsSearch(key, base, client, request.cache.searches, options["filters"])
    offers = iter_offers(search, options["query"], options["size"])
    return Downloader(request, client).download(offers)


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
    folder : Path, optional
        Folder of cached responses.
    filters : mapping
        Parameters unknown to the package: orientation, size, color and locale.
    """

    def __init__(
        self,
        key: str,
        base: str,
        client: Client,
        folder: Path | None,
        filters: Mapping[str, str],
    ) -> None:
        super().__init__(_check_key(key))
        self._base = base.rstrip("/") + "/"
        self._pages = SearchClient(
            "Pexels", {"photos": list}, _check_response, client, folder
        )
        self._filters = urlencode(filters)

    def iter_pages(self, query: str) -> Iterator[list[dict[str, Any]]]:
        """Yield the photos of each page, as the service describes them."""
        # The package inserts the query into the URL without encoding it.
        encoded = "&".join(filter(None, [quote_plus(query), self._filters]))
        self.search(encoded, PEXELS_PAGE_SIZE)
        if self.json["photos"]:
            log.info("Pexels: %s photos for %r", self.total_results, query)
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
        self.request = self._pages.get(url, self.PEXELS_AUTHORIZATION)
        self._API__update_page_properties()


def iter_offers(search: PexelsSearch, query: str, size: str) -> Iterator[PhotoRow]:
    """Yield each photo of a search once. Pages are requested when they are needed."""
    pages = search.iter_pages(query)
    rows = ([_row(entry, size) for entry in page] for page in pages)
    return iter_unique(rows, NothingFound(query))


def _row(entry: Mapping[str, Any], size: str) -> PhotoRow:
    try:
        number = int(entry["id"])
    except (KeyError, TypeError, ValueError, OverflowError):
        number = -1
    if not 0 <= number < 2**63:
        raise ServiceFailed("Pexels", "a photo in the response has no valid id")
    urls = entry.get("src")
    return PhotoRow(
        photo=f"pexels-{number}.jpg",
        source="pexels",
        photographer=str(entry.get("photographer") or ""),
        photographer_url=str(entry.get("photographer_url") or ""),
        page_url=str(entry.get("url") or ""),
        image_url=str(urls.get(size) or "") if isinstance(urls, dict) else "",
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
    log.info("Pexels: %d of %d requests remain until %s", remaining, limit, day)


def _check_key(key: str) -> str:
    """Return the stripped key; raise an error if it isn't valid in a header."""
    # requests would show an invalid header, and so the key, in its error message.
    key = key.strip()
    if not (key.isascii() and key.isprintable()) or " " in key:
        raise RefusedKey
    return key
