"""Edits to a mosaic: tiles that are banned, pinned to a cell or replaced.

Bans and replacements apply to the source of a tile, so to all tiles that were cut from
the same photo or face.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self, TypeVar

import numpy as np

from pigeonhole.core.arrays import BoolArray
from pigeonhole.core.errors import SettingsError
from pigeonhole.core.geometry import Size
from pigeonhole.mosaic.layout import Layout
from pigeonhole.mosaic.targets import Target, grid_of
from pigeonhole.settings import EditSettings, MosaicOptions, read_settings_file
from pigeonhole.settings.files import UnreadableSettings
from pigeonhole.settings.mosaic import Pin
from pigeonhole.settings.validation import validate
from pigeonhole.tiles import TileRow

Options = TypeVar("Options", bound=MosaicOptions)


class NoSuchCell(SettingsError):
    """
    Tiles are pinned to cells that the mosaic doesn't have.

    Attributes
    ----------
    pins : sequence of Pin
        All pins without a cell.
    """

    def __init__(self, pins: Sequence[Pin], layout: Layout) -> None:
        hint = (
            f"this mosaic has no such cell: {_describe_cells(layout)}. If its width, "
            "tile size or paper changed, pin again by the new placement.csv."
        )
        super().__init__("mosaic.pin", _position(pins[0]), hint)
        self.pins = tuple(pins)


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
        if not (settings.ban or settings.pin or settings.replace):
            return cls(np.zeros(len(rows), np.bool_), {}, {})
        ids = {row.id: number for number, row in enumerate(rows)}
        cells = {label: cell for cell, label in enumerate(map(tuple, layout.labels))}
        lost = pins_without_cell(settings, layout)
        if lost:
            raise NoSuchCell(lost, layout)
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
        pinned: dict[int, int] = {}
        for pin in settings.pin:
            position = _position(pin)
            tile = _tile_number(pin.tile, ids, banned, "mosaic.pin")
            if pinned.setdefault(cells[pin.row, pin.column], tile) != tile:
                hint = "two different tiles are pinned to this cell; remove one."
                raise SettingsError("mosaic.pin", position, hint)
        replaced = {}
        for old, new in settings.replace.items():
            tile = _tile_number(old, ids, None, "mosaic.replace")
            replaced[tile] = _tile_number(new, ids, banned, "mosaic.replace")
        return cls(banned, pinned, replaced)

    def __bool__(self) -> bool:
        return bool(self.banned.any() or self.pinned or self.replaced)


def pins_without_cell(settings: EditSettings, layout: Layout) -> list[Pin]:
    """Return the pins to cells that a layout doesn't have."""
    cells = set(map(tuple, layout.labels.tolist()))
    return [pin for pin in settings.pin if (pin.row, pin.column) not in cells]


def _position(pin: Pin) -> str:
    return f"row {pin.row}, column {pin.column}"


def _describe_cells(layout: Layout) -> str:
    rows, columns = np.max(layout.labels, axis=0)
    text = f"its rows are 0 to {rows:,}, its columns 0 to {columns:,}"
    return text if layout.grid else f"{text}, and not every position is a cell"


def check_pins(options: MosaicOptions, target: Target, tile: Size, width: int) -> None:
    """
    Check that pins for a mosaic can be used in a print of it, which may be cropped.

    Parameters
    ----------
    options : MosaicOptions
    target : Target
        The target of the print.
    tile : Size
    width : int
        See `prepare_target`.

    Raises
    ------
    SettingsError
        There are pins, and the grids differ, so that the pins would be elsewhere in the
        print.
    """
    mosaic = grid_of(Size(*target.source.shape[1::-1]), tile, width)
    paper = grid_of(Size(*target.original.shape[1::-1]), tile, width)
    if options.pin and mosaic != paper:
        hint = (
            f"the mosaic has {mosaic} cells and its print {paper}, so that pinned "
            "tiles would be elsewhere in the print; set mosaic.print.fit to pad, or "
            "remove the pins or the print."
        )
        raise SettingsError("mosaic.pin", f"{len(options.pin):,} cells", hint)


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
    Read edits that the viewer saved as JSON, or in YAML: ban, pin and replace.

    Raises
    ------
    SettingsError
        The file is missing or damaged.
    """
    advice = "Correct the file, or save the edits again from the viewer."
    try:
        return validate(EditSettings, read_settings_file(path))
    except UnreadableSettings as error:
        hint = f"{error.detail}. {advice}"
    except SettingsError as error:
        hint = f"{error} {advice}"
    raise SettingsError("mosaic.edits", str(path), hint)


def with_edits(options: Options, path: str | None) -> Options:
    """Return options, extended by the edits in a file if there is one."""
    return options if path is None else merge_edits(options, read_edits(Path(path)))


def merge_edits(options: Options, edits: EditSettings) -> Options:
    """Return options, extended by edits."""
    merged = {
        "ban": (*options.ban, *edits.ban),
        "pin": (*options.pin, *edits.pin),
        "replace": {**options.replace, **edits.replace},
    }
    return options.model_copy(update=merged)
