"""Facts about photos, measured once and cached."""

import json
from collections.abc import Container, Iterable, Iterator
from dataclasses import asdict, replace
from pathlib import Path
from threading import Lock

from pigeonhole.core.arrays import Image
from pigeonhole.core.atomic import remove_temporaries, write_text
from pigeonhole.core.cache import cache_dir, log_cache_errors
from pigeonhole.core.digest import digest_of_code, sha256_of
from pigeonhole.core.untrusted_json import parse_json
from pigeonhole.core.value_cache import ValueCache, value_key
from pigeonhole.imaging import (
    codecs,
    color_profiles,
    fingerprint,
    metadata,
    resize,
)
from pigeonhole.photos.ledger import PhotoRow, parse_photo_row

FACTS = ("width", "height", "sha256", "fingerprint")
"""The columns of the ledger that `measure` fills."""


def photo_cache_dir(results: Path) -> Path:
    """Return the folder of the photo cache of a folder of results."""
    return cache_dir("photos", results)


def measure(
    row: PhotoRow, content: bytes, path: Path | str, max_pixels: int
) -> PhotoRow:
    """Return a row with the size, digest and fingerprint of a photo's content."""
    return measured(row, content, codecs.decode_rgb(content, path, max_pixels))


def measured(row: PhotoRow, content: bytes, image: Image) -> PhotoRow:
    """Return a row with the facts about a photo that has been decoded."""
    height, width = image.shape[:2]
    facts = {
        "sha256": sha256_of(content),
        "fingerprint": fingerprint.fingerprint(image),
    }
    return replace(row, width=width, height=height, **facts)


class MeasurementCache:
    """
    Facts about the user's photos by path, size and modification time.

    Photos that are known needn't be read at all.
    """

    def __init__(self, values: ValueCache) -> None:
        self._values = values

    def key(self, path: Path, max_pixels: int) -> str | None:
        """Return the key of a photo as it is now, or None if it can't be opened."""
        try:
            status = path.stat()
        except OSError:
            return None
        state = path.absolute().as_posix(), status.st_size, status.st_mtime_ns
        return value_key("measurement", _code_digest(), max_pixels, *state)

    def get(self, key: str | None, row: PhotoRow) -> tuple[PhotoRow, str | None] | None:
        """Return a row with the facts, and what is damaged in the photo, if known."""
        content = self._values.get(key) if key else None
        if content is None:
            return None
        try:
            facts = parse_json(content)
            texts = {name: str(facts[name]) for name in FACTS}
            parsed = parse_photo_row({**asdict(row), **texts})
            return parsed, facts["damage"]
        except (ValueError, KeyError, TypeError):
            return None

    def has(self, path: Path, max_pixels: int) -> bool:
        """Return whether the facts about a photo are known."""
        key = self.key(path, max_pixels)
        return key is not None and self._values.get(key) is not None

    def put(self, key: str | None, row: PhotoRow, damage: str | None) -> None:
        """Add the facts about a photo."""
        if key:
            facts = {name: getattr(row, name) for name in FACTS}
            self._values.put(key, json.dumps({**facts, "damage": damage}).encode())


class PhotoCache:
    """
    The ledger rows of photos from earlier runs, finished or killed.

    Each row is appended before its photo is written, as one line of JSON. So a run
    that follows a killed one knows the origin and the digest of every photo on disk.
    A photo without a row isn't trusted: it could be of another download size. And it
    isn't deleted: it could be the user's.
    `folder` is that of `photo_cache_dir`; without it, nothing is cached.
    """

    def __init__(self, folder: Path | None) -> None:
        self._path = folder / "rows.jsonl" if folder else None
        self._lock = Lock()

    def read(self) -> dict[str, PhotoRow]:
        """Return the cached rows by photo name, without damaged or outdated ones."""
        code = _code_digest()
        return {row.photo: row for line_code, row in self._lines() if line_code == code}

    def history(self) -> list[PhotoRow]:
        """Return all rows, oldest first, including outdated ones of the same photo."""
        return [row for _, row in self._lines()]

    def _lines(self) -> Iterator[tuple[str, PhotoRow]]:
        """Yield the digest of the code, and the row, of each undamaged line."""
        try:
            lines = self._path.read_bytes().split(b"\n") if self._path else []
        except OSError:
            return
        for line in lines:
            try:
                record = parse_json(line)
                texts = {key: str(value) for key, value in record.items()}
                yield texts.pop("code"), parse_photo_row(texts)
            except (ValueError, KeyError, TypeError, AttributeError):
                continue

    def append(self, row: PhotoRow) -> None:
        """Add a row; threads may call this at the same time."""
        if self._path is None:
            return
        with self._lock, log_cache_errors():
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with self._path.open("a", encoding="utf-8") as file:
                # The line break comes first: a killed writer may have left half a line.
                file.write(f"\n{_line(row)}")

    def replace(self, rows: Iterable[PhotoRow]) -> None:
        """Replace all cached rows."""
        if self._path is None:
            return
        ordered = sorted(rows, key=lambda row: row.photo)
        with log_cache_errors():
            remove_temporaries(self._path)
            write_text(self._path, "".join(f"{_line(row)}\n" for row in ordered))

    def remove(self, photos: Container[str]) -> None:
        """Remove photos by name; errors are raised."""
        if self._path is not None and self._path.is_file():
            remove_temporaries(self._path)
            kept = [row for name, row in self.read().items() if name not in photos]
            write_text(self._path, "".join(f"{_line(row)}\n" for row in kept))


def _line(row: PhotoRow) -> str:
    return json.dumps({"code": _code_digest(), **asdict(row)})


def _code_digest() -> str:
    """Return a digest of the code that decodes photos and computes fingerprints."""
    return digest_of_code(codecs, color_profiles, metadata, fingerprint, resize)
