"""Pexels, Openverse, a folder or the demo -> photos and their ledger.

This module and `tree` are what the Snakefile needs: they import no heavy library.
"""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pigeonhole.photos.ledger import photo_path, read_ledger
from pigeonhole.settings import PhotoSettings, Settings

KEY = "PEXELS_API_KEY"
"""The environment variable that holds the key for Pexels: its only place."""


def chosen_source(source: str, environ: Mapping[str, str]) -> str:
    """Return the source that is meant: ``auto`` depends on the environment."""
    if source != "auto":
        return source
    return "pexels" if environ.get(KEY, "").strip() else "demo"


def options(settings: Settings, source: str) -> dict[str, Any]:
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
        "size": download_size(settings),
        "filters": _pexels(photos) if source == "pexels" else _openverse(photos),
        "max_pixels": photos.max_pixels,
    }


def download_size(settings: Settings) -> str:
    """Return which size to download: faces need more pixels than whole photos."""
    if settings.photos.size != "auto":
        return settings.photos.size
    faces = any(tile_set.cut == "faces" for tile_set in settings.tiles.values())
    return "large" if faces else "medium"


def _pexels(photos: PhotoSettings) -> dict[str, str]:
    asked = {
        "orientation": photos.orientation,
        "size": photos.min_size,
        "color": photos.colour,
    }
    filters = {key: value for key, value in asked.items() if value != "any"}
    return {**filters, "locale": photos.locale}


def _openverse(photos: PhotoSettings) -> dict[str, str]:
    shapes = {"landscape": "wide", "portrait": "tall", "square": "square"}
    filters = {"license": ",".join(photos.licences), "category": "photograph"}
    if photos.orientation != "any":
        filters["aspect_ratio"] = shapes[photos.orientation]
    if photos.min_size != "any":
        filters["size"] = photos.min_size
    return filters


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
