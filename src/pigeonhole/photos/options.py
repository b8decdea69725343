"""Choose a source of photos and the settings that matter for it.

The Snakefile imports this module, so it imports no heavy library.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from pigeonhole.core.tables import UnreadableTable
from pigeonhole.photos.downloads import download_cache
from pigeonhole.photos.ledger import read_ledger
from pigeonhole.settings import Settings

PEXELS_KEY_VARIABLE = "PEXELS_API_KEY"
"""Environment variable with the key for Pexels, which is stored nowhere else."""


def resolve_source(settings: Settings, environ: Mapping[str, str]) -> str:
    """
    Return the name of the source of the settings.

    ``auto`` is pexels if its key is set, or if all photos for these settings were
    downloaded before, so that no key is needed. Otherwise it is demo.
    """
    source = settings.photos.source
    if source != "auto":
        return source
    options = source_options(settings, "pexels")
    is_pexels = has_key(environ) or download_cache().is_complete("pexels", options)
    return "pexels" if is_pexels else "demo"


def has_key(environ: Mapping[str, str]) -> bool:
    """Return whether the key for Pexels is set."""
    return bool(environ.get(PEXELS_KEY_VARIABLE, "").strip())


def source_warning(source: str, ledger: Path) -> str | None:
    """
    Return a warning if the demo replaces downloads because the key is missing, or None.

    Parameters
    ----------
    source : str
        The source that ``auto`` resolves to.
    ledger : Path
        The ledger of the last run; it may be missing.
    """
    if source != "demo":
        return None
    try:
        others = {row.source for row in read_ledger(ledger)} - {"demo"}
    except (OSError, UnreadableTable):
        return None
    if not others:
        return None
    return (
        f"photos.source is auto and {PEXELS_KEY_VARIABLE} is empty, so the demo photos "
        f"replace those of {', '.join(sorted(others))} in the results. Downloads are "
        f"kept: export {PEXELS_KEY_VARIABLE} and run the same command to get them back."
    )


def source_options(settings: Settings, source: str) -> dict[str, Any]:
    """
    Return the settings that matter for a source, and no others.

    They are the params of the rule `collect_photos`, so that changing the settings of
    another source reruns nothing.
    """
    return OPTIONS[source](settings)


def _demo_options(settings: Settings) -> dict[str, Any]:
    return {"seed": settings.seed, "demo_count": settings.photos.demo_count}


def _folder_options(settings: Settings) -> dict[str, Any]:
    photos = settings.photos
    return {"folder": photos.folder or "", "max_pixels": photos.max_pixels}


def _pexels_options(settings: Settings) -> dict[str, Any]:
    photos = settings.photos
    filters = {
        "orientation": photos.orientation,
        "size": photos.min_size,
        "color": photos.color,
    }
    filters = {key: value for key, value in filters.items() if value != "any"}
    return _search_options(settings, {**filters, "locale": photos.locale})


def _openverse_options(settings: Settings) -> dict[str, Any]:
    photos = settings.photos
    aspect_ratios = {"landscape": "wide", "portrait": "tall", "square": "square"}
    filters = {"license": ",".join(photos.licenses), "category": "photograph"}
    if photos.orientation != "any":
        filters["aspect_ratio"] = aspect_ratios[photos.orientation]
    if photos.min_size != "any":
        # Openverse searches for exactly these sizes, not for larger ones.
        sizes = ("small", "medium", "large")
        filters["size"] = ",".join(sizes[sizes.index(photos.min_size) :])
    return _search_options(settings, filters)


def _search_options(settings: Settings, filters: dict[str, str]) -> dict[str, Any]:
    """Return the options that all services share; `filters` are search parameters."""
    photos = settings.photos
    return {
        "query": photos.query,
        "wanted": photos.count,
        "size": _download_size(settings),
        "filters": filters,
        "max_pixels": photos.max_pixels,
    }


def _download_size(settings: Settings) -> str:
    """Return the size to download: faces need more pixels than whole photos."""
    if settings.photos.size != "auto":
        return settings.photos.size
    cuts_faces = any(tile_set.cut == "faces" for tile_set in settings.tiles.values())
    return "large" if cuts_faces else "medium"


OPTIONS: Mapping[str, Callable[[Settings], dict[str, Any]]] = {
    "demo": _demo_options,
    "folder": _folder_options,
    "pexels": _pexels_options,
    "openverse": _openverse_options,
}
"""The options of each source, by the names that `photos.source` accepts."""
