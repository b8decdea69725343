"""Carry edits over to other tiles.

Edits name tiles by ids, which change with the size of the tiles, the crops and the
number of photos.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from pigeonhole.core.geometry import Box
from pigeonhole.settings import EditSettings
from pigeonhole.tiles import TileRow

EDIT_KEYS = ("mosaic.ban", "mosaic.pin", "mosaic.replace")
"""Settings that name tiles."""


def edited_tiles(edits: EditSettings) -> Iterator[str]:
    """Yield the ids of tiles, and the photos, that edits name."""
    yield from edits.ban
    yield from (pin.tile for pin in edits.pin)
    for old, new in edits.replace.items():
        yield old
        yield new


def matching_ids(
    names: Sequence[str], old: Sequence[TileRow], new: Sequence[TileRow]
) -> dict[str, str]:
    """
    Return the ids of tiles among other tiles, if they differ.

    The counterpart of a tile is the tile of the same photo whose crop overlaps most.

    Parameters
    ----------
    names : sequence of str
        Ids of tiles in `old`; other names are ignored.
    old, new : sequence of TileRow
        The tiles before and after the photos or the settings of the tiles changed.
    """
    known = {row.id for row in new}
    missing = {*names} - known
    rows = [row for row in old if row.id in missing]
    photos = {row.photo for row in rows}
    candidates = defaultdict(list)
    for row in new:
        if row.photo in photos:
            candidates[row.photo].append(row)
    return {
        row.id: max(
            candidates[row.photo], key=lambda other: _overlap(row.bounds, other.bounds)
        ).id
        for row in rows
        if candidates[row.photo]
    }


def missing_names(names: Sequence[str], rows: Sequence[TileRow]) -> set[str]:
    """Return the names that are neither ids nor photos of tiles."""
    return {*names} - {row.id for row in rows} - {row.photo for row in rows}


def without(edits: EditSettings, names: Collection[str]) -> dict[str, Any]:
    """Return edits that don't name these tiles and photos, as a patch of `mosaic`."""
    return {
        "ban": [name for name in edits.ban if name not in names],
        "pin": [pin.model_dump() for pin in edits.pin if pin.tile not in names],
        "replace": {
            old: new
            for old, new in edits.replace.items()
            if old not in names and new not in names
        },
    }


def renamed(values: Mapping[str, Any], ids: Mapping[str, str]) -> dict[str, Any]:
    """
    Return settings with other ids in their edits.

    Parameters
    ----------
    values : mapping
        Dotted key -> value, as in JSON; see `differences`.
    ids : mapping
        Old id -> new id.
    """
    changed = dict(values)
    for key in {*EDIT_KEYS} & values.keys():
        changed[key] = _renamed(values[key], ids)
    return changed


def _renamed(value: Any, ids: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        return ids.get(value, value)
    if isinstance(value, Mapping):
        return {ids.get(key, key): _renamed(item, ids) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_renamed(item, ids) for item in value]
    return value


def _overlap(one: Box, other: Box) -> float:
    """Return the area that two boxes share, relative to the area of both."""
    width = min(one.x + one.width, other.x + other.width) - max(one.x, other.x)
    height = min(one.y + one.height, other.y + other.height) - max(one.y, other.y)
    shared = max(0, width) * max(0, height)
    return shared / (one.width * one.height + other.width * other.height - shared)
