"""All that is needed to draw a mosaic again at another size."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, NamedTuple, Self

import numpy as np
import numpy.typing as npt

from pigeonhole.core.arrays import Picture
from pigeonhole.core.errors import RenderError
from pigeonhole.core.geometry import Size
from pigeonhole.imaging.resize import to_grey
from pigeonhole.matching.tone import ToneCurve
from pigeonhole.mosaic.cells import painted
from pigeonhole.mosaic.compose import Mosaic, frame_of, with_mirrors
from pigeonhole.mosaic.layout import Layout
from pigeonhole.mosaic.placement_table import read_placement
from pigeonhole.mosaic.render.color import tint_shifts
from pigeonhole.settings import LookSettings
from pigeonhole.tiles import TileRow, TileSet
from pigeonhole.tiles.crops import largest, scaled

Ints = npt.NDArray[np.int64]


class Page(NamedTuple):
    """
    A picture on its paper, in pixels.

    Attributes
    ----------
    size : Size
        Of the paper.
    picture : Size
        Of the mosaic on it.
    left, top : int
        Where on the paper it begins; what reaches beyond the paper is cut off.
    """

    size: Size
    picture: Size
    left: int = 0
    top: int = 0


class StalePlacement(RenderError):
    """A placement doesn't belong to the target and the tiles."""

    def __init__(self, table: Path) -> None:
        super().__init__(
            f"{table} is the placement of another target or of other tiles: "
            "run `snakemake --cores 4` to make the mosaic again."
        )


@dataclass(frozen=True, slots=True)
class Drawing:
    """
    What is drawn where, at the size at which it was matched.

    Attributes
    ----------
    boxes : int64 array, shape (n, 4)
        Row, column, height and width of each cell, in pixels of `size`.
    numbers : int64 array, shape (n,)
        The tile of each cell, a place in `rows`.
    mirrored : bool array, shape (n,)
        Whether it is drawn with left and right changed.
    shifts : int16 array, shape (n, 3)
        What the tint adds to each channel of a cell.
    rows : sequence of TileRow
        Of the tile set.
    size : Size
        Of the mosaic as it was matched.
    tile : Size
        Of the tile set's tiles.
    colour : bool
        Whether the tiles have colours.
    target : uint8 array, shape (height, width[, 3])
        What is laid over the mosaic; of any size.
    overlay : float
        How much of it.
    """

    boxes: Ints
    numbers: Ints
    mirrored: npt.NDArray[np.bool_]
    shifts: npt.NDArray[np.int16]
    rows: Sequence[TileRow]
    size: Size
    tile: Size
    colour: bool
    target: Picture
    overlay: float = 0.0

    def only(self, cells: npt.NDArray[np.bool_]) -> Self:
        """Return the drawing of some of its cells."""
        return replace(
            self,
            boxes=self.boxes[cells],
            numbers=self.numbers[cells],
            mirrored=self.mirrored[cells],
            shifts=self.shifts[cells],
        )

    def shown(self) -> list[TileRow]:
        """Return the rows of the tiles that are placed."""
        return [self.rows[number] for number in np.unique(self.numbers)]

    def tile_size(self, width: int | Literal["full"] | None) -> Size:
        """
        Return the size at which tiles are drawn.

        Parameters
        ----------
        width : int, "full" or None
            full takes the largest at which no placed tile is enlarged, None the size
            of the tile set.
        """
        if width == "full":
            return largest(self.shown(), self.tile)
        return self.tile if width is None else scaled(self.tile, width)

    def enlarged_to(self, tile: Size) -> Size:
        """Return the size of the whole mosaic where tiles have the size `tile`."""
        return Size(
            max(1, round(self.size.width * tile.width / self.tile.width)),
            max(1, round(self.size.height * tile.height / self.tile.height)),
        )

    @classmethod
    def of(cls, mosaic: Mosaic, picture: Picture | None = None) -> Self:
        """
        Return what a mosaic needs to be drawn.

        Parameters
        ----------
        mosaic : Mosaic
        picture : uint8 array, shape (height, width, 3), optional
            The target as large as there is one, to lay over the mosaic; else what was
            matched.
        """
        sources = _Sources(mosaic.tile_set, mosaic.frame, mosaic.curve, mosaic.looks)
        return cls._of(mosaic.layout, mosaic.placement, sources, picture)

    @classmethod
    def read(
        cls,
        table: Path,
        target: Picture,
        tile_set: TileSet,
        looks: LookSettings,
        picture: Picture | None = None,
    ) -> Self:
        """
        Return the same of a mosaic that was saved: nothing is matched again.

        Parameters
        ----------
        table : Path
            Its placement.csv.
        target, tile_set, looks
            What it was made of; see `make_mosaic`.
        picture : uint8 array, optional
            See `of`.

        Raises
        ------
        StalePlacement
            The table is of another target or of other tiles.
        """
        size, count = Size(*target.shape[1::-1]), len(tile_set.rows)
        layout, placement, _ = read_placement(table, size, count)
        tile_set = with_mirrors(tile_set) if looks.mirror else tile_set
        top, left, height, width = layout.boxes.T
        if (
            placement.max(initial=0) >= len(tile_set.rows)
            or top.min(initial=0) < 0
            or (top + height).max(initial=0) > size.height
            or left.max(initial=0) >= size.width
            or (left + width).min(initial=1) < 1
        ):
            raise StalePlacement(table)
        frame, curve = frame_of(target, tile_set.tiles, looks)
        sources = _Sources(tile_set, frame, curve, looks)
        return cls._of(layout, placement, sources, picture)

    @classmethod
    def _of(
        cls,
        layout: Layout,
        placement: Ints,
        sources: "_Sources",
        picture: Picture | None,
    ) -> Self:
        tiles, looks = sources.tile_set.tiles, sources.looks
        count = len(tiles) // (2 if looks.mirror else 1)
        mirrored, numbers = np.divmod(placement.ravel(), count)
        return cls(
            layout.boxes,
            numbers,
            mirrored.astype(np.bool_),
            sources.shifts(layout, placement.ravel()),
            sources.tile_set.rows[:count],
            layout.size,
            sources.tile_set.size,
            tiles.ndim == 4,
            sources.over(picture),
            looks.overlay,
        )


class _Sources(NamedTuple):
    """What a mosaic was made of; mirror images follow their tiles."""

    tile_set: TileSet
    frame: Picture
    curve: ToneCurve
    looks: LookSettings

    def over(self, picture: Picture | None) -> Picture:
        """Return what is laid over the mosaic, as large as there is one."""
        if picture is None or picture.size <= self.frame.size:
            return self.frame
        seen = picture if self.frame.ndim == 3 else to_grey(picture)
        return self.curve.apply(seen) if self.looks.tone else seen

    def shifts(self, layout: Layout, placement: Ints) -> npt.NDArray[np.int16]:
        """Return what the tint adds to each cell, shape (n, 3)."""
        shifts = np.zeros((len(layout), 3), np.int16)
        if self.looks.tint:
            plain = painted(self.tile_set.tiles, layout, placement)
            shifts[:] = tint_shifts(plain, self.frame, layout, self.looks.tint)
        return shifts
