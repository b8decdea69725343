"""Every setting, its default and its limits: the only place where they are written.

`load` turns what Snakemake read from config.yaml into frozen models, or raises one
sentence. The JSON schema that editors complete from is generated from the models:
``python -m pigeonhole.settings workflow/schemas/config.schema.json``.
"""

from pigeonhole.core.geometry import Paper, Size
from pigeonhole.settings.config import (
    Settings,
    live_settings,
    load,
    schema,
    setting_keys,
    way_out,
)
from pigeonhole.settings.fields import Frozen
from pigeonhole.settings.live import LiveSettings
from pigeonhole.settings.mosaic import (
    SAMPLES,
    EditSettings,
    FilmSettings,
    LargeSettings,
    LookSettings,
    MosaicSettings,
    PrintSettings,
    ReuseSettings,
    check_halves,
    target_name,
)
from pigeonhole.settings.photos import FaceSettings, PhotoSettings, TileSetSettings

__all__ = [
    "SAMPLES",
    "EditSettings",
    "FaceSettings",
    "FilmSettings",
    "Frozen",
    "LargeSettings",
    "LiveSettings",
    "LookSettings",
    "MosaicSettings",
    "Paper",
    "PhotoSettings",
    "PrintSettings",
    "ReuseSettings",
    "Settings",
    "Size",
    "TileSetSettings",
    "check_halves",
    "live_settings",
    "load",
    "schema",
    "setting_keys",
    "target_name",
    "way_out",
]
