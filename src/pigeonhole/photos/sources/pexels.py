"""Photos from Pexels: search, download, credit.

``pexels-api`` asks and pages; every request goes through our own client, because the
library's own prints the key, ends the process with status 0 on any failure, and sends a
User-Agent that the service refuses.
"""

import os
import re
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus, urlencode, urlsplit

import requests
from pexels_api import API

from pigeonhole.core.errors import SourceError
from pigeonhole.photos.ledger import PhotoRow
from pigeonhole.photos.removal_list import Forgotten
from pigeonhole.photos.sources.client import (
    Answer,
    Client,
    Sleep,
    reason_of,
    retry_after,
)
from pigeonhole.photos.sources.download import Downloads
from pigeonhole.photos.sources.result import Found
from pigeonhole.photos.sources.searches import Searches, each_once
from pigeonhole.pipeline.script import log

SERVICE = "https://api.pexels.com/v1/"
ADDRESS = "PEXELS_API_URL"
"""The environment variable that names another server, for tests."""
PER_PAGE = 80
"""The most that Pexels gives at once: a search of 200 photos is 3 requests."""
ALLOWANCE = ("Limit", "Remaining", "Reset")
"""Headers that tell of the month: requests, those left, when it ends."""
LICENCE = "Pexels licence"


class MissingKey(SourceError):
    """There is no key for Pexels."""

    def __init__(self) -> None:
        super().__init__(
            "photos.source is pexels, but the environment variable PEXELS_API_KEY is "
            "empty: get a free key at https://www.pexels.com/api/new/ and export it, "
            "or set photos.source: demo."
        )


class RefusedKey(SourceError):
    """Pexels doesn't accept the key."""

    def __init__(self, status: int | None = None) -> None:
        told = f" (HTTP {status})" if status else ""
        super().__init__(
            f"Pexels refuses the key in PEXELS_API_KEY{told}: copy it again from "
            "https://www.pexels.com/api/key/, or set photos.source: demo."
        )


class LimitReached(SourceError):
    """The requests of this hour or month are used up."""

    def __init__(self, wait: float | None) -> None:
        told = f" It asks for {wait:.0f} seconds of rest." if wait else ""
        super().__init__(
            "Pexels' limit is reached (HTTP 429; 200 requests an hour and 20,000 a "
            f"month for a new key).{told} Try again in an hour: what is downloaded "
            "stays. Or set photos.source: demo."
        )


class NothingFound(SourceError):
    """A search has no result."""

    def __init__(self, query: str) -> None:
        super().__init__(
            f"Pexels finds no photo for photos.query {query!r}: try another word."
        )


class ServiceFailed(SourceError):
    """Pexels doesn't answer, or not as it should."""

    def __init__(self, reason: str) -> None:
        super().__init__(
            f"Pexels can't be asked: {reason}. Try again later, or set photos.source: "
            "demo."
        )


class Pexels(API):  # type: ignore[misc]
    """
    The library's paging over our own client.

    Parameters
    ----------
    key : str
        Goes into the header of requests to `base` and nowhere else.
    base : str
        The service's address.
    client : Client
    searches : Searches
        Answers of the last day, which aren't asked for again.
    filters : mapping
        What the library doesn't know of: orientation, size, color, locale.
    """

    def __init__(
        self,
        key: str,
        base: str,
        client: Client,
        searches: Searches,
        filters: Mapping[str, str],
    ) -> None:
        super().__init__(_checked(key))
        self._base = base.rstrip("/") + "/"
        self._client = client
        self._searches = searches
        self._filters = urlencode(filters)

    def pages(self, query: str) -> Iterator[list[dict[str, Any]]]:
        """Yield the photos of page after page, as the service describes them."""
        # The library joins the query to the address as it is.
        self.search(
            "&".join([quote_plus(query), *filter(None, [self._filters])]), PER_PAGE
        )
        if self.json["photos"]:
            log.info("Pexels: %s photos for %r", self.total_results, query)
        while self.json["photos"]:
            yield self.json["photos"]
            if not self.next_page:
                return
            self.search_next_page()

    # The name that the library's private method has for subclasses.
    def _API__request(self, url: str) -> None:  # noqa: N802
        """Ask for one page in the library's stead."""
        url = str(url).replace(SERVICE, self._base, 1)
        if (host := _host(url)) != _host(self._base):
            raise ServiceFailed(f"it names another host ({host}) for its next page")
        self.request = self._searches.get(url, _is_page)
        if self.request is None:
            self.request = self._asked(url)
            self._searches.keep(url, self.request)
        self._API__update_page_properties()

    def _asked(self, url: str) -> Answer:
        try:
            answer = self._client.get(url, self.PEXELS_AUTHORIZATION)
        except requests.RequestException as error:
            raise ServiceFailed(reason_of(error)) from None
        self._check(answer)
        _tell_allowance(answer)
        return answer

    def _check(self, answer: Answer) -> None:
        status = answer.status_code
        if status in {401, 403}:
            raise RefusedKey(status)
        if status == 429:
            raise LimitReached(retry_after(answer))
        if status != 200:
            raise ServiceFailed(f"HTTP {status}")
        try:
            good = _is_page(answer.json())
        except ValueError:
            good = False
        if not good:
            raise ServiceFailed("the answer isn't a list of photos")


def _is_page(told: Any) -> bool:
    return isinstance(told, dict) and isinstance(told.get("photos"), list)


def _host(url: str) -> str:
    """Return scheme and host of an address, empty for what is none."""
    try:
        return "://".join(urlsplit(url)[:2])
    except ValueError:
        return ""


def collect_pexels(
    folder: Path,
    options: Mapping[str, Any],
    known: Mapping[str, PhotoRow],
    forgotten: Forgotten,
    key: str,
    parallel: int = 4,
    sleep: Sleep = time.sleep,
) -> Found:
    """
    Search, and download to a folder what isn't there yet.

    Parameters
    ----------
    folder : Path
    options : mapping
        The settings that matter: see `pigeonhole.photos.options`.
    known : mapping
        An earlier ledger's rows by photo.
    forgotten : Forgotten
        What isn't brought back.
    key : str
    parallel : int
        How many downloads at once.
    sleep : callable
        Waits for so many seconds.

    Raises
    ------
    MissingKey, RefusedKey, LimitReached, NothingFound, ServiceFailed
    """
    if not key.strip():
        raise MissingKey
    client = Client(sleep)
    base = os.environ.get(ADDRESS) or SERVICE
    searches = Searches(folder / "searches")
    api = Pexels(key, base, client, searches, options["filters"])
    downloads = Downloads(
        folder, client, known, forgotten, options["max_pixels"], parallel
    )
    offers = offered(api, options["query"], options["size"])
    return downloads.collect(offers, options["wanted"])


def offered(api: Pexels, query: str, size: str) -> Iterator[PhotoRow]:
    """Yield all photos of a search, each once; pages are asked for when needed."""
    entry = None
    for entry in each_once(api.pages(query), photo_name):
        yield _row(photo_name(entry), entry, size)
    if entry is None:
        raise NothingFound(query)


def photo_name(entry: Mapping[str, Any]) -> str:
    """Return the file name of a photo."""
    try:
        number = int(entry["id"])
    except (KeyError, TypeError, ValueError, OverflowError):
        number = -1
    if not 0 <= number < 2**63:
        raise ServiceFailed("a photo in the answer has no number")
    return f"pexels-{number}.jpg"


def _row(photo: str, entry: Mapping[str, Any], size: str) -> PhotoRow:
    sizes = entry.get("src")
    return PhotoRow(
        photo=photo,
        source="pexels",
        photographer=str(entry.get("photographer") or ""),
        photographer_url=str(entry.get("photographer_url") or ""),
        page_url=str(entry.get("url") or ""),
        image_url=str(sizes.get(size) or "") if isinstance(sizes, dict) else "",
        licence=LICENCE,
        width=0,
        height=0,
        sha256="",
    )


def _tell_allowance(answer: Answer) -> None:
    """Log what is left of the month; the headers come with good answers only."""
    told = [answer.headers.get(f"X-Ratelimit-{name}", "") for name in ALLOWANCE]
    if not all(re.fullmatch("[0-9]{1,18}", text) for text in told):
        return
    limit, left, reset = map(int, told)
    day = datetime.fromtimestamp(min(reset, 2**33), UTC).date()
    log.info("Pexels: %d of %d requests are left until %s", left, limit, day)


def _checked(key: str) -> str:
    """Return a key that can stand in a header; others would be told in an error."""
    key = key.strip()
    if not (key.isascii() and key.isprintable()) or " " in key:
        raise RefusedKey
    return key
