"""Photos from Openverse: openly licensed, without a key."""

import logging
import os
import re
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from pigeonhole.core.errors import SourceError
from pigeonhole.photos.ledger import PhotoRow
from pigeonhole.photos.sources.client import Client, Response, Sleep, retry_after
from pigeonhole.photos.sources.download import Downloader
from pigeonhole.photos.sources.protocol import CollectRequest, SourceResult
from pigeonhole.photos.sources.search import SearchClient, ServiceFailed, iter_unique

log = logging.getLogger(__name__)

OPENVERSE_URL = "https://api.openverse.org/v1/"
OPENVERSE_URL_VARIABLE = "OPENVERSE_API_URL"
"""Environment variable that replaces the URL in tests."""
OPENVERSE_PAGE_SIZE = 20
"""The largest page that Openverse allows without an account."""


class NoOpenPhotos(SourceError):
    """A search has no result."""

    def __init__(self, query: str, licenses: str) -> None:
        super().__init__(
            f"Openverse finds no photo for photos.query {query!r} with the licenses "
            f"{licenses}: try another query, or add to photos.licenses."
        )


def collect(request: CollectRequest, sleep: Sleep = time.sleep) -> SourceResult:
    """
    Search Openverse and download the photos that are missing.

    Raises
    ------
    ServiceFailed, NoOpenPhotos
    """
    client = Client(sleep)
    base = os.environ.get(OPENVERSE_URL_VARIABLE) or OPENVERSE_URL
    search = search_client(client, request.cache.searches)
    offers = iter_offers(search, base, request.options)
    return Downloader(request, client, cross_host=True).download(offers)


def search_client(client: Client, folder: Path | None) -> SearchClient:
    """Return a client for searches with a cache in `folder`."""
    page_types = {"results": list, "page_count": int}
    return SearchClient("Openverse", page_types, _check_limit, client, folder)


def iter_offers(
    search: SearchClient, base: str, options: Mapping[str, Any]
) -> Iterator[PhotoRow]:
    """Yield each photo of a search once. Pages are requested when needed."""
    query, filters = options["query"], options["filters"]
    pages = _iter_pages(search, f"{base.rstrip('/')}/images/", query, filters)
    rows = ([_row(entry, options["size"]) for entry in page] for page in pages)
    return iter_unique(rows, NoOpenPhotos(query, filters["license"]))


def _iter_pages(
    search: SearchClient, url: str, query: str, filters: Mapping[str, str]
) -> Iterator[list[dict[str, Any]]]:
    parameters = {"q": query, **filters, "page_size": OPENVERSE_PAGE_SIZE}
    number, last = 1, 1
    while number <= last:
        page = search.get(f"{url}?{urlencode({**parameters, 'page': number})}").json()
        if number == 1:
            log.info("Openverse: %s photos for %r", page.get("result_count"), query)
        yield page["results"]
        # Openverse limits how many pages a search has.
        last = page["page_count"]
        number += 1


def _check_limit(response: Response) -> None:
    if response.status_code == 429:
        wait = retry_after(response)
        when = f" for another {wait:.0f} seconds" if wait else ""
        reason = f"the request limit is reached (HTTP 429){when}"
        raise ServiceFailed("Openverse", reason)


def _row(entry: Mapping[str, Any], size: str) -> PhotoRow:
    identifier = str(entry.get("id") or "") if isinstance(entry, dict) else ""
    if not re.fullmatch(r"[0-9A-Za-z-]{1,64}", identifier):
        raise ServiceFailed("Openverse", "a photo in the response has no valid id")
    # The service's own copy is 600 pixels wide. Its provider has the original.
    url = entry.get("url") if size == "original" else entry.get("thumbnail")
    return PhotoRow(
        photo=f"openverse-{identifier}.jpg",
        source="openverse",
        photographer=str(entry.get("creator") or ""),
        photographer_url=str(entry.get("creator_url") or ""),
        page_url=str(entry.get("foreign_landing_url") or ""),
        image_url=str(url or ""),
        license=_license(entry),
    )


def _license(entry: Mapping[str, Any]) -> str:
    """Return a license with its version and URL: ``CC BY 2.0 (https…)``."""
    code = str(entry.get("license") or "").lower()
    version = str(entry.get("license_version") or "")
    name = {"cc0": "CC0", "pdm": "Public Domain Mark"}.get(code, f"CC {code.upper()}")
    label = f"{name} {version}".strip()
    url = str(entry.get("license_url") or "")
    return f"{label} ({url})" if url else label
