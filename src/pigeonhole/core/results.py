"""Paths of results, relative to the results folder."""

PHOTOS = "photos"
LEDGER = "photos/photos.csv"
DUPLICATES = "photos/duplicates.csv"
FACES = "faces/faces.csv"
FACE_SHARDS = "faces/shards/*.csv"
REVIEW_PAGE = "faces/review.html"
TILE_SETS = "tiles/*.npz"
MOSAIC = "mosaics/{target}"
PLACEMENTS = "mosaics/*/placement.csv"
VIEWERS = "mosaics/*/viewer"
VIEWER_FILES = (
    *("index.html", "mosaic.webp", "target.webp", "overlay.png"),
    *("tiles/*.png", "tiles/*.webp", "photos/*.webp"),
)
"""Patterns of the files of a viewer."""
MOSAIC_FILES = (
    *("mosaic.png", "placement.csv", "quality.json", "shards/*.arrays"),
    *(f"{figure}.svg" for figure in ("comparison", "quality", "advice")),
    *(f"{figure}.png" for figure in ("comparison", "quality", "advice")),
    *(f"large/mosaic.{suffix}" for suffix in ("png", "jpg", "tif", "dzi", "xmp")),
    *("large/mosaic_files/*/*.jpg", "large/mosaic_files/*/*.png"),
    "large/mosaic_files/.snakemake_timestamp",
    *(f"print/mosaic.{suffix}" for suffix in ("png", "jpg", "tif")),
    *("print/placement.csv", "films/falling.webm", "films/zooming.webm"),
    *("films/falling.gif", "films/zooming.gif"),
    *(f"viewer/{pattern}" for pattern in VIEWER_FILES),
)
"""Patterns of the files in the folder of a mosaic."""
CREDITS = "CREDITS.md"
CREDITS_PAGE = "credits.html"
REPORT = "report.html"
