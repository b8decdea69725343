"""Download photos in parallel, skipping those that were downloaded before."""

import logging
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import requests

from pigeonhole.core.cache import log_cache_errors
from pigeonhole.core.digest import sha256_of
from pigeonhole.core.errors import SourceError, UnreadableImage
from pigeonhole.core.progress import progress_bar
from pigeonhole.photos.cache import measure
from pigeonhole.photos.downloads import UNLIMITED
from pigeonhole.photos.ledger import PhotoRow, Rejection, SkippedRow
from pigeonhole.photos.sources.client import Client, ResponseRejected, describe_error
from pigeonhole.photos.sources.protocol import CollectRequest, SourceResult
from pigeonhole.photos.sources.search import Offer

log = logging.getLogger(__name__)

DOWNLOAD_TRIES = 3
"""How often a photo is downloaded whose bytes aren't an image."""
MAX_FAILURES = 100
"""Number of failed photos in a row after which no more are requested."""
QUEUED_PER_THREAD = 4
"""Number of downloads per thread that are scheduled ahead."""


@dataclass(frozen=True, slots=True)
class Downloader:
    """Downloads the photos that a service offers."""

    source: str
    request: CollectRequest
    client: Client
    cross_host: bool = False
    """Follow redirects to other hosts."""

    def download(self, offers: Iterable[Offer]) -> SourceResult:
        """
        Download the wanted number of photos, or all if there are fewer.

        A photo that fails is replaced by the next one. A removed photo isn't replaced.
        If the service fails while it lists photos, those listed before are used.

        Parameters
        ----------
        offers : iterable of PhotoRow or SkippedRow
            Photos in the order of the service, without size and digest.

        Raises
        ------
        SourceError
            The service fails before there is any photo.
        """
        result, wanted = SourceResult(), self.request.options["wanted"]
        # Searches are sent while photos are downloaded.
        self.client.set_pool_size(self.request.parallel + 1)
        remaining = _Remaining(iter(offers))
        missing, failures = wanted, 0
        queue: deque[Future[Offer]] = deque()
        longest = QUEUED_PER_THREAD * self.request.parallel
        with (
            ThreadPoolExecutor(self.request.parallel) as pool,
            progress_bar("Downloading photos", "photo", wanted) as bar,
        ):
            while True:
                while (
                    len(queue) < min(missing, longest)
                    and failures < MAX_FAILURES
                    and (offer := remaining.take())
                ):
                    queue.append(pool.submit(self._fetch, offer))
                if not queue:
                    break
                row = queue.popleft().result()
                result.add(row)
                bar.update()
                if isinstance(row, PhotoRow) or row.reason is Rejection.REMOVED:
                    missing, failures = missing - 1, 0
                else:
                    failures += 1
        if remaining.error and not result.rows:
            raise remaining.error
        gave_up = missing > 0 and failures >= MAX_FAILURES
        if remaining.error or gave_up:
            reason = remaining.error or f"{failures} photos in a row failed."
            found = len(result.rows)
            log.warning(
                "Only %s of %s photos are used: %s To add the others later, run "
                "`snakemake --cores 2 --forcerun collect_photos`.",
                f"{found:,}",
                f"{found + missing:,}",
                reason,
            )
        else:
            # With fewer photos than wanted, the service has no more.
            count = UNLIMITED if missing else wanted
            options = self.request.options
            self.request.downloads.mark_complete(self.source, options, count)
        return result

    def _fetch(self, offer: Offer) -> Offer:
        photo, removal_list = offer.photo, self.request.removal_list
        if photo in removal_list.photos:
            return SkippedRow.removed(photo)
        if isinstance(offer, SkippedRow):
            log.info("%s: %s", photo, offer.detail)
            return offer
        try:
            row, content = self._find(offer) or self._download(offer)
        except requests.RequestException as error:
            reason = describe_error(error)
            log.warning("%s: %s", photo, reason)
            return SkippedRow(photo, Rejection.DOWNLOAD_FAILED, reason)
        except UnreadableImage as error:
            log.warning("%s: %s", photo, error.reason)
            return SkippedRow.unreadable(photo, error)
        if row.sha256 in removal_list.sha256:
            path = self.request.destination / photo
            if _read(path) == content:
                path.unlink()
            with log_cache_errors():
                self.request.downloads.delete_files({row.sha256})
            return SkippedRow.removed(photo)
        self.request.save(row, content)
        self.request.downloads.store(row, content)
        return row

    def _find(self, offer: PhotoRow) -> tuple[PhotoRow, bytes] | None:
        """Return the row and content of a photo that was downloaded before, or None."""
        content = _read(self.request.destination / offer.photo)
        known, limit = self.request.known.get(offer.photo), self._max_pixels
        # A file without a known row could be of another size or URL: it isn't used.
        if (
            content is not None
            and known
            and known.image_url == offer.image_url
            and known.sha256 == sha256_of(content)
            and known.width * known.height <= limit
        ):
            facts = ("width", "height", "sha256", "fingerprint")
            known_facts = {name: getattr(known, name) for name in facts}
            return replace(offer, **known_facts), content
        content = self.request.downloads.read(offer)
        if content is None:
            return None
        return measure(offer, content, offer.photo, limit), content

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
        content = response.content
        try:
            row = measure(offer, content, offer.photo, self._max_pixels)
        except UnreadableImage as error:
            if error.too_large:
                # It may be wanted after a change of photos.max_pixels.
                row = replace(offer, sha256=sha256_of(content))
                self.request.downloads.store(row, content)
            raise
        return row, content

    @property
    def _max_pixels(self) -> int:
        return int(self.request.options["max_pixels"])


class _Remaining:
    """The offers that are left, and the error with which the service ended them."""

    def __init__(self, offers: Iterator[Offer]) -> None:
        self._offers = offers
        self.error: SourceError | None = None

    def take(self) -> Offer | None:
        """Return the next offer, or None at the end."""
        try:
            return next(self._offers, None)
        except SourceError as error:
            self.error = error
            return None


def _read(path: Path) -> bytes | None:
    """Return the content of a file, or None if there is none that can be read."""
    try:
        return path.read_bytes()
    except OSError:
        return None
