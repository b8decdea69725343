"""Load and validate config.yaml."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from pydantic import Field, model_validator

from pigeonhole.core.errors import SettingsError
from pigeonhole.core.geometry import Size
from pigeonhole.settings.birthday import BirthdaySettings
from pigeonhole.settings.fields import Frozen, Name
from pigeonhole.settings.live import LiveSettings
from pigeonhole.settings.mosaic import MosaicSettings, check_halves
from pigeonhole.settings.paths import check_paths
from pigeonhole.settings.photos import FaceSettings, PhotoSettings, TileSetSettings
from pigeonhole.settings.validation import section_of, validate


class Settings(Frozen):
    """All of config.yaml."""

    seed: int = Field(ge=0, lt=2**63, default=1)
    """Seed of all random choices; the same seed gives the same results."""
    photos: PhotoSettings = PhotoSettings()
    """Source and selection of photos."""
    faces: FaceSettings = FaceSettings()
    """Detection and cropping of faces."""
    tiles: dict[Name, TileSetSettings] = Field(
        min_length=1,
        default={
            "faces": TileSetSettings(),
            "live": TileSetSettings(size=Size(16, 12), color=False),
        },
    )
    """Tile sets by name."""
    mosaic: MosaicSettings = MosaicSettings()
    """Still mosaics."""
    birthday: BirthdaySettings = BirthdaySettings()
    """Birthday experiments."""
    live: LiveSettings = LiveSettings()
    """Live mosaics."""

    @model_validator(mode="after")
    def _check_tile_sets_exist(self) -> Self:
        names = [("live.tiles", name) for name in self.live.tiles]
        for key, name in [("mosaic.tiles", self.mosaic.tiles), *names]:
            if name not in self.tiles:
                hint = (
                    f"there is no such tile set; choose one of {', '.join(self.tiles)}."
                )
                raise SettingsError(key, name, hint)
        return self

    @model_validator(mode="after")
    def _check_tile_set_names_differ(self) -> Self:
        names: dict[str, str] = {}
        for name in self.tiles:
            other = names.setdefault(name.casefold(), name)
            if other != name:
                hint = f"differs from {other} only in case; choose another name."
                raise SettingsError("tiles", name, hint)
        return self

    @model_validator(mode="after")
    def _check_tile_fits_mosaic(self) -> Self:
        name, width = self.mosaic.tiles, self.mosaic.width
        tile = self.tiles[name].size
        if width < tile.width:
            hint = (
                f"must be at least {tile.width}, the width of a tile in tiles.{name}."
            )
            raise SettingsError("mosaic.width", width, hint)
        if self.mosaic.layout == "quadtree":
            check_halves(tile, self.mosaic.levels)
        return self

    @model_validator(mode="after")
    def _check_cells_fit_live_frame(self) -> Self:
        frame, cell_size = self.live.frame_size, self.live.cell_size
        for name in self.live.tiles:
            cell = cell_size or self.tiles[name].size
            if frame.width % cell.width or frame.height % cell.height:
                origin = "live.cell_size" if cell_size else f"tiles.{name}.size"
                hint = f"must be a multiple of the cell size {cell} ({origin})."
                raise SettingsError("live.frame_size", str(frame), hint)
        return self


def load(
    config: Mapping[str, Any], folder: Path | None = None, *, check_files: bool = True
) -> Settings:
    """
    Validate all settings.

    Parameters
    ----------
    config : mapping
        The merged content of the YAML files and of --config.
    folder : Path, optional
        Base of relative paths; the working directory by default.
    check_files : bool
        Whether to check also that the files that the settings name exist.

    Raises
    ------
    SettingsError
    """
    settings = validate(Settings, config)
    if check_files:
        check_paths(settings, folder or Path())
    return settings


def setting_keys(model: type[Frozen] = Settings, prefix: str = "") -> list[str]:
    """Return the dotted key of every setting, such as ``photos.query``."""
    keys = []
    for name, field in model.model_fields.items():
        keys.append(prefix + name)
        section = section_of(model, name)
        if section is None or isinstance(field.default, tuple):
            continue
        is_mapping = isinstance(field.default, dict)
        inner = [f"{name}.{entry}" for entry in field.default] if is_mapping else [name]
        for path in inner:
            keys += setting_keys(section, f"{prefix}{path}.")
    return keys


def schema() -> str:
    """Return the JSON schema of config.yaml as text."""
    text = json.dumps(Settings.model_json_schema())
    return json.dumps(json.loads(text, object_hook=_compact), indent=2) + "\n"


def _compact(node: dict[str, Any]) -> dict[str, Any]:
    """Drop titles, which repeat the names, and the defaults of sections."""
    repeated = {"title", "default"} if "$ref" in node else {"title"}
    return {key: value for key, value in node.items() if key not in repeated}
