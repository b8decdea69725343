"""Every setting, its default and its limits: the only place where they are written.

`load` turns what Snakemake read from config.yaml into frozen models, or raises one
sentence. The JSON schema that editors complete from is generated from the models:
``python -m pigeonhole.settings workflow/schemas/config.schema.json``.
"""

from pigeonhole.settings.config import Settings, load
from pigeonhole.settings.fields import Frozen
from pigeonhole.settings.live import LiveSettings
from pigeonhole.settings.mosaic import (
    FOLDER_MOSAIC,
    SAMPLES,
    EditSettings,
    FilmSettings,
    MosaicOptions,
    MosaicSettings,
    PrintSettings,
    check_halves,
    target_name,
)
from pigeonhole.settings.photos import (
    FOLDER_TILES,
    FaceSettings,
    PhotoSettings,
    TileSetSettings,
)

__all__ = [
    "FOLDER_MOSAIC",
    "FOLDER_TILES",
    "SAMPLES",
    "EditSettings",
    "FaceSettings",
    "FilmSettings",
    "Frozen",
    "LiveSettings",
    "MosaicOptions",
    "MosaicSettings",
    "PhotoSettings",
    "PrintSettings",
    "Settings",
    "TileSetSettings",
    "check_halves",
    "load",
    "target_name",
]
