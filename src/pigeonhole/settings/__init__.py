"""Every setting, its default and its limits: the only place where they are written.

`read_settings_files` reads config.yaml and other files, and `load` turns their content
into frozen models; both raise one sentence that names the place or the setting. The
JSON schema that editors complete from is generated from the models:
``python -m pigeonhole.settings workflow/schemas/config.schema.json``.
"""

from pigeonhole.settings.config import Settings, load
from pigeonhole.settings.fields import Frozen
from pigeonhole.settings.files import read_settings_file, read_settings_files
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
)
from pigeonhole.settings.names import target_names, title_of
from pigeonhole.settings.photos import (
    FOLDER_TILES,
    Cut,
    FaceSettings,
    PhotoSettings,
    TileSetSettings,
)

__all__ = [
    "FOLDER_MOSAIC",
    "FOLDER_TILES",
    "SAMPLES",
    "Cut",
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
    "read_settings_file",
    "read_settings_files",
    "target_names",
    "title_of",
]
