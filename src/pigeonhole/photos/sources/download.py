"""Download photos in parallel, skipping those that are already on disk."""

import logging
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import islice

import requests

from pigeonhole.core.atomic import write_bytes
from pigeonhole.core.digest import sha256_of
from pigeonhole.core.errors import UnreadableImage
from pigeonhole.core.progress import progress_bar
from pigeonhole.photos.cache import measure
from pigeonhole.photos.ledger import PhotoRow, Rejection, SkippedRow
from pigeonhole.photos.sources.client import Client, ResponseRejected, describe_error
from pigeonhole.photos.sources.protocol import CollectRequest, SourceResult

log = logging.getLogger(__name__)

DOWNLOAD_TRIES = 3
"""How often a photo is downloaded whose bytes aren't an image."""
DOWNLOAD_BATCH = 1000
"""Largest number of downloads to schedule at a time."""


@dataclass(frozen=True, slots=True)
class Downloader:
    """Downloads the photos that a service offers."""

    request: CollectRequest
    client: Client
    cross_host: bool = False
    """Follow redirects to other hosts."""

    def download(self, offers: Iterable[PhotoRow]) -> SourceResult:
        """
        Download the wanted number of photos, or all if there are fewer.

        A photo that fails is replaced by the next one. A removed photo isn't replaced.

        Parameters
        ----------
        offers : iterable of PhotoRow
            Photos in the order of the service, without size and digest.
        """
        result, wanted = SourceResult(), self.request.options["wanted"]
        self.client.set_pool_size(self.request.parallel)
        remaining_offers, missing = iter(offers), wanted
        with (
            ThreadPoolExecutor(self.request.parallel) as pool,
            progress_bar("Downloading photos", "photo", wanted) as bar,
        ):
            while missing and (
                batch := list(islice(remaining_offers, min(missing, DOWNLOAD_BATCH)))
            ):
                before = len(result.rows)
                for row in pool.map(self._fetch, batch):
                    result.add(row)
                    bar.update()
                removed = sum(row.reason is Rejection.REMOVED for row in result.skipped)
                missing = wanted - len(result.rows) - removed
                # Stop if nothing works, instead of trying every offer.
                if len(result.rows) == before and len(result.skipped) > removed:
                    break
        return result

    def _fetch(self, offer: PhotoRow) -> PhotoRow | SkippedRow:
        photo, removal_list = offer.photo, self.request.removal_list
        if photo in removal_list.photos:
            return SkippedRow.removed(photo)
        try:
            row, content = self._stored(offer) or self._download(offer)
        except requests.RequestException as error:
            reason = describe_error(error)
            log.warning("%s: %s", photo, reason)
            return SkippedRow(photo, Rejection.DOWNLOAD_FAILED, reason)
        except UnreadableImage as error:
            log.warning("%s: %s", photo, error.reason)
            return SkippedRow.unreadable(photo, error)
        path = self.request.destination / photo
        if row.sha256 in removal_list.sha256:
            path.unlink(missing_ok=True)
            return SkippedRow.removed(photo)
        if content is not None:
            # The row comes first, so that each photo on disk has one after a kill.
            self.request.cache.append(row)
            write_bytes(path, content)
        return row

    def _stored(self, offer: PhotoRow) -> tuple[PhotoRow, None] | None:
        """Return the row of a photo that is on disk, or None.

        A file without a known row could be of another size or URL: it isn't used.
        """
        path = self.request.destination / offer.photo
        known = self.request.known.get(offer.photo)
        if (
            known is None
            or known.image_url != offer.image_url
            or known.width * known.height > self.request.options["max_pixels"]
            or not path.is_file()
            or sha256_of(path.read_bytes()) != known.sha256
        ):
            return None
        facts = ("width", "height", "sha256", "fingerprint")
        return replace(offer, **{name: getattr(known, name) for name in facts}), None

    def _download(self, offer: PhotoRow) -> tuple[PhotoRow, bytes]:
        """Return the row and the content; retry if the content isn't an image."""
        for _ in range(DOWNLOAD_TRIES - 1):
            try:
                return self._try(offer)
            except UnreadableImage as error:
                if error.too_large:
                    raise
                log.warning("%s: %s; trying again", offer.photo, error.reason)
        return self._try(offer)

    def _try(self, offer: PhotoRow) -> tuple[PhotoRow, bytes]:
        if not offer.image_url:
            raise ResponseRejected("the service returned no URL for it")
        response = self.client.get(offer.image_url, cross_host=self.cross_host)
        if response.status_code != 200:
            raise ResponseRejected(f"HTTP {response.status_code}")
        limit = self.request.options["max_pixels"]
        return measure(offer, response.content, offer.photo, limit), response.content
