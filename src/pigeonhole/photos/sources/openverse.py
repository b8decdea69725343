"""Photos from Openverse: openly licensed, and no key is needed."""

import os
import re
import time
from collections.abc import Iterator, Mapping
from operator import attrgetter
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import requests

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

SERVICE = "https://api.openverse.org/v1/"
ADDRESS = "OPENVERSE_API_URL"
"""The environment variable that names another server, for tests."""
PER_PAGE = 20
"""The most that Openverse gives at once to those without an account."""


class OpenverseFailed(SourceError):
    """Openverse doesn't answer, or not as it should."""

    def __init__(self, reason: str) -> None:
        super().__init__(
            f"Openverse can't be asked: {reason}. Try again later: what is downloaded "
            "stays. Or set photos.source: demo."
        )


class NothingOpen(SourceError):
    """A search has no result."""

    def __init__(self, query: str, licences: str) -> None:
        super().__init__(
            f"Openverse finds no photo for photos.query {query!r} with the licences "
            f"{licences}: try another word, or add to photos.licences."
        )


def collect_openverse(
    folder: Path,
    options: Mapping[str, Any],
    known: Mapping[str, PhotoRow],
    forgotten: Forgotten,
    parallel: int = 4,
    sleep: Sleep = time.sleep,
) -> Found:
    """
    Search, and download to a folder what isn't there yet; see `collect_pexels`.

    Raises
    ------
    OpenverseFailed, NothingOpen
    """
    client = Client(sleep)
    search = Openverse(
        os.environ.get(ADDRESS) or SERVICE, client, Searches(folder / "searches")
    )
    downloads = Downloads(
        folder,
        client,
        known,
        forgotten,
        options["max_pixels"],
        parallel,
        anywhere=True,
    )
    offers = search.offered(options["query"], options["filters"], options["size"])
    return downloads.collect(offers, options["wanted"])


class Openverse:
    """
    The search of Openverse.

    Parameters
    ----------
    base : str
        The service's address.
    client : Client
    searches : Searches
        Answers of the last day, which aren't asked for again.
    """

    def __init__(self, base: str, client: Client, searches: Searches) -> None:
        self._base = base.rstrip("/") + "/"
        self._client = client
        self._searches = searches

    def offered(
        self, query: str, filters: Mapping[str, str], size: str
    ) -> Iterator[PhotoRow]:
        """Yield all photos of a search, each once, as they're needed."""
        pages = self._pages(query, filters)
        rows = ([_row(entry, size) for entry in page] for page in pages)
        row = None
        for row in each_once(rows, attrgetter("photo")):
            yield row
        if row is None:
            raise NothingOpen(query, filters["license"])

    def _pages(
        self, query: str, filters: Mapping[str, str]
    ) -> Iterator[list[dict[str, Any]]]:
        number, last = 1, 1
        while number <= last:
            asked = {
                "q": query,
                **filters,
                "page_size": PER_PAGE,
                "page": number,
            }
            told = self._page(f"{self._base}images/?{urlencode(asked)}")
            if number == 1:
                log.info("Openverse: %s photos for %r", told.get("result_count"), query)
            yield told["results"]
            # Openverse shows the first pages only, and says how many those are.
            last = told["page_count"]
            number += 1

    def _page(self, url: str) -> dict[str, Any]:
        if (answer := self._searches.get(url, _is_page)) is None:
            try:
                answer = self._client.get(url)
            except requests.RequestException as error:
                raise OpenverseFailed(reason_of(error)) from None
            told = _checked(answer)
            self._searches.keep(url, answer)
            return told
        return _checked(answer)


def _checked(answer: Answer) -> dict[str, Any]:
    if answer.status_code == 429:
        wait = retry_after(answer)
        rest = f"; it asks for {wait:.0f} seconds of rest" if wait else ""
        raise OpenverseFailed(f"its limit is reached (HTTP 429){rest}")
    if answer.status_code != 200:
        raise OpenverseFailed(f"HTTP {answer.status_code}")
    try:
        told = answer.json()
    except ValueError:
        told = None
    if not _is_page(told):
        raise OpenverseFailed("the answer isn't a list of photos")
    return told  # type: ignore[no-any-return]


def _is_page(told: Any) -> bool:
    return (
        isinstance(told, dict)
        and isinstance(told.get("results"), list)
        and isinstance(told.get("page_count"), int)
    )


def _row(entry: Mapping[str, Any], size: str) -> PhotoRow:
    number = str(entry.get("id") or "") if isinstance(entry, dict) else ""
    if not re.fullmatch(r"[0-9A-Za-z-]{1,64}", number):
        raise OpenverseFailed("a photo in the answer has no number")
    # The service's own copy is 600 pixels wide; the original lies with its provider.
    address = entry.get("url") if size == "original" else entry.get("thumbnail")
    return PhotoRow(
        photo=f"openverse-{number}.jpg",
        source="openverse",
        photographer=str(entry.get("creator") or ""),
        photographer_url=str(entry.get("creator_url") or ""),
        page_url=str(entry.get("foreign_landing_url") or ""),
        image_url=str(address or ""),
        licence=licence_of(entry),
        width=0,
        height=0,
        sha256="",
    )


def licence_of(entry: Mapping[str, Any]) -> str:
    """Return a licence with its version and address: ``CC BY 2.0 (https…)``."""
    code = str(entry.get("license") or "").lower()
    version = str(entry.get("license_version") or "")
    name = {"cc0": "CC0", "pdm": "Public Domain Mark"}.get(code, f"CC {code.upper()}")
    told = f"{name} {version}".strip()
    address = str(entry.get("license_url") or "")
    return f"{told} ({address})" if address else told
