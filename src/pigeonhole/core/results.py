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
CREDITS = "CREDITS.md"
CREDITS_PAGE = "credits.html"
REPORT = "report.html"


def credits_link(folder: str) -> str:
    """Return the relative link from a folder of the results to the credits page."""
    return posixpath.relpath(CREDITS_PAGE, folder)
