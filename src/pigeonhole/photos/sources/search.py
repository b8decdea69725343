"""Request pages of search results, and cache them for one day.

The cache holds URLs and responses only. A key is sent in a header and never gets here.
"""

import json
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from pigeonhole.core.atomic import write_text
from pigeonhole.core.cache import log_cache_errors
from pigeonhole.core.digest import sha256_of
from pigeonhole.core.errors import SourceError
from pigeonhole.core.text import parse_json
from pigeonhole.photos.ledger import PhotoRow
from pigeonhole.photos.sources.client import Client, Headers, Response, describe_error

SEARCH_MAX_AGE = 24 * 60 * 60.0
"""Seconds for which a response is valid; Pexels asks for a day."""


class ServiceFailed(SourceError):
    """A photo service can't be reached, or its response is invalid."""

    def __init__(self, service: str, reason: str) -> None:
        super().__init__(
            f"The request to {service} failed: {reason}. Try again later, or set "
            "photos.source: demo. Downloaded photos are kept."
        )


def iter_unique(
    pages: Iterable[Iterable[PhotoRow]], not_found: SourceError
) -> Iterator[PhotoRow]:
    """
    Yield each photo of the pages once; raise `not_found` if there is none.

    It stops at a page without new photos: a service that repeats its pages would
    otherwise never end.
    """
    names: set[str] = set()
    for page in pages:
        new = {row.photo: row for row in page if row.photo not in names}
        if not new:
            break
        names |= new.keys()
        yield from new.values()
    if not names:
        raise not_found


@dataclass(frozen=True, slots=True)
class SearchClient:
    """
    Requests search results, or reads them from the cache.

    Attributes
    ----------
    service : str
        Name of the service in errors.
    page_types : mapping of str to type
        Keys that a page has, and the types of their values.
    check : callable
        Receives each response, and raises the errors that only this service has.
    client : Client
    folder : Path, optional
        Folder of the cache, one file for each response. Without it, nothing is cached.
    """

    service: str
    page_types: Mapping[str, type]
    check: Callable[[Response], None]
    client: Client
    folder: Path | None

    def get(self, url: str, headers: Headers | None = None) -> Response:
        """
        Return the response to a URL, which is a page of results.

        Raises
        ------
        ServiceFailed
        """
        if cached := self._cached(url):
            return cached
        try:
            response = self.client.get(url, headers)
        except requests.RequestException as error:
            raise ServiceFailed(self.service, describe_error(error)) from None
        self.check(response)
        if response.status_code != 200:
            raise ServiceFailed(self.service, f"HTTP {response.status_code}")
        try:
            page = response.json()
        except ValueError:
            page = None
        if not self._is_page(page):
            raise ServiceFailed(self.service, "the response isn't a list of photos")
        self._store(url, page)
        return response

    def _is_page(self, page: Any) -> bool:
        return isinstance(page, dict) and all(
            isinstance(page.get(key), expected)
            for key, expected in self.page_types.items()
        )

    def _cached(self, url: str) -> Response | None:
        """Return the cached response to a URL if it is recent and valid."""
        if self.folder is None:
            return None
        path = _file(self.folder, url)
        try:
            if not 0 <= time.time() - path.stat().st_mtime < SEARCH_MAX_AGE:
                return None
            entry = parse_json(path.read_bytes())
            if entry["url"] != url or not self._is_page(entry["response"]):
                return None
            return Response(200, {}, json.dumps(entry["response"]).encode())
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def _store(self, url: str, page: Any) -> None:
        """Cache a page, and delete expired ones."""
        if self.folder is None:
            return
        with log_cache_errors():
            for path in self.folder.glob("*.json"):
                if time.time() - path.stat().st_mtime >= SEARCH_MAX_AGE:
                    path.unlink(missing_ok=True)
            entry = {"url": url, "response": page}
            text = json.dumps(entry, indent=1, ensure_ascii=False)
            write_text(_file(self.folder, url), text)


def _file(folder: Path, url: str) -> Path:
    return folder / f"{sha256_of(url.encode())[:32]}.json"
