"""Drawings: everything that is needed to render a mosaic at another size."""

import logging
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from typing import Any, Literal, Self

import numpy as np

from pigeonhole.core.arrays import BoolArray, Float32Array, Image, Int64Array
from pigeonhole.core.errors import RenderError
from pigeonhole.core.geometry import Size
from pigeonhole.imaging.resize import to_gray
from pigeonhole.matching.histogram_matching import ToneCurve
from pigeonhole.mosaic.compose import Mosaic, fit_to_tiles
from pigeonhole.mosaic.credits import xmp_packet
from pigeonhole.mosaic.layout import Layout
from pigeonhole.mosaic.placement_table import read_placement
from pigeonhole.mosaic.render.color import color_changes
from pigeonhole.mosaic.render.page import Page, check_page_size
from pigeonhole.mosaic.targets import Target, load_inputs
from pigeonhole.mosaic.tile_cache import with_mirrors
from pigeonhole.settings import MosaicOptions
from pigeonhole.tiles import TileRow, TileSet
from pigeonhole.tiles.crops import largest_size, size_at_width

log = logging.getLogger(__name__)

TileWidth = int | Literal["auto", "full"] | None

AUTO_TILE_WIDTH = 36
"""Width of a tile that `auto` renders, in pixels: enough to recognize a face."""
AUTO_PIXELS = 40_000_000
"""Maximum number of pixels of a mosaic that `auto` renders."""


class StalePlacement(RenderError):
    """A placement doesn't belong to the target and the tiles."""

    def __init__(self, table: Path) -> None:
        super().__init__(
            f"{table} was made for another target or other tiles: "
            "delete it and run `snakemake --cores 4` to update the mosaic."
        )


def auto_tile_width(tile: Size, mosaic: Size, rows: Sequence[TileRow]) -> int:
    """
    Return the width at which `auto` renders tiles; see `Drawing.tile_size`.

    Parameters
    ----------
    tile : Size
        Size in the tile set.
    mosaic : Size
        Size of the mosaic with such tiles.
    rows : sequence of TileRow
        The placed tiles.
    """
    crops = int(median(row.width for row in rows))
    scale = math.sqrt(AUTO_PIXELS / (mosaic.width * mosaic.height))
    affordable = int(scale * tile.width)
    width = max(tile.width, min(AUTO_TILE_WIDTH, crops))
    if affordable < width:
        width = max(tile.width, affordable)
        log.info(
            "Tiles are rendered %d pixels wide, so that the mosaic has at most %d "
            "megapixels; set tile_width for another width.",
            width,
            AUTO_PIXELS // 10**6,
        )
    return width


@dataclass(frozen=True, slots=True)
class Drawing:
    """
    The cells and tiles of a mosaic, at the size at which it was matched.

    Attributes
    ----------
    boxes : int64 array, shape (n, 4)
        Row, column, height and width of each cell, in pixels of `size`.
    numbers : int64 array, shape (n,)
        Tile of each cell, as an index into `rows`.
    mirrored : bool array, shape (n,)
        Whether the tile is flipped horizontally.
    gains : float32 array, shape (n,)
    offsets : float32 array, shape (n, 3)
        Color transfer of each cell; see `ColorChanges`.
    rows : sequence of TileRow
    size, tile : Size
        Size of the mosaic as it was matched, and of the tiles in the set.
    color : bool
        Whether the tiles are RGB.
    target : uint8 array, shape (height, width[, 3])
        Image to blend over the mosaic, of any size.
    overlay : float
        Opacity of `target`.
    """

    boxes: Int64Array
    numbers: Int64Array
    mirrored: BoolArray
    gains: Float32Array
    offsets: Float32Array
    rows: Sequence[TileRow]
    size: Size
    tile: Size
    color: bool
    target: Image
    overlay: float = 0.0

    def subset(self, cells: BoolArray) -> Self:
        """Return the drawing of some of its cells."""
        return replace(
            self,
            boxes=self.boxes[cells],
            numbers=self.numbers[cells],
            mirrored=self.mirrored[cells],
            gains=self.gains[cells],
            offsets=self.offsets[cells],
        )

    def placed_rows(self) -> list[TileRow]:
        """Return the ledger rows of the placed tiles."""
        return [self.rows[number] for number in np.unique(self.numbers)]

    def xmp(self, name: str) -> str:
        """Return XMP metadata with title and credit; see `xmp_packet`."""
        return xmp_packet(f"Photo mosaic of {name}", self.placed_rows())

    def tile_size(self, width: TileWidth) -> Size:
        """
        Return the size at which tiles are rendered.

        "full" is the largest size at which no placed tile is upscaled, None the size in
        the tile set. "auto" is `AUTO_TILE_WIDTH`, or less if most crops are smaller or
        the mosaic would have more than `AUTO_PIXELS`, but at least the size in the set.
        """
        if width == "full":
            return largest_size(self.placed_rows(), self.tile)
        if width == "auto":
            width = auto_tile_width(self.tile, self.size, self.placed_rows())
        return self.tile if width is None else size_at_width(self.tile, width)

    def mosaic_size(self, tile: Size) -> Size:
        """Return the size of the mosaic if tiles have the size `tile`."""
        return Size(
            max(1, round(self.size.width * tile.width / self.tile.width)),
            max(1, round(self.size.height * tile.height / self.tile.height)),
        )

    def page(self, tile_width: TileWidth) -> Page:
        """Return a page of just the mosaic, with tiles of a width; see `tile_size`."""
        size = self.mosaic_size(self.tile_size(tile_width))
        check_page_size(size)
        return Page(size, size)

    @classmethod
    def from_mosaic(cls, mosaic: Mosaic, original: Image | None = None) -> Self:
        """
        Return the drawing of a mosaic.

        Parameters
        ----------
        mosaic : Mosaic
        original : uint8 array, shape (height, width, 3), optional
            The target at its own size, for the overlay; by default, the frame that was
            matched.
        """
        matched = mosaic.tile_set, mosaic.frame, mosaic.curve, mosaic.options
        return cls._from_parts(mosaic.layout, mosaic.placement, *matched, original)

    @classmethod
    def load(
        cls, table: Path, tiles: Path, target: Mapping[str, Any], options: MosaicOptions
    ) -> Self:
        """
        Return the drawing of a saved mosaic from its files; see `read`.

        `target` are the arguments of `prepare_target`, except the size of the tiles.
        """
        tile_set, prepared = load_inputs(tiles, target)
        return cls.read(table, prepared, tile_set, options)

    @classmethod
    def read(
        cls, table: Path, target: Target, tile_set: TileSet, options: MosaicOptions
    ) -> Self:
        """
        Return the drawing of a saved mosaic from its placement table and its input.

        Raises
        ------
        StalePlacement
            The table was made for another target or other tiles.
        """
        size, count = Size(*target.image.shape[1::-1]), len(tile_set.rows)
        layout, placement, _ = read_placement(table, size, count)
        tile_set = with_mirrors(tile_set) if options.mirror else tile_set
        if placement.max(initial=0) >= len(tile_set.rows) or not _fits(layout):
            raise StalePlacement(table)
        frame, curve = fit_to_tiles(
            target.image, tile_set.tiles, options.histogram_matching
        )
        matched = tile_set, frame, curve, options
        return cls._from_parts(layout, placement, *matched, target.original)

    @classmethod
    def _from_parts(
        cls,
        layout: Layout,
        placement: Int64Array,
        tile_set: TileSet,
        frame: Image,
        curve: ToneCurve,
        options: MosaicOptions,
        original: Image | None,
    ) -> Self:
        tiles, placement = tile_set.tiles, placement.ravel()
        count = len(tiles) // (2 if options.mirror else 1)
        mirrored, numbers = np.divmod(placement, count)
        gains, offsets = color_changes(layout, frame, tiles, placement, options)
        # The overlay is as large as available.
        target = frame
        if original is not None and original.size > frame.size:
            target = original if frame.ndim == 3 else to_gray(original)
            target = curve.apply(target) if options.histogram_matching else target
        return cls(
            boxes=layout.boxes,
            numbers=numbers,
            mirrored=mirrored.astype(np.bool_),
            gains=gains,
            offsets=np.ascontiguousarray(np.broadcast_to(offsets, (len(gains), 3))),
            rows=tile_set.rows[:count],
            size=layout.size,
            tile=tile_set.size,
            color=tiles.ndim == 4,
            target=target,
            overlay=options.overlay,
        )


def _fits(layout: Layout) -> bool:
    """Return whether every box is at least partly inside the image."""
    top, left, height, width = layout.boxes.T
    return bool(
        top.min(initial=0) >= 0
        and (top + height).max(initial=0) <= layout.size.height
        and left.max(initial=0) < layout.size.width
        and (left + width).min(initial=1) >= 1
    )
