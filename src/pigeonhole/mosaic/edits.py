"""Edits to a mosaic: tiles that are banned, pinned to a cell or replaced.

Bans and replacements apply to the source of a tile, so to all tiles that were cut from
the same photo or face.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
from pydantic import ValidationError

from pigeonhole.core.arrays import BoolArray
from pigeonhole.core.errors import SettingsError
from pigeonhole.core.text import parse_json
from pigeonhole.mosaic.layout import Layout
from pigeonhole.settings import EditSettings, MosaicOptions
from pigeonhole.tiles import TileRow


@dataclass(frozen=True, slots=True)
class Edits:
    """Edits in terms of cell numbers and tile numbers."""

    banned: BoolArray
    """One value per tile, without mirror images; true for all tiles of a source that is
    banned."""
    pinned: dict[int, int]
    """Cell number -> tile number."""
    replaced: dict[int, int]
    """Number of a tile of the old source -> number of the new tile."""

    @classmethod
    def resolve(
        cls, settings: EditSettings, rows: Sequence[TileRow], layout: Layout
    ) -> Self:
        """
        Look up the tiles and cells that the settings name.

        Raises
        ------
        SettingsError
            A tile, photo or cell doesn't exist, or the edits contradict each other.
        """
        ids = {row.id: number for number, row in enumerate(rows)}
        cells = {label: cell for cell, label in enumerate(map(tuple, layout.labels))}
        banned_sources: set[str] = set()
        for name in settings.ban:
            matches = {row.source_id for row in rows if name in (row.id, row.photo)}
            if not matches:
                raise SettingsError(
                    "mosaic.ban",
                    name,
                    "the tile set has no such tile or photo; use a tile_id or photo "
                    "from placement.csv.",
                )
            banned_sources |= matches
        banned = np.array([row.source_id in banned_sources for row in rows], np.bool_)
        pinned = {}
        for pin in settings.pin:
            if (pin.row, pin.column) not in cells:
                raise SettingsError(
                    "mosaic.pin",
                    f"row {pin.row}, column {pin.column}",
                    "there is no such cell; use row and column from placement.csv.",
                )
            tile = _tile_number(pin.tile, ids, banned, "mosaic.pin")
            pinned[cells[pin.row, pin.column]] = tile
        replaced = {}
        for old, new in settings.replace.items():
            tile = _tile_number(old, ids, None, "mosaic.replace")
            replaced[tile] = _tile_number(new, ids, banned, "mosaic.replace")
        return cls(banned, pinned, replaced)

    def __bool__(self) -> bool:
        return bool(self.banned.any() or self.pinned or self.replaced)


def _tile_number(
    tile_id: str, ids: dict[str, int], banned: BoolArray | None, key: str
) -> int:
    if tile_id not in ids:
        hint = "the tile set has no such tile; use a tile_id from placement.csv."
        raise SettingsError(key, tile_id, hint)
    if banned is not None and banned[ids[tile_id]]:
        hint = (
            "mosaic.ban bans this tile or another one of the same photo or face; "
            f"remove it from mosaic.ban or {key}."
        )
        raise SettingsError(key, tile_id, hint)
    return ids[tile_id]


def read_edits(path: Path) -> EditSettings:
    """
    Read edits that the viewer saved as JSON: ban, pin and replace.

    Raises
    ------
    SettingsError
        The file is missing or damaged.
    """
    hint = "save the edits again from the viewer, or correct the file."
    try:
        return EditSettings.model_validate(parse_json(path.read_bytes()))
    except OSError:
        reason = "there is no such file; correct the path."
    except ValidationError as error:
        fault = error.errors(include_url=False)[0]
        location = ".".join(map(str, fault["loc"])) or "the top level"
        reason = f"at {location}: {fault['msg'].lower()}; {hint}"
    except ValueError:
        reason = f"it isn't JSON; {hint}"
    raise SettingsError("mosaic.edits", str(path), reason)


def with_edits(options: MosaicOptions, path: str | None) -> MosaicOptions:
    """Return options, extended by the edits in a file if there is one."""
    if path is None:
        return options
    edits = read_edits(Path(path))
    merged = {
        "ban": (*options.ban, *edits.ban),
        "pin": (*options.pin, *edits.pin),
        "replace": {**options.replace, **edits.replace},
    }
    return options.model_copy(update=merged)
