"""Download photos: in parallel, whole or not at all, and only what is missing."""

from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import requests

from pigeonhole.core.atomic import write_bytes
from pigeonhole.core.digest import sha256_of
from pigeonhole.core.errors import PhotoError, UnreadablePhoto
from pigeonhole.core.progress import progress
from pigeonhole.imaging.codecs import decode_rgb
from pigeonhole.imaging.fingerprint import looks_of
from pigeonhole.photos.ledger import PhotoRow, SkippedRow
from pigeonhole.photos.removal_list import Forgotten
from pigeonhole.photos.sources.client import Client, reason_of
from pigeonhole.photos.sources.result import Found
from pigeonhole.pipeline.script import log

LOOKS = 3
"""How often a photo is fetched whose bytes aren't a picture."""
FORGOTTEN = "taken out with `pigeonhole forget`"
BATCH = 1000
"""How many photos are in the air, at most."""


class PhotoFile(NamedTuple):
    """The bytes of a photo that can be decoded, its size in pixels, its looks."""

    content: bytes
    width: int
    height: int
    looks: str


class DownloadFailed(PhotoError):
    """A photo can't be downloaded."""

    def __init__(self, url: str, reason: str) -> None:
        super().__init__(f"{url} can't be downloaded: {reason}.")
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Downloads:
    """
    Where photos go, and how.

    Attributes
    ----------
    folder : Path
    client : Client
    known : mapping
        An earlier ledger's rows by photo: a file that no longer has their sha256, or
        that is of another size of the photo, is downloaded again.
    forgotten : Forgotten
        What isn't brought back.
    max_pixels : int
        A larger photo is skipped.
    parallel : int
        How many at once.
    anywhere : bool
        Follow redirects to other hosts.
    """

    folder: Path
    client: Client
    known: Mapping[str, PhotoRow]
    forgotten: Forgotten
    max_pixels: int
    parallel: int
    anywhere: bool = False

    def collect(self, offers: Iterable[PhotoRow], wanted: int) -> Found:
        """
        Return `wanted` photos, or all there are; for one that fails the next comes.

        Parameters
        ----------
        offers : iterable of PhotoRow
            In the service's order, with neither size nor sha256.
        wanted : int
        """
        found = Found()
        self.client.connections(self.parallel)
        waiting = iter(offers)
        left = wanted
        with (
            ThreadPoolExecutor(self.parallel) as pool,
            progress(range(0), "Downloading photos", "photo", wanted) as bar,
        ):
            while left and (batch := list(islice(waiting, min(left, BATCH)))):
                good = len(found.rows)
                for row in self._rows(pool, batch):
                    found.add(row)
                    bar.update()
                failed = [row for row in found.skipped if row.reason != FORGOTTEN]
                # Who was taken out isn't replaced: their place stays empty.
                left = wanted - len(found.rows) - (len(found.skipped) - len(failed))
                if len(found.rows) == good and failed:
                    break
        return found

    def _rows(
        self, pool: ThreadPoolExecutor, batch: list[PhotoRow]
    ) -> Iterator[PhotoRow | SkippedRow]:
        return pool.map(self._fetch, batch)

    def _fetch(self, offer: PhotoRow) -> PhotoRow | SkippedRow:
        photo = offer.photo
        if photo in self.forgotten.photos:
            return SkippedRow(photo, FORGOTTEN)
        try:
            file = self._stored(offer) or self._downloaded(offer)
        except (DownloadFailed, UnreadablePhoto) as error:
            log.warning("%s: %s", photo, error.reason)
            return SkippedRow(photo, error.reason)
        sha256 = sha256_of(file.content)
        if sha256 in self.forgotten.sha256:
            (self.folder / photo).unlink(missing_ok=True)
            return SkippedRow(photo, FORGOTTEN)
        return replace(
            offer,
            width=file.width,
            height=file.height,
            sha256=sha256,
            looks=file.looks,
        )

    def _stored(self, offer: PhotoRow) -> PhotoFile | None:
        """Return an earlier download that is still good.

        A file without a row is from a run that was stopped.
        """
        path, old = self.folder / offer.photo, self.known.get(offer.photo)
        if not path.is_file() or (old and old.image_url != offer.image_url):
            return None
        content = path.read_bytes()
        if old and old.sha256 != sha256_of(content):
            return None
        try:
            if old and old.width * old.height <= self.max_pixels:
                return PhotoFile(content, old.width, old.height, old.looks)
            return self._measured(content, path.name)
        except UnreadablePhoto:
            return None

    def _downloaded(self, offer: PhotoRow) -> PhotoFile:
        for _ in range(LOOKS - 1):
            content = self._content(offer.image_url)
            try:
                file = self._measured(content, offer.photo)
                break
            except UnreadablePhoto as error:
                if "photos.max_pixels" in error.reason:
                    raise
                log.warning("%s: %s; fetching it again", offer.photo, error.reason)
        else:
            file = self._measured(self._content(offer.image_url), offer.photo)
        write_bytes(self.folder / offer.photo, file.content)
        return file

    def _content(self, url: str) -> bytes:
        if not url:
            raise DownloadFailed("a photo", "the service gives no address for it")
        try:
            answer = self.client.get(url, anywhere=self.anywhere)
        except requests.RequestException as error:
            raise DownloadFailed(url, reason_of(error)) from None
        if answer.status_code != 200:
            raise DownloadFailed(url, f"HTTP {answer.status_code}")
        return answer.content

    def _measured(self, content: bytes, photo: str) -> PhotoFile:
        picture = decode_rgb(content, photo, self.max_pixels)
        height, width = picture.shape[:2]
        return PhotoFile(content, width, height, looks_of(picture))
