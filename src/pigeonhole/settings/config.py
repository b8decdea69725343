"""All of config.yaml: how its sections fit together, and what is said of a fault."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from pydantic import Field, ValidationError, model_validator

from pigeonhole.core.errors import SettingsError, meant
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

BRANCH = re.compile(r"constrained-(int|float)$|literal\[")
ADVICE = {
    **dict.fromkeys(
        ("int_parsing", "int_type", "int_from_float"), "should be a whole number"
    ),
    **dict.fromkeys(("float_parsing", "float_type"), "should be a number"),
    **dict.fromkeys(("bool_parsing", "bool_type"), "should be true or false"),
    "string_type": "should be text",
    "tuple_type": "write a list, with brackets around it: [...]",
    "model_type": "write its settings below it, further in, or leave it out",
}
"""What to say of pydantic's faults that it tells in words of Python."""


class Settings(Frozen):
    """All of config.yaml."""

    seed: int = Field(ge=0, lt=2**63, default=1)
    """Start of every random choice; the same seed gives the same results."""
    photos: PhotoSettings = PhotoSettings()
    """Where the photos come from."""
    faces: FaceSettings = FaceSettings()
    """How faces are found and cropped."""
    tiles: dict[Name, TileSetSettings] = Field(
        min_length=1,
        default={
            "faces": TileSetSettings(),
            "live": TileSetSettings(size=Size(16, 12), colour=False),
        },
    )
    """The tile sets, by name."""
    mosaic: MosaicSettings = MosaicSettings()
    """The still mosaics."""
    birthday: BirthdaySettings = BirthdaySettings()
    """The birthday experiments."""
    live: LiveSettings = LiveSettings()
    """The live mosaic."""

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        named = [("live.tiles", name) for name in self.live.tiles]
        for key, name in [("mosaic.tiles", self.mosaic.tiles), *named]:
            if name not in self.tiles:
                known = ", ".join(self.tiles)
                raise SettingsError(key, name, f"name a set under tiles: {known}.")
        tile = self.tiles[self.mosaic.tiles].size
        if self.mosaic.width < tile.width:
            raise SettingsError(
                "mosaic.width",
                self.mosaic.width,
                f"make it at least {tile.width}, the width of one tile of "
                f"tiles.{self.mosaic.tiles}.",
            )
        if self.mosaic.layout == "quadtree":
            check_halves(tile, self.mosaic.levels)
        for name in self.live.tiles:
            cell, frame = self.live.cell or self.tiles[name].size, self.live.frame
            if frame.width % cell.width or frame.height % cell.height:
                origin = "live.cell" if self.live.cell else f"tiles.{name}.size"
                raise SettingsError(
                    "live.frame",
                    str(frame),
                    f"make it a whole number of {cell} cells each way ({origin}).",
                )
        names = [target_name(target) for target in self.mosaic.targets]
        for name in names:
            if names.count(name) > 1:
                raise SettingsError(
                    "mosaic.targets", name, "two targets have this name; rename one."
                )
        return self


def load(config: Mapping[str, Any], folder: Path | None = None) -> Settings:
    """
    Check everything that a person set.

    Parameters
    ----------
    config : mapping
        What the YAML files and --config said, merged.
    folder : Path, optional
        Where relative paths start; the working directory by default.

    Raises
    ------
    SettingsError
        One sentence with the key, the value and the way out.
    """
    try:
        settings = Settings.model_validate(config)
    except ValidationError as error:
        raise _in_a_sentence(error) from None
    _check_paths(settings, folder or Path())
    return settings


def live_settings(values: Mapping[str, Any]) -> LiveSettings:
    """Check the settings of the live mosaic alone; see `load`."""
    try:
        return LiveSettings.model_validate(values)
    except ValidationError as error:
        raise _in_a_sentence(error, "live") from None


def _check_paths(settings: Settings, folder: Path) -> None:
    photos = settings.photos
    if photos.source == "folder":
        if photos.folder is None:
            raise SettingsError(
                "photos.folder", None, "name the folder of your photos."
            )
        if not (folder / photos.folder).is_dir():
            raise SettingsError(
                "photos.folder",
                photos.folder,
                f"there is no such folder seen from {folder.resolve()}; mend the path.",
            )
    for target in settings.mosaic.targets:
        if target not in SAMPLES and not (folder / target).is_file():
            raise SettingsError(
                "mosaic.targets",
                target,
                "there is no such file; give a picture or one of "
                f"{', '.join(SAMPLES)}.",
            )
    for key in ("mask", "edits"):
        path = getattr(settings.mosaic, key)
        if path is not None and not (folder / path).is_file():
            raise SettingsError(
                f"mosaic.{key}", path, "there is no such file; mend the path."
            )


def _in_a_sentence(error: ValidationError, *section: str) -> SettingsError:
    """Tell the first fault as key, value and way out."""
    faults = error.errors(include_url=False)
    fault, where = faults[0], _place(faults[0])
    place = (*section, *where)
    key = ".".join(map(str, place)).removesuffix(".[key]") or "config.yaml"
    if fault["type"] == "extra_forbidden":
        return SettingsError(key, fault["input"], _suggest(place))
    # What may be a number or a word has a fault for each.
    said = [way_out(each).rstrip(".") for each in faults if _place(each) == where]
    return SettingsError(key, fault["input"], f"{', or '.join(said)}.")


def _place(fault: Mapping[str, Any]) -> tuple[int | str, ...]:
    """Return where a fault is, without pydantic's names of what a value may be."""
    return tuple(part for part in fault["loc"] if not BRANCH.match(str(part)))


def way_out(fault: Mapping[str, Any]) -> str:
    """Say what pydantic found in plain words."""
    said = fault["msg"].removeprefix("Value error, ").removeprefix("Input ")
    return f"{ADVICE.get(fault['type'], said)}."


def _suggest(place: tuple[int | str, ...]) -> str:
    """Name the setting that a misspelt key was probably meant to be."""
    known = [key for key in setting_keys() if key.count(".") == len(place) - 1]
    if near := meant(".".join(map(str, place)), known):
        return f"there is no such setting; did you mean {near}?"
    section = ".".join(map(str, place[:-1]))
    inside = [key for key in known if key.startswith(f"{section}.")] or known
    return f"there is no such setting; known are {', '.join(inside)}."


def setting_keys(model: type[Frozen] = Settings, prefix: str = "") -> list[str]:
    """Return every key with its sections, as in ``photos.query``."""
    keys = []
    for name, field in model.model_fields.items():
        keys.append(prefix + name)
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, Frozen):
            keys += setting_keys(kind, f"{prefix}{name}.")
    for tile_set in ("faces", "live") if model is Settings else ():
        keys += setting_keys(TileSetSettings, f"tiles.{tile_set}.")
    return keys


def schema() -> str:
    """Return the JSON schema of config.yaml, as text."""
    return json.dumps(Settings.model_json_schema(), indent=2) + "\n"
