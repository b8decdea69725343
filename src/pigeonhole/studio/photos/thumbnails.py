"""Thumbnails of photos as WebP files, in the user's cache folder."""

import hashlib
import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from threading import Lock

from pigeonhole.core.atomic import write_bytes
from pigeonhole.core.cache import cache_dir, log_cache_errors
from pigeonhole.imaging.codecs import decode_small, encode_webp, read_content
from pigeonhole.imaging.resize import resize

MAX_THUMBNAILS = 20_000
"""Maximum number of cached thumbnails of a project, about 200 MB."""
MAX_PHOTO_SIDE = 2560
"""Maximum side of the images that are made of photos."""
_PRUNE_INTERVAL = 500
"""Number of new thumbnails after which the oldest ones are deleted."""


class Thumbnails:
    """
    The thumbnails of a project's photos. Threads may use it at the same time.

    Their names depend on the path, size and modification time of a photo, so no photo
    is read to find them.
    """

    def __init__(self, project: Path) -> None:
        self._folder = cache_dir("thumbnails", project)
        self._lock = Lock()
        self._new = 0

    def get(self, photo: Path, side: int, max_pixels: int) -> bytes:
        """
        Return an image of a photo, upright, with at most `side` pixels in a row.

        Raises
        ------
        UnreadableImage
        """
        side = max(16, min(side, MAX_PHOTO_SIDE))
        path = self._path(photo, side)
        if path is not None:
            with suppress(OSError):
                return path.read_bytes()
        content = make_thumbnail(
            read_content(photo, max_pixels), photo, side, max_pixels
        )
        if path is not None:
            with log_cache_errors():
                write_bytes(path, content)
                self._count()
        return content

    def delete(self, photos: Iterable[Path]) -> None:
        """Delete the thumbnails of photos."""
        digests = {_digest(photo) for photo in photos}
        for path in self._folder.glob("*.webp"):
            if path.name.partition("-")[0] in digests:
                path.unlink(missing_ok=True)

    def _path(self, photo: Path, side: int) -> Path | None:
        try:
            status = photo.stat()
        except OSError:
            return None
        state = f"{status.st_size}-{status.st_mtime_ns:x}-{side}"
        return self._folder / f"{_digest(photo)}-{state}.webp"

    def _count(self) -> None:
        with self._lock:
            self._new += 1
            if self._new % _PRUNE_INTERVAL == 1:
                self._prune()

    def _prune(self) -> None:
        with os.scandir(self._folder) as entries:
            # Hidden files are being written by other threads, which rename them.
            kept = (entry for entry in entries if not entry.name.startswith("."))
            found = sorted((entry.stat().st_mtime_ns, entry.path) for entry in kept)
        for _, path in found[: max(0, len(found) - MAX_THUMBNAILS)]:
            Path(path).unlink(missing_ok=True)


def make_thumbnail(
    content: bytes, name: Path | str, side: int, max_pixels: int
) -> bytes:
    """Return an image file as a WebP file with at most `side` pixels in a row."""
    image = decode_small(content, name, side, max_pixels)
    rows, columns = image.shape[:2]
    if (scale := side / max(rows, columns)) < 1:
        image = resize(
            image, max(1, round(scale * columns)), max(1, round(scale * rows))
        )
    return encode_webp(image)


def _digest(photo: Path) -> str:
    return hashlib.sha256(os.fsencode(photo)).hexdigest()[:24]
