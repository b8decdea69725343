"""Divide photos among shards by their names."""

import hashlib
from collections.abc import Iterable
from pathlib import Path

from pigeonhole.core.shards import Shard
from pigeonhole.photos.ledger import PhotoRow, photo_path, read_ledger


def shard_of(photo: str, shards: int) -> int:
    """Return the shard of a photo, which depends only on its name."""
    return int(hashlib.sha256(photo.encode()).hexdigest(), 16) % shards


def photos_of_shard(photos: Iterable[PhotoRow], shard: Shard) -> list[PhotoRow]:
    """Return the photos of one shard."""
    return [row for row in photos if shard_of(row.photo, shard.count) == shard.index]


def shard_files(ledger: Path, shards: int) -> list[list[str]]:
    """Return the photo files of each shard, for photos next to their ledger."""
    files: list[list[str]] = [[] for _ in range(shards)]
    for row in read_ledger(ledger):
        path = photo_path(row, ledger.parent)
        files[shard_of(row.photo, shards)].append(path.as_posix())
    return files
