"""Paths of results, relative to the results folder."""

import posixpath

PHOTOS = "photos"
LEDGER = "photos/photos.csv"
DUPLICATES = "photos/duplicates.csv"
FACES = "faces/faces.csv"
FACE_SHARDS = "faces/shards/*.csv"
REVIEW_PAGE = "faces/review.html"
TILE_SETS = "tiles/*.npz"
MOSAIC = "mosaics/{target}"
LARGE = "mosaics/{target}/large"
PRINT = "mosaics/{target}/print"
PLACEMENTS = "mosaics/*/placement.csv"
VIEWERS = "mosaics/*/viewer"
VIEWER_FILES = (
    *("index.html", "mosaic.webp", "target.webp", "overlay.png"),
    *("tiles/*.png", "tiles/*.webp", "photos/*.webp"),
)
"""Patterns of the files of a viewer."""
MOSAIC_FILES = (
    *("mosaic.png", "placement.csv", "comparison.*", "quality.*", "advice.*"),
    *("large/mosaic.*", "large/mosaic_files/*", "print/mosaic.*"),
    *("print/placement.csv", "films/falling.*", "films/zooming.*", "shards/*.arrays"),
    *(f"viewer/{pattern}" for pattern in VIEWER_FILES),
)
"""Patterns of the files in the folder of a mosaic."""
CREDITS = "CREDITS.md"
CREDITS_PAGE = "credits.html"
REPORT = "report.html"


def credits_link(folder: str) -> str:
    """Return the relative link from a folder of the results to the credits page."""
    return posixpath.relpath(CREDITS_PAGE, folder)
