"""Photos from Openverse: openly licensed, without a key."""

import logging
import os
import re
import time
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any
from urllib.parse import urlencode

from pigeonhole.core.errors import SourceError
from pigeonhole.photos.ledger import PhotoRow, Rejection, SkippedRow
from pigeonhole.photos.sources.client import (
    Client,
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

OPENVERSE_URL = "https://api.openverse.org/v1/"
OPENVERSE_URL_VARIABLE = "OPENVERSE_API_URL"
"""Environment variable that replaces the URL in tests."""
OPENVERSE_PAGE_SIZE = 20
"""The largest page that Openverse allows without an account."""
LICENSE_URL = re.compile(
    r"creativecommons\.org/(?:licenses|publicdomain)/([a-z0-9+-]+)/([0-9.]+)", re.I
)
"""The code and version of a license in its URL."""
ORIENTATIONS = {"wide": "landscape", "tall": "portrait", "square": "square"}
OPENVERSE_MIN_PIXELS = {"medium": 640 * 480, "large": 1600 * 900}
"""Pixels that the original of a photo has at least, by Openverse's size."""


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
    offers = search_openverse(base, client, request)
    return Downloader("openverse", request, client, cross_host=True).download(offers)


def search_openverse(
    base: str, client: Client, request: CollectRequest
) -> Iterator[Offer]:
    """
    Yield each photo of a search once. Pages are requested when needed.

    Parameters
    ----------
    base : str
        URL of the service.
    client : Client
    request : CollectRequest
        Its options are the query, the download size and the filters.
    """
    pages = SearchClient(
        "Openverse",
        {"results": list, "page_count": int},
        _check_limit,
        client,
        request.downloads,
        request.removal_list.photos,
    )
    query, filters = request.options["query"], request.options["filters"]
    read = partial(_read_entry, request.options["size"], filters)
    entries = _iter_pages(pages, f"{base.rstrip('/')}/images/", query, filters)
    not_found = NoOpenPhotos(query, filters["license"])
    return iter_offers("openverse", entries, read, not_found)


def _iter_pages(
    pages: SearchClient, url: str, query: str, filters: Mapping[str, str]
) -> Iterator[list[Any]]:
    parameters = {"q": query, **filters, "page_size": OPENVERSE_PAGE_SIZE}
    number, last = 1, 1
    while number <= last:
        page = pages.get(f"{url}?{urlencode({**parameters, 'page': number})}").json()
        if number == 1 and isinstance(count := page.get("result_count"), int):
            log.info("Openverse: %s photos for %r", f"{count:,}", query)
        yield page["results"]
        # Openverse limits how many pages a search has.
        last = page["page_count"]
        number += 1


def _check_limit(response: Response) -> None:
    if response.status_code == 429:
        when = describe_wait(retry_after(response))
        reason = f"the request limit is reached (HTTP 429), and is lifted {when}"
        raise ServiceFailed("Openverse", reason)


def _read_entry(
    size: str, filters: Mapping[str, str], entry: Mapping[str, Any]
) -> Offer | None:
    identifier = text_of(entry, "id")
    if not re.fullmatch(r"[0-9A-Za-z-]{1,64}", identifier):
        return None
    photo = f"openverse-{identifier}.jpg"
    code, version = _license(entry)
    if mismatch := _mismatch(entry, code, version, filters):
        return SkippedRow(photo, Rejection.NOT_REQUESTED, mismatch)
    # The service's own copy is 600 pixels wide. Its provider has the original.
    key = "url" if size == "original" else "thumbnail"
    url = text_of(entry, "license_url")
    label = _license_label(code, version)
    return PhotoRow(
        photo=photo,
        source="openverse",
        photographer=text_of(entry, "creator"),
        photographer_url=text_of(entry, "creator_url"),
        page_url=text_of(entry, "foreign_landing_url"),
        image_url=text_of(entry, key),
        license=f"{label} ({url})" if url else label,
    )


def _mismatch(
    entry: Mapping[str, Any], code: str, version: str, filters: Mapping[str, str]
) -> str | None:
    """Return why an entry contradicts the search, or None."""
    licenses = filters["license"].split(",")
    if code not in licenses:
        shown = _license_label(code, version) if code else "missing"
        return f"its license is {shown}, but photos.licenses are {', '.join(licenses)}"
    named = _license_of_url(text_of(entry, "license_url"))
    if named and named != (code, version):
        shown = _license_label(*named)
        return f"its license is both {_license_label(code, version)} and {shown}"
    if not version and code.startswith("by"):
        return "the version of its license is missing, which a credit must name"
    category = text_of(entry, "category")
    if category and category != filters["category"]:
        return f"it isn't a photograph, but its category is {category}"
    if entry.get("mature") is True:
        return "it is marked as mature"
    orientation = ORIENTATIONS.get(filters.get("aspect_ratio", ""))
    sizes = filters.get("size", "").split(",")
    return shape_mismatch(entry, orientation, OPENVERSE_MIN_PIXELS.get(sizes[0], 0))


def _license(entry: Mapping[str, Any]) -> tuple[str, str]:
    """Return the code of a license, such as ``by-sa``, and its version."""
    code = text_of(entry, "license").strip().lower()
    version = str(entry.get("license_version")).strip()
    if not re.fullmatch(r"[0-9]+(\.[0-9]+)*", version):
        named = _license_of_url(text_of(entry, "license_url"))
        return code, named[1] if named else ""
    return code, version


def _license_of_url(url: str) -> tuple[str, str] | None:
    """Return the code and version in the URL of a Creative Commons license."""
    match = LICENSE_URL.search(url)
    if match is None:
        return None
    code = match[1].lower()
    return {"zero": "cc0", "mark": "pdm"}.get(code, code), match[2]


def _license_label(code: str, version: str) -> str:
    """Return the name of a license with its version, such as ``CC BY 2.0``."""
    name = {"cc0": "CC0", "pdm": "Public Domain Mark"}.get(code, f"CC {code.upper()}")
    return f"{name} {version}".strip()
