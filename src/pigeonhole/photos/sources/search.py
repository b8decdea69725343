"""Request pages of search results, and read what they offer.

Pages are cached until the user deletes them: a search costs part of a quota, and its
results change from day to day. The cache holds URLs and responses only. A key is sent
in a header and never gets there.
"""

import json
import math
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import requests

from pigeonhole.core.errors import SourceError
from pigeonhole.photos.downloads import REMOVED_KEY, DownloadCache
from pigeonhole.photos.ledger import PhotoRow, Rejection, SkippedRow
from pigeonhole.photos.sources.client import Client, Headers, Response, describe_error

Offer = PhotoRow | SkippedRow
"""A photo that a service offers, without size and digest, or one that isn't used."""

SQUARE_RATIO = 1.25
"""The sides of a square photo differ by less than this factor."""
SIZE_TOLERANCE = 0.9
"""Share of the requested number of pixels from which on a photo is large enough."""


class ServiceFailed(SourceError):
    """A photo service can't be reached, or its response is invalid."""

    def __init__(self, service: str, reason: str) -> None:
        super().__init__(
            f"The request to {service} failed: {reason}. Try again later, or set "
            "photos.source: demo. Downloaded photos are kept."
        )
        self.reason = reason


def iter_offers(
    source: str,
    pages: Iterable[Iterable[Any]],
    read: Callable[[Mapping[str, Any]], Offer | None],
    not_found: SourceError,
) -> Iterator[Offer]:
    """
    Yield what the entries of pages offer, each photo once.

    It stops at a page without new photos: a service that repeats its pages would
    otherwise never end.

    Parameters
    ----------
    source : str
        Name of the source, with which the names of its photos start.
    pages : iterable
        The entries of each page; they may be of any type.
    read : callable
        Returns the offer of an entry, or None if the entry has no valid id.
    not_found : SourceError
        It is raised if there is no entry at all.
    """
    names: set[str] = set()
    is_empty = True
    for page_number, page in enumerate(pages, start=1):
        new: dict[str, Offer] = {}
        for number, entry in enumerate(page, start=1):
            is_empty = False
            if (offer := _read_entry(source, entry, read)) is None:
                place = f"{source}-page-{page_number}-entry-{number}"
                detail = "the service returned no valid id for it"
                yield SkippedRow(place, Rejection.UNUSABLE_NAME, detail)
            elif offer.photo not in names:
                new.setdefault(offer.photo, offer)
        if not new:
            break
        names |= new.keys()
        yield from new.values()
    if is_empty:
        raise not_found


def _read_entry(
    source: str, entry: Any, read: Callable[[Mapping[str, Any]], Offer | None]
) -> Offer | None:
    if not isinstance(entry, dict):
        return None
    if REMOVED_KEY in entry:
        return PhotoRow(str(entry[REMOVED_KEY]), source)
    return read(entry)


def text_of(entry: Mapping[str, Any], key: str) -> str:
    """Return a text of an entry; other values are left out."""
    value = entry.get(key)
    return value if isinstance(value, str) else ""


def shape_mismatch(
    entry: Mapping[str, Any], orientation: str | None, min_pixels: int
) -> str | None:
    """
    Return why the width and height of an entry contradict the search, or None.

    Parameters
    ----------
    entry : mapping
        Its width and height may be missing, which contradicts nothing.
    orientation : {'landscape', 'portrait', 'square'}, optional
    min_pixels : int
    """
    width, height = _length_of(entry, "width"), _length_of(entry, "height")
    if not (width and height):
        return None
    shown = f"its size is {width:,} x {height:,} pixels, but photos"
    is_square = max(width, height) < SQUARE_RATIO * min(width, height)
    fits = {
        "landscape": width > height,
        "portrait": height > width,
        "square": is_square,
    }
    if orientation and not fits[orientation]:
        return f"{shown}.orientation is {orientation}"
    if width * height < SIZE_TOLERANCE * min_pixels:
        return f"{shown}.min_size asks for {min_pixels:,} pixels"
    return None


def _length_of(entry: Mapping[str, Any], key: str) -> float:
    """Return a length of an entry, or 0 if it is missing or invalid."""
    value = entry.get(key)
    if not isinstance(value, int | float) or isinstance(value, bool):
        return 0
    return value if 0 < value < math.inf else 0


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
    cache : DownloadCache
    removed : collection of str
        Names of photos on the removal list, which cached pages may lack.
    """

    service: str
    page_types: Mapping[str, type]
    check: Callable[[Response], None]
    client: Client
    cache: DownloadCache
    removed: Collection[str] = ()

    def get(self, url: str, headers: Callable[[], Headers] = dict) -> Response:
        """
        Return the response to a URL, which is a page of results.

        Parameters
        ----------
        url : str
        headers : callable
            Returns the headers; it is called only if a request is sent.

        Raises
        ------
        ServiceFailed
        """
        page = self.cache.read_search(url, self.removed)
        if self._is_page(page):
            return Response(200, {}, json.dumps(page).encode())
        try:
            response = self.client.get(url, headers())
        except requests.RequestException as error:
            raise ServiceFailed(self.service, describe_error(error)) from None
        if response.is_web_page and response.status_code in {401, 403}:
            reason = (
                f"HTTP {response.status_code} with a web page, which is from a proxy "
                "or a protection against bots; the network may be blocked"
            )
            raise ServiceFailed(self.service, reason)
        self.check(response)
        if response.status_code != 200:
            raise ServiceFailed(self.service, f"HTTP {response.status_code}")
        try:
            page = response.json()
        except ValueError:
            page = None
        if not self._is_page(page):
            raise ServiceFailed(self.service, "the response isn't a list of photos")
        self.cache.store_search(self.service.lower(), url, page)
        return response

    def _is_page(self, page: Any) -> bool:
        return isinstance(page, dict) and all(
            isinstance(page.get(key), expected)
            for key, expected in self.page_types.items()
        )
