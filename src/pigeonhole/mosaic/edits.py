"""What a person changes in a mosaic that stands: tiles banned, pinned, replaced."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
from pydantic import ValidationError

from pigeonhole.core.errors import SettingsError
from pigeonhole.core.text import parse_json
from pigeonhole.mosaic.layout import Layout, Mask
from pigeonhole.settings import EditSettings, LookSettings
from pigeonhole.tiles import TileRow


@dataclass(frozen=True, slots=True)
class Edits:
    """
    Edits as numbers of cells and tiles.

    Attributes
    ----------
    banned : bool array, shape (tiles,)
    pinned : mapping of a cell's number to a tile's
    replaced : mapping of a tile's number to that of another
    """

    banned: Mask
    pinned: dict[int, int]
    replaced: dict[int, int]

    @classmethod
    def of(
        cls, settings: EditSettings, rows: Sequence[TileRow], layout: Layout
    ) -> Self:
        """
        Find the tiles and cells that the settings name.

        Parameters
        ----------
        settings : EditSettings
        rows : sequence of TileRow
            Of the tile set, without mirror images.
        layout : Layout

        Raises
        ------
        SettingsError
            There is no such tile, photo or cell, or the edits contradict each other.
        """
        tiles = {row.id: number for number, row in enumerate(rows)}
        cells = {name: cell for cell, name in enumerate(map(tuple, layout.names))}
        banned = np.zeros(len(rows), np.bool_)
        for name in settings.ban:
            found = [n for n, row in enumerate(rows) if name in (row.id, row.photo)]
            if not found:
                raise _unknown("mosaic.ban", name)
            banned[found] = True
        pinned = {}
        for pin in settings.pin:
            if (pin.row, pin.column) not in cells:
                raise SettingsError(
                    "mosaic.pin",
                    f"row {pin.row}, column {pin.column}",
                    "there is no such cell: take row and column from placement.csv.",
                )
            tile = _known(pin.tile, tiles, banned, "mosaic.pin")
            pinned[cells[pin.row, pin.column]] = tile
        replaced = {
            _known(old, tiles, None, "mosaic.replace"): _known(
                new, tiles, banned, "mosaic.replace"
            )
            for old, new in settings.replace.items()
        }
        return cls(banned, pinned, replaced)

    def __bool__(self) -> bool:
        return bool(self.banned.any() or self.pinned or self.replaced)


def _known(tile: str, tiles: dict[str, int], banned: Mask | None, key: str) -> int:
    if tile not in tiles:
        raise _unknown(key, tile)
    if banned is not None and banned[tiles[tile]]:
        raise SettingsError(
            key, tile, "mosaic.ban bans this tile: take one of them out."
        )
    return tiles[tile]


def _unknown(key: str, name: str) -> SettingsError:
    return SettingsError(
        key, name, "the tile set has no such tile: take tile_id from placement.csv."
    )


def read_edits(path: Path) -> EditSettings:
    """
    Read the edits that the viewer saved: ban, pin and replace, as JSON.

    Raises
    ------
    SettingsError
        The file is missing, or isn't such a list.
    """
    way_out = "save the list anew from the viewer, or mend it."
    try:
        return EditSettings.model_validate(parse_json(path.read_bytes()))
    except OSError:
        raise SettingsError(
            "mosaic.edits", str(path), "there is no such file; mend the path."
        ) from None
    except ValidationError as error:
        fault = error.errors(include_url=False)[0]
        place = ".".join(map(str, fault["loc"])) or "the whole"
        told = f"at {place}: {fault['msg'].lower()}; {way_out}"
        raise SettingsError("mosaic.edits", str(path), told) from None
    except ValueError:
        told = f"it isn't JSON; {way_out}"
        raise SettingsError("mosaic.edits", str(path), told) from None


def with_edits(looks: LookSettings, path: str | None) -> LookSettings:
    """Add the edits of a file, if there is one, to those of the settings."""
    if path is None:
        return looks
    more = read_edits(Path(path))
    return looks.model_copy(
        update={
            "ban": (*looks.ban, *more.ban),
            "pin": (*looks.pin, *more.pin),
            "replace": {**looks.replace, **more.replace},
        }
    )
