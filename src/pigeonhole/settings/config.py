"""Load and validate config.yaml."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self, TypeVar

from pydantic import Field, ValidationError, model_validator

from pigeonhole.core.errors import SettingsError, did_you_mean
from pigeonhole.core.geometry import Size
from pigeonhole.settings.birthday import BirthdaySettings
from pigeonhole.settings.fields import Frozen, Name
from pigeonhole.settings.live import LiveSettings
from pigeonhole.settings.mosaic import (
    SAMPLES,
    MosaicSettings,
    check_halves,
    target_name,
)
from pigeonhole.settings.photos import FaceSettings, PhotoSettings, TileSetSettings

Model = TypeVar("Model", bound=Frozen)

UNION_BRANCH = re.compile(r"constrained-(int|float)$|literal\[")
"""Parts that pydantic adds to the location of an error for each type of a union."""
MUST_BE = "must be "
HINTS = {
    "int": "must be an integer",
    "float": "must be a number",
    "bool": "must be true or false",
    "string_type": "must be text",
    "tuple_type": "must be a list in brackets: [...]",
    "model_type": "must be a section with settings indented below it",
}
"""Hints for pydantic's errors that mention Python types, by error type or prefix."""
RENAMED = {
    f"{section}.{old}": f"{section}.{new}"
    for section, names in {
        "photos": "colour:color,licences:licenses,forgotten:removal_list,"
        "alike:max_hash_distance",
        "faces": "turn:rotation,alike:max_hash_distance",
        "mosaic": "far:lowpass_weight,shape:structure_weight,tone:histogram_matching,"
        "tint:color_transfer,reuse:repetition,tile_pixels:tile_width",
        "mosaic.repetition": "at_most:max_uses,apart:min_distance,everyone:use_all,"
        "seconds:time_limit",
        "mosaic.large": "forms:formats",
        "mosaic.print": "form:format",
        "mosaic.film": "form:format,side:long_side,rate:fps",
        "birthday": "wide_trials:trials_above_32_bits,collisions:collision_bits,"
        "sha_collisions:sha_collision_bits,long:extended",
        "live": "pace:folder_fps,frame:frame_size,cell:cell_size,open:open_browser,"
        "tone:histogram_matching,reuse:repetition,frames:max_frames",
        "live.repetition": "at_most:max_uses,apart:min_distance",
    }.items()
    for old, new in (pair.split(":") for pair in names.split(","))
}
"""Settings of version 0.1 and their new names."""
MOVED = {
    "photos.parallel": "set-resources: {collect_photos: {downloads: 6}}",
    "faces.chunks": "set-scatter: {faces: 4}",
    "tiles.cut_jobs": "set-scatter: {tiles: 2}",
    "mosaic.match_jobs": "set-scatter: {mosaic: 2}",
    "birthday.sweep_jobs": "set-scatter: {sweep: 2}",
    "birthday.search_jobs": "set-threads: {search_collision: 2}",
}
"""Settings that don't change results, and where profiles set them now."""


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

    @model_validator(mode="after")
    def _check_target_names_differ(self) -> Self:
        names = [target_name(target) for target in self.mosaic.targets]
        for name in names:
            if names.count(name) > 1:
                hint = "two targets have this name; rename one of them."
                raise SettingsError("mosaic.targets", name, hint)
        return self


def load(config: Mapping[str, Any], folder: Path | None = None) -> Settings:
    """
    Validate all settings and check that the files they name exist.

    Parameters
    ----------
    config : mapping
        The merged content of the YAML files and of --config.
    folder : Path, optional
        Base of relative paths; the working directory by default.

    Raises
    ------
    SettingsError
    """
    settings = validate(Settings, config)
    _check_paths(settings, folder or Path())
    return settings


def validate(model: type[Model], values: Mapping[str, Any], section: str = "") -> Model:
    """Validate the settings of one section, or raise SettingsError with its key."""
    try:
        return model.model_validate(values)
    except ValidationError as error:
        raise _settings_error(error, *filter(None, [section])) from None


def _check_paths(settings: Settings, folder: Path) -> None:
    photos, mosaic = settings.photos, settings.mosaic
    if photos.source == "folder":
        if photos.folder is None:
            hint = "source folder needs the path of your photos here."
            raise SettingsError("photos.folder", None, hint)
        if not (folder / photos.folder).is_dir():
            hint = f"there is no such folder in {folder.resolve()}; check the path."
            raise SettingsError("photos.folder", photos.folder, hint)
    for target in mosaic.targets:
        if target not in SAMPLES and not (folder / target).is_file():
            hint = "there is no such file; use an image file or one of "
            raise SettingsError(
                "mosaic.targets", target, hint + f"{', '.join(SAMPLES)}."
            )
    for key, path in (("mosaic.mask", mosaic.mask), ("mosaic.edits", mosaic.edits)):
        if path is not None and not (folder / path).is_file():
            raise SettingsError(key, path, "there is no such file; check the path.")


def _settings_error(error: ValidationError, *section: str) -> SettingsError:
    """Return the first error, with its key, value and hint."""
    errors = error.errors(include_url=False)
    first, location = errors[0], _location(errors[0])
    path = (*section, *location)
    key = ".".join(map(str, path)).removesuffix(".[key]") or "config.yaml"
    if first["type"] == "extra_forbidden":
        return SettingsError(key, first["input"], _suggest(path))
    # A union of types has one error for each of them.
    hints = [_hint(other) for other in errors if _location(other) == location]
    hint = " or ".join([hints[0], *(text.removeprefix(MUST_BE) for text in hints[1:])])
    return SettingsError(key, first["input"], f"{hint}.")


def _location(error: Mapping[str, Any]) -> tuple[int | str, ...]:
    """Return the location of an error without the branches of unions."""
    return tuple(part for part in error["loc"] if not UNION_BRANCH.match(str(part)))


def _hint(error: Mapping[str, Any]) -> str:
    """Return the message of a pydantic error as the end of a sentence about a value."""
    message = str(error["msg"]).removeprefix("Value error, ").removeprefix("Input ")
    message = message.replace("should be ", MUST_BE, 1)
    kind = error["type"]
    return HINTS.get(kind) or HINTS.get(kind.partition("_")[0], message)


def _suggest(path: tuple[int | str, ...]) -> str:
    """Suggest the new name of a renamed setting, or a similar name for a typo."""
    key = ".".join(map(str, path))
    if new := RENAMED.get(key):
        return f"this setting is now called {new}."
    if moved := MOVED.get(re.sub(r"^tiles\.[^.]+\.", "tiles.", key)):
        return f"this is set in a profile now, with {moved}."
    known = [other for other in setting_keys() if other.count(".") == key.count(".")]
    if similar := did_you_mean(key, known):
        return f"there is no such setting; did you mean {similar}?"
    section = key.rpartition(".")[0]
    same_section = [name for name in known if name.startswith(f"{section}.")] or known
    return f"there is no such setting; choose one of {', '.join(same_section)}."


def setting_keys(model: type[Frozen] = Settings, prefix: str = "") -> list[str]:
    """Return the dotted key of every setting, such as ``photos.query``."""
    keys = []
    for name, field in model.model_fields.items():
        keys.append(prefix + name)
        section = field.annotation
        if isinstance(section, type) and issubclass(section, Frozen):
            keys += setting_keys(section, f"{prefix}{name}.")
    for tile_set in ("faces", "live") if model is Settings else ():
        keys += setting_keys(TileSetSettings, f"tiles.{tile_set}.")
    return keys


def schema() -> str:
    """Return the JSON schema of config.yaml as text."""
    text = json.dumps(Settings.model_json_schema())
    return json.dumps(json.loads(text, object_hook=_compact), indent=2) + "\n"


def _compact(node: dict[str, Any]) -> dict[str, Any]:
    """Drop titles, which repeat the names, and the defaults of sections."""
    repeated = {"title", "default"} if "$ref" in node else {"title"}
    return {key: value for key, value in node.items() if key not in repeated}
