"""A tile set: the tiles and one ledger row each."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from functools import partial
from pathlib import Path
from typing import Self

import numpy as np

from pigeonhole.core.arrays import Picture
from pigeonhole.core.atomic import write_made
from pigeonhole.core.errors import DAMAGE, TileError
from pigeonhole.core.geometry import Size
from pigeonhole.core.tables import UnreadableTable, read_records, write_rows


class UnreadableTileSet(TileError):
    """The file of a tile set is missing or damaged."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(
            f"{path} can't be used as a tile set: {reason}. "
            "Run `snakemake --cores 4` in Pigeonhole's folder to make it again, or "
            "name the .npz file of another."
        )


@dataclass(frozen=True, slots=True)
class TileRow:
    """
    Where one tile is from.

    Attributes
    ----------
    tile : int
        Its number, from 0.
    id : str
        Its short id, from the hash of its pixels.
    photo : str
    x, y, width, height : int
        The part of the photo that it shows, in the photo's pixels.
    source, photographer, photographer_url, page_url, licence : str
        From the photo's ledger row.
    """

    tile: int
    id: str
    photo: str
    x: int
    y: int
    width: int
    height: int
    source: str
    photographer: str
    photographer_url: str
    page_url: str
    licence: str


COLUMNS = tuple(field.name for field in fields(TileRow))
NUMBERS = ("tile", "x", "y", "width", "height")


@dataclass(frozen=True, slots=True)
class TileSet:
    """
    Tiles of one size.

    Attributes
    ----------
    tiles : uint8 array, shape (n, height, width) or (n, height, width, 3)
    rows : sequence of TileRow
        In the tiles' order.
    """

    tiles: Picture
    rows: Sequence[TileRow]

    def __post_init__(self) -> None:
        if len(self.tiles) != len(self.rows):
            raise ValueError(f"{len(self.tiles)} tiles have {len(self.rows)} rows")

    @property
    def size(self) -> Size:
        """Return the size of a tile."""
        return Size(self.tiles.shape[2], self.tiles.shape[1])

    def save(self, path: Path) -> None:
        """Write the tiles to `path` (npz) and their rows beside it (csv)."""
        write_rows(path.with_suffix(".csv"), COLUMNS, map(asdict, self.rows))
        write_made(path, partial(np.savez, tiles=self.tiles))

    @classmethod
    def load(cls, path: Path) -> Self:
        """
        Read a tile set.

        Raises
        ------
        UnreadableTileSet
            A file is missing or damaged, or the two don't belong together.
        """
        try:
            # NumPy leaves a file that it opened itself open when it is damaged.
            with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
                tiles = np.ascontiguousarray(arrays["tiles"], dtype=np.uint8)
            rows = read_records(path.with_suffix(".csv"), _row)
        except FileNotFoundError as error:
            raise UnreadableTileSet(path, f"there is no {error.filename}") from None
        except UnreadableTable as error:
            raise UnreadableTileSet(path, f"in its csv, {error.reason}") from None
        except DAMAGE:
            raise UnreadableTileSet(path, "the file is damaged") from None
        if tiles.ndim not in (3, 4) or not tiles.size:
            raise UnreadableTileSet(path, f"it has the shape {tiles.shape}")
        if len(tiles) != len(rows):
            raise UnreadableTileSet(
                path, f"it holds {len(tiles)} tiles, its csv has {len(rows)} rows"
            )
        return cls(tiles, rows)


def _row(row: dict[str, str]) -> TileRow:
    return TileRow(**{**row, **{key: int(row[key]) for key in NUMBERS}})  # type: ignore[arg-type]
