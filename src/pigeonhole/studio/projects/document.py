"""The document of the studio: all settings of one mosaic, and the choice of its target.

Documents never change. `Document.changed` validates a change and returns a new one.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from pigeonhole.core.errors import SettingsError
from pigeonhole.settings import (
    FOLDER_TILES,
    Cut,
    FaceSettings,
    Frozen,
    MosaicSettings,
    PhotoSettings,
    TileSetSettings,
    check_halves,
    target_names,
)
from pigeonhole.settings.fields import NotEmpty
from pigeonhole.settings.names import MAX_BYTES
from pigeonhole.settings.validation import validate
from pigeonhole.studio.photos.names import is_inside

Length = Annotated[int, Field(ge=1, le=1_000_000)]
Coordinate = Annotated[int, Field(ge=0, le=1_000_000)]


def target_name(file: str) -> str:
    """Return the name of a target for the name of an image file."""
    name = next(iter(target_names([file])))
    if len(name.encode()) > MAX_BYTES:
        # The name of the target's own file must not be shortened once more.
        start, _, digest = name.rpartition("-")
        short = start.encode()[: MAX_BYTES - len(digest) - 1].decode(errors="ignore")
        name = f"{short.rstrip('-_')}-{digest}"
    return name


def _check_target_name(name: str) -> str:
    if target_name(f"{name}.png") != name:
        raise ValueError("must consist of letters, digits, - and _")
    return name


def _check_file_name(name: str) -> str:
    # The page names the file, which must not be outside of its folder.
    if name.startswith(".") or set(name) & {"/", "\\", ":"}:
        raise ValueError("must be the name of a file, without its folder")
    return name


class TargetChoice(Frozen):
    """The target, and how it is cut from its original."""

    name: Annotated[NotEmpty, AfterValidator(_check_target_name)]
    """Name of the target, and so of its file and of the mosaic's folder."""
    file: Annotated[NotEmpty, AfterValidator(_check_file_name)]
    """File of the original in the private folder of the project."""
    crop: tuple[Coordinate, Coordinate, Length, Length] | None = None
    """Box x, y, width, height in pixels of the upright and rotated original; null is
    all of it."""
    rotation: Literal[0, 90, 180, 270] = 0
    """Clockwise rotation of the upright original, in degrees."""
    straighten: Annotated[float, Field(ge=-15, le=15)] = 0
    """Clockwise rotation by a small angle, in degrees, before the crop."""


class Document(Frozen):
    """All that decides a mosaic, apart from the photos."""

    cut: Literal["auto", "faces", "photos"] = "auto"
    """What tiles are cut from; auto decides by the photos."""
    tiles: TileSetSettings = FOLDER_TILES
    """The tiles; `cut` is that of the document."""
    photos: PhotoSettings = PhotoSettings()
    """Selection of photos; the source is the folder of the project."""
    faces: FaceSettings = FaceSettings()
    """Detection and cropping of faces."""
    mosaic: MosaicSettings = MosaicSettings()
    """The mosaic; its target is that of the document."""
    target: TargetChoice | None = None
    """The target, if one is chosen."""

    @model_validator(mode="after")
    def _check_lists_are_inside(self) -> Self:
        lists = {
            "photos.removal_list": self.photos.removal_list,
            "faces.exclude": self.faces.exclude,
        }
        for key, name in lists.items():
            # The studio writes them.
            if not is_inside(name):
                hint = "must be a file in the folder of the project."
                raise SettingsError(key, name, hint)
        return self

    @model_validator(mode="after")
    def _check_tile_fits_mosaic(self) -> Self:
        tile, width = self.tiles.size, self.mosaic.width
        if width < tile.width:
            hint = f"must be at least {tile.width}, the width of a tile (tiles.size)."
            raise SettingsError("mosaic.width", width, hint)
        if self.mosaic.layout == "quadtree":
            check_halves(tile, self.mosaic.levels)
        return self

    def changed(self, patch: Mapping[str, Any]) -> "Document":
        """
        Return the document with some settings changed.

        Parameters
        ----------
        patch : mapping
            New values by the names of the settings, nested like the document. A value
            replaces the old one as a whole, also if it is a list or a mapping.

        Raises
        ------
        SettingsError
            A setting doesn't exist, or its value isn't possible.
        """
        return validate(Document, _merge(self, patch))

    def tile_settings(self, cut: Cut) -> TileSetSettings:
        """Return the settings of the tiles, with what `auto` means as `cut`."""
        resolved = cut if self.cut == "auto" else self.cut
        return self.tiles.model_copy(update={"cut": resolved})


def _merge(section: Frozen, patch: Mapping[str, Any]) -> dict[str, Any]:
    values = section.model_dump(mode="json")
    for name, value in patch.items():
        old = getattr(section, name, None) if name in values else None
        if isinstance(old, Frozen) and isinstance(value, Mapping):
            values[name] = _merge(old, value)
        else:
            values[name] = value
    return values


def differences(old: Frozen, new: Frozen, prefix: str = "") -> dict[str, Any]:
    """
    Return the settings that differ between two sections of one type.

    Returns
    -------
    dict
        Dotted key -> new value, as in JSON.
    """
    changes: dict[str, Any] = {}
    values = None
    for name in type(new).model_fields:
        before, after = getattr(old, name), getattr(new, name)
        if before == after:
            continue
        field = type(new).model_fields[name].annotation
        if isinstance(field, type) and issubclass(field, Frozen):
            changes |= differences(before, after, f"{prefix}{name}.")
        else:
            values = values or new.model_dump(mode="json")
            changes[prefix + name] = values[name]
    return changes


def nested(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return values with dotted keys as nested mappings, such as a patch."""
    result: dict[str, Any] = {}
    for key, value in values.items():
        *sections, name = key.split(".")
        section = result
        for part in sections:
            section = section.setdefault(part, {})
        section[name] = value
    return result
