"""Pexels, a folder or the demo -> photos and their ledger.

This module and `tree` are what the Snakefile needs: they import no heavy library.
"""

import hashlib
from collections.abc import Mapping
from pathlib import Path

from pigeonhole.ledger import photo_path, read_ledger
from pigeonhole.settings import Settings

KEY = "PEXELS_API_KEY"
"""The environment variable that holds the key for Pexels: its only place."""


def chosen_source(source: str, environ: Mapping[str, str]) -> str:
    """Return demo, folder or pexels: what ``auto`` means in this environment."""
    if source != "auto":
        return source
    return "pexels" if environ.get(KEY, "").strip() else "demo"


def options(settings: Settings, source: str) -> dict[str, int | str]:
    """
    Return the settings that matter for a source, and no others.

    They are the params of the photos' rule, so that editing a setting of another
    source makes nothing anew.
    """
    photos = settings.photos
    if source == "demo":
        return {"seed": settings.seed, "demo_count": photos.demo_count}
    if source == "folder":
        return {"folder": photos.folder or "", "max_pixels": photos.max_pixels}
    return {
        "query": photos.query,
        "wanted": photos.count,
        "max_pixels": photos.max_pixels,
    }


def chunk_of(photo: str, chunks: int) -> int:
    """Return the chunk of a photo, which depends on nothing but its name."""
    return int(hashlib.sha256(photo.encode()).hexdigest(), 16) % chunks


def chunk_files(ledger: Path, chunks: int) -> list[list[str]]:
    """Return the files of the photos of every chunk, for photos beside their ledger."""
    files: list[list[str]] = [[] for _ in range(chunks)]
    for row in read_ledger(ledger):
        path = photo_path(row, ledger.parent)
        files[chunk_of(row.photo, chunks)].append(path.as_posix())
    return files
