"""Photos from Pexels: search, download, credit.

``pexels-api`` asks and pages; every request goes through our own client, because the
library's own prints the key, ends the process with status 0 on any failure, and sends a
User-Agent that the service refuses.
"""

import os
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote_plus, urlsplit

import requests
from pexels_api import API

from pigeonhole.errors import PhotoError, SourceError, UnreadablePhoto
from pigeonhole.files import write_bytes
from pigeonhole.images import decode_rgb, sha256_of
from pigeonhole.job import log
from pigeonhole.ledger import PhotoRow, SkippedRow
from pigeonhole.photos.client import Client, Sleep, reason_of, retry_after
from pigeonhole.photos.result import Found
from pigeonhole.progress import progress

SERVICE = "https://api.pexels.com/v1/"
ADDRESS = "PEXELS_API_URL"
"""The environment variable that names another server, for tests."""
PER_PAGE = 80
"""The most that Pexels gives at once: a search of 200 photos is 3 requests."""
DOWNLOADS = 4
"""Downloads at a time."""


class PhotoFile(NamedTuple):
    """The bytes of a photo that can be decoded, and its size in pixels."""

    content: bytes
    width: int
    height: int


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


class DownloadFailed(PhotoError):
    """A photo can't be downloaded."""

    def __init__(self, url: str, reason: str) -> None:
        super().__init__(f"{url} can't be downloaded: {reason}.")
        self.reason = reason


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
    """

    def __init__(self, key: str, base: str, client: Client) -> None:
        super().__init__(_checked(key))
        self._base = base.rstrip("/") + "/"
        self._client = client

    def pages(self, query: str) -> Iterator[list[dict[str, Any]]]:
        """Yield the photos of page after page, as the service describes them."""
        # The library joins the query to the address as it is.
        self.search(quote_plus(query), PER_PAGE)
        while self.json["photos"]:
            yield self.json["photos"]
            if not self.next_page:
                return
            self.search_next_page()

    # The name that the library's private method has for subclasses.
    def _API__request(self, url: str) -> None:  # noqa: N802
        """Ask for one page in the library's stead."""
        url = url.replace(SERVICE, self._base, 1)
        if urlsplit(url)[:2] != urlsplit(self._base)[:2]:
            host = urlsplit(url).hostname
            raise ServiceFailed(f"it names another host ({host}) for its next page")
        try:
            self.request = self._client.get(url, self.PEXELS_AUTHORIZATION)
        except requests.RequestException as error:
            raise ServiceFailed(reason_of(error)) from None
        self._check(self.request)
        self._API__update_page_properties()

    def _check(self, answer: requests.Response) -> None:
        status = answer.status_code
        if status in {401, 403}:
            raise RefusedKey(status)
        if status == 429:
            raise LimitReached(retry_after(answer))
        if not answer.ok:
            raise ServiceFailed(f"HTTP {status}")
        try:
            photos = answer.json()["photos"]
        except (ValueError, KeyError, TypeError):
            photos = None
        if not isinstance(photos, list):
            raise ServiceFailed("the answer isn't a list of photos")


def collect_pexels(
    folder: Path,
    query: str,
    wanted: int,
    max_pixels: int,
    known: Mapping[str, PhotoRow],
    key: str,
    sleep: Sleep = time.sleep,
) -> Found:
    """
    Search, and download to a folder what isn't there yet.

    Parameters
    ----------
    folder : Path
    query : str
    wanted : int
        How many photos at most.
    max_pixels : int
        A larger photo is skipped.
    known : mapping
        An earlier ledger's rows by photo: a file that no longer has their sha256 is
        downloaded again.
    key : str
    sleep : callable
        Waits for so many seconds.

    Raises
    ------
    MissingKey, RefusedKey, LimitReached, NothingFound, ServiceFailed
    """
    if not key.strip():
        raise MissingKey
    client = Client(sleep)
    api = Pexels(key, os.environ.get(ADDRESS) or SERVICE, client)
    entries = search(api, query, wanted)
    found = Found()

    def fetch(entry: dict[str, Any]) -> PhotoRow | SkippedRow:
        return _fetch(entry, folder, max_pixels, known, client)

    with ThreadPoolExecutor(DOWNLOADS) as pool:
        rows = pool.map(fetch, entries)
        for row in progress(rows, "Downloading photos", "photo", len(entries)):
            found.add(row)
    return found


def search(api: Pexels, query: str, wanted: int) -> list[dict[str, Any]]:
    """Return up to `wanted` photos, each once, as the service describes them."""
    entries: dict[str, dict[str, Any]] = {}
    for page in api.pages(query):
        for entry in page:
            entries.setdefault(photo_name(entry), entry)
        if len(entries) >= wanted:
            break
    if not entries:
        raise NothingFound(query)
    log.info("Pexels: %s photos for %r", api.total_results, query)
    return list(entries.values())[:wanted]


def photo_name(entry: Mapping[str, Any]) -> str:
    """Return the file name of a photo."""
    try:
        return f"pexels-{int(entry['id'])}.jpg"
    except (KeyError, TypeError, ValueError):
        raise ServiceFailed("a photo in the answer has no number") from None


def _fetch(
    entry: Mapping[str, Any],
    folder: Path,
    max_pixels: int,
    known: Mapping[str, PhotoRow],
    client: Client,
) -> PhotoRow | SkippedRow:
    photo = photo_name(entry)
    path = folder / photo
    try:
        file = _stored(path, known.get(photo), max_pixels)
        if file is None:
            file = _measured(_download(entry, client), photo, max_pixels)
            write_bytes(path, file.content)
        return _row(photo, entry, file)
    except (DownloadFailed, UnreadablePhoto) as error:
        return SkippedRow(photo, error.reason)


def _stored(path: Path, old: PhotoRow | None, max_pixels: int) -> PhotoFile | None:
    """Return an earlier download that is still good.

    A file without a row is from a run that was stopped.
    """
    if not path.is_file():
        return None
    content = path.read_bytes()
    if old and old.sha256 != sha256_of(content):
        return None
    try:
        return _measured(content, path.name, max_pixels)
    except UnreadablePhoto:
        return None


def _measured(content: bytes, photo: str, max_pixels: int) -> PhotoFile:
    height, width = decode_rgb(content, photo, max_pixels).shape[:2]
    return PhotoFile(content, width, height)


def _download(entry: Mapping[str, Any], client: Client) -> bytes:
    url = _image_url(entry)
    try:
        answer = client.get(url)
    except requests.RequestException as error:
        raise DownloadFailed(url, reason_of(error)) from None
    if not answer.ok:
        raise DownloadFailed(url, f"HTTP {answer.status_code}")
    return answer.content


def _image_url(entry: Mapping[str, Any]) -> str:
    try:
        return str(entry["src"]["large"])
    except (KeyError, TypeError):
        raise DownloadFailed("a photo", "the service gives no address for it") from None


def _row(photo: str, entry: Mapping[str, Any], file: PhotoFile) -> PhotoRow:
    return PhotoRow(
        photo=photo,
        source="pexels",
        photographer=str(entry.get("photographer") or ""),
        photographer_url=str(entry.get("photographer_url") or ""),
        page_url=str(entry.get("url") or ""),
        image_url=_image_url(entry),
        licence="Pexels licence",
        width=file.width,
        height=file.height,
        sha256=sha256_of(file.content),
    )


def _checked(key: str) -> str:
    """Return a key that can stand in a header; others would be told in an error."""
    key = key.strip()
    if not (key.isascii() and key.isprintable()) or " " in key:
        raise RefusedKey
    return key
