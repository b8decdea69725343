"""A tile set: tiles and one ledger row for each of them."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import cached_property, partial
from pathlib import Path
from typing import Self

import numpy as np

from pigeonhole.core.arrays import Image, Int64Array
from pigeonhole.core.atomic import write_with
from pigeonhole.core.errors import DAMAGED_FILE_ERRORS, TileError, reason_of
from pigeonhole.core.geometry import Box, Size
from pigeonhole.core.tables import (
    UnreadableTable,
    read_records,
    record_parser,
    write_rows,
)
from pigeonhole.tiles.crop import Crop


class UnreadableTileSet(TileError):
    """A file of a tile set is missing or damaged."""

    def __init__(self, path: Path, reason: str) -> None:
        # Snakemake doesn't rebuild a damaged file, only a missing one.
        rebuild = "delete it and rebuild it" if path.exists() else "build it"
        super().__init__(
            f"{path} can't be used as a tile set: {reason}. Choose the .npz file of "
            f"another tile set, or {rebuild}: with `snakemake --cores 4` if it belongs "
            "to the workflow, else with `pigeonhole mosaic --save-tiles`."
        )


@dataclass(frozen=True, slots=True)
class TileRow:
    """
    Origin of one tile.

    Attributes
    ----------
    tile : int
        Number of the tile, from 0.
    id : str
        Short id, from the hash of the tile's pixels.
    source_id : str
        Id of the first tile of the same photo or face.
    photo : str
    x, y, width, height : int
        The crop: the box of the photo that the tile shows, in pixels.
    rotation : int
        Clockwise angle in degrees by which the crop is rotated around its center.
    source, photographer, photographer_url, page_url, license : str
        From the photo's ledger row.
    """

    tile: int
    id: str
    source_id: str
    photo: str
    x: int
    y: int
    width: int
    height: int
    rotation: int
    source: str
    photographer: str
    photographer_url: str
    page_url: str
    license: str

    @property
    def crop(self) -> Box:
        """Box of the photo that the tile shows, before it is rotated."""
        return Box(self.x, self.y, self.width, self.height)

    @property
    def bounds(self) -> Box:
        """Smallest upright box that contains what the tile shows."""
        return Crop(self.crop, self.rotation).bounds


@dataclass(frozen=True)
class TileSet:
    """
    Tiles of one size with their ledger.

    Attributes
    ----------
    tiles : uint8 array, shape (n, height, width) or (n, height, width, 3)
    rows : sequence of TileRow
        One row for each tile, in the same order.
    """

    tiles: Image
    rows: Sequence[TileRow]

    def __post_init__(self) -> None:
        if len(self.tiles) != len(self.rows):
            raise ValueError(f"{len(self.tiles)} tiles have {len(self.rows)} rows")

    @property
    def size(self) -> Size:
        """Size of a tile."""
        return Size(self.tiles.shape[2], self.tiles.shape[1])

    @cached_property
    def sources(self) -> Int64Array:
        """
        Number of the source of each tile, shape (n,).

        Tiles of the same photo or face have the same source. Sources are numbered from
        0 in the order of their first tiles.
        """
        numbers: dict[str, int] = {}
        found = [numbers.setdefault(row.source_id, len(numbers)) for row in self.rows]
        return np.array(found, np.int64)

    def save(self, path: Path) -> None:
        """Write the tiles to `path` (.npz) and the ledger next to it (.csv)."""
        columns = [field.name for field in fields(TileRow)]
        # `asdict` takes five times as long.
        rows = ({name: getattr(row, name) for name in columns} for row in self.rows)
        write_rows(path.with_suffix(".csv"), columns, rows)
        write_with(path, partial(np.savez, tiles=self.tiles))

    @classmethod
    def load(cls, path: Path) -> Self:
        """
        Read a tile set.

        Raises
        ------
        UnreadableTileSet
            A file is missing or damaged, or the two don't belong together.
        TileError
            A file can't be read.
        """
        try:
            # If NumPy opens a damaged file itself, it leaves the file open.
            with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
                tiles = np.ascontiguousarray(arrays["tiles"], dtype=np.uint8)
            rows = read_records(path.with_suffix(".csv"), record_parser(TileRow))
        except FileNotFoundError as error:
            raise UnreadableTileSet(path, f"there is no {error.filename}") from None
        except UnreadableTable as error:
            raise UnreadableTileSet(path, f"in its csv, {error.reason}") from None
        except PermissionError as error:
            reason = reason_of(error)
            raise TileError(f"{error.filename} can't be read: {reason}.") from None
        except DAMAGED_FILE_ERRORS:
            raise UnreadableTileSet(path, "the file is damaged") from None
        if tiles.ndim not in (3, 4) or not tiles.size:
            raise UnreadableTileSet(path, f"its array has the shape {tiles.shape}")
        if len(tiles) != len(rows):
            reason = f"it has {len(tiles)} tiles, but its csv has {len(rows)} rows"
            raise UnreadableTileSet(path, reason)
        return cls(tiles, rows)
