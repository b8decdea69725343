"""Compose a mosaic: prepare the target, select the tiles, render the image."""

import logging
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from pigeonhole.core.arrays import BoolArray, Image, Int64Array
from pigeonhole.core.errors import TileError
from pigeonhole.core.geometry import Size
from pigeonhole.core.shards import Shard
from pigeonhole.imaging.codecs import write_png
from pigeonhole.imaging.resize import to_gray, to_rgb
from pigeonhole.matching import TileIndex
from pigeonhole.matching.grid import Placement, check_grid, split_cells
from pigeonhole.matching.histogram_matching import BYTE_LEVELS, ToneCurve
from pigeonhole.mosaic.advice import Advice
from pigeonhole.mosaic.cells import CellGroups, render_cells
from pigeonhole.mosaic.credits import xmp_packet
from pigeonhole.mosaic.edits import Edits
from pigeonhole.mosaic.layout import Layout, brick_layout, grid_layout
from pigeonhole.mosaic.placement_table import write_placement
from pigeonhole.mosaic.quadtree import fit_quadtree
from pigeonhole.mosaic.render.color import blend_target, color_changes, transfer_color
from pigeonhole.mosaic.select import select_shard, select_tiles
from pigeonhole.mosaic.selection import Selection
from pigeonhole.mosaic.targets import Target
from pigeonhole.settings import MosaicOptions
from pigeonhole.tiles import TileRow, TileSet

log = logging.getLogger(__name__)

TUTORIAL_OPTIONS = MosaicOptions(match="mean", color_transfer=0, mirror=False)
"""Options of the mosaics that tutorials make."""


class NoVisibleCells(TileError):
    """Mask and transparency hide at least half of every cell."""

    def __init__(self) -> None:
        super().__init__(
            "no cell of the target is at least half visible: use smaller cells, or a "
            "target or mask that shows more."
        )


@dataclass(frozen=True, slots=True)
class Mosaic:
    """
    A finished mosaic.

    Attributes
    ----------
    layout : Layout
    placement : int64 array, shape `layout.shape`
        Tile number of each cell, in `tile_set`.
    distances : int64 array, shape `layout.shape`
        Sum of absolute differences between each cell and its tile, before color
        transfer.
    tile_set : TileSet
        With `options.mirror`, the mirror images follow the tiles in the same order.
    frame : uint8 array, shape (rows * height, columns * width[, 3])
        The target as it was matched: in the channels and tones of the tiles.
    curve : ToneCurve
        The tone curve that was applied to the target.
    options : MosaicOptions
    advice : Advice
    optimality_gap : float or None
        How far the sum of distances may be above the optimum, as a share of a proven
        lower bound; None if the match mode has no bound.
    """

    layout: Layout
    placement: Placement
    distances: Int64Array
    tile_set: TileSet
    frame: Image
    curve: ToneCurve
    options: MosaicOptions
    advice: Advice
    optimality_gap: float | None

    def save_placement(self, path: Path) -> None:
        """Write the placement and the credit of each tile as CSV."""
        rows = self.tile_set.rows[: self.tile_count]
        write_placement(path, self.layout, self.placement, self.distances, rows)

    def save_image(self, path: Path, name: str, credits_url: str) -> None:
        """Write the mosaic as PNG, with its credit as XMP metadata."""
        xmp = xmp_packet(f"Photo mosaic of {name}", self.placed_rows(), credits_url)
        write_png(path, self.image_with_alpha(), xmp, mosaic=True)

    def placed_rows(self) -> list[TileRow]:
        """Return the ledger rows of the placed tiles."""
        return [self.tile_set.rows[number] for number in np.unique(self.placement)]

    def image(self) -> Image:
        """Render the mosaic with color transfer and overlay; empty cells are white."""
        tiles, options, layout = self.tile_set.tiles, self.options, self.layout
        placement = self.placement.ravel()
        image = render_cells(tiles, layout, placement)
        changes = color_changes(layout, self.frame, tiles, placement, options)
        image = transfer_color(image, layout, changes)
        return blend_target(image, self.frame, options.overlay, self.coverage)

    def image_with_alpha(self) -> Image:
        """Render the mosaic as RGBA if it has empty cells, which are transparent."""
        image, coverage = self.image(), self.coverage
        if coverage is None:
            return image
        alpha = np.where(coverage, np.uint8(255), np.uint8(0))
        return np.dstack([to_rgb(image), alpha])

    @property
    def coverage(self) -> BoolArray | None:
        """Mask of the pixels that are in a cell; None if all are."""
        coverage = None if self.layout.grid else self.layout.coverage()
        return None if coverage is None or coverage.all() else coverage

    def in_tile_channels(self, image: Image) -> Image:
        """Return an RGB image in the channels of the tiles, RGB or gray."""
        return image if self.tile_set.tiles.ndim == 4 else to_gray(image)

    def use_counts(self) -> Int64Array:
        """Count the uses of each tile; a mirror image counts as its tile."""
        unmirrored = self.placement.ravel() % self.tile_count
        return np.bincount(unmirrored, minlength=self.tile_count)

    @property
    def tile_count(self) -> int:
        """Number of tiles in the set, without mirror images."""
        return len(self.tile_set.rows) // (2 if self.options.mirror else 1)


def _plan_mosaic(
    target: Image, tile_set: TileSet, options: MosaicOptions, mask: BoolArray | None
) -> tuple[TileSet, ToneCurve, CellGroups]:
    """Add the mirror images, fit the tones of the target and cut it into cells."""
    tile_set = with_mirrors(tile_set) if options.mirror else tile_set
    frame, curve = fit_to_tiles(target, tile_set.tiles, options.histogram_matching)
    layout = make_layout(frame, tile_set.tiles, options)
    layout = layout if mask is None else layout.masked(mask)
    if not len(layout):
        raise NoVisibleCells
    return tile_set, curve, CellGroups(frame, tile_set.tiles, layout, tile_set.sources)


def make_mosaic(
    target: Image,
    tile_set: TileSet,
    options: MosaicOptions | None = None,
    mask: BoolArray | None = None,
    index: TileIndex | None = None,
    selection: Selection | None = None,
) -> Mosaic:
    """
    Make a mosaic; log first which tiles are missing in the set.

    Parameters
    ----------
    target : uint8 array, shape (rows * height, columns * width, 3)
        Its size must be a whole number of cells; see `prepare_target`.
    tile_set : TileSet
        Gray tiles are matched with the gray version of the target.
    options : MosaicOptions, optional
    mask : bool array, shape (rows * height, columns * width), optional
        True where the target is visible; other cells stay empty.
    index : TileIndex, optional
        Index of the tile set; without it, one is built if needed.
    selection : Selection, optional
        Tiles that were already selected, for example by several jobs; edits are still
        applied.

    Raises
    ------
    SettingsError, TileError
        The options don't fit this target and these tiles.
    """
    options = options or MosaicOptions()
    originals = tile_set.rows
    tile_set, curve, cells = _plan_mosaic(target, tile_set, options, mask)
    advice = Advice.compare(cells.frame, cells.tiles, tile_set.sources)
    log.info("%s", advice.sentence())
    edits = Edits.resolve(options, originals, cells.layout)
    if selection is None:
        selection = select_tiles(cells, options, index)
    if edits:
        # Imported here: it loads the solvers, and few mosaics have edits.
        from pigeonhole.mosaic.reapply import reapply_edits

        selection = reapply_edits(selection, edits, cells, options)
    return _compose(tile_set, curve, cells, options, selection, advice)


def _compose(
    tile_set: TileSet,
    curve: ToneCurve,
    cells: CellGroups,
    options: MosaicOptions,
    selection: Selection,
    advice: Advice,
) -> Mosaic:
    shape = cells.layout.shape
    return Mosaic(
        layout=cells.layout,
        placement=selection.placement.reshape(shape),
        distances=cells.distances(selection.placement).reshape(shape),
        tile_set=tile_set,
        frame=cells.frame,
        curve=curve,
        options=options,
        advice=advice,
        optimality_gap=selection.optimality_gap,
    )


def make_tutorial_mosaic(target: Target, tile_set: TileSet) -> Mosaic:
    """
    Make a mosaic as tutorials do: each cell gets a tile of its mean brightness.

    Of each photo or face there is only the main crop; nothing limits repetition.
    """
    _, mains = np.unique(tile_set.sources, return_index=True)
    rows = [tile_set.rows[number] for number in mains]
    tile_set = TileSet(tile_set.tiles[mains], rows)
    plan = _plan_mosaic(target.image, tile_set, TUTORIAL_OPTIONS, target.mask)
    tile_set, _, cells = plan
    advice = Advice.compare(cells.frame, cells.tiles, tile_set.sources)
    selection = select_tiles(cells, TUTORIAL_OPTIONS)
    return _compose(*plan, TUTORIAL_OPTIONS, selection, advice)


def match_shard(
    target: Target,
    tile_set: TileSet,
    options: MosaicOptions,
    index: TileIndex,
    shard: Shard,
) -> Selection:
    """Select the tiles of one shard of the cells; see `make_mosaic`."""
    _, _, cells = _plan_mosaic(target.image, tile_set, options, target.mask)
    return select_shard(cells, options, index, shard)


def fit_to_tiles(
    target: Image, tiles: Image, histogram_matching: float
) -> tuple[Image, ToneCurve]:
    """Return a target in the channels and tones of the tiles, and its tone curve."""
    image = target if tiles.ndim == 4 else to_gray(target)
    check_grid(image, *tiles.shape[1:3])
    if not histogram_matching:
        return image, ToneCurve(BYTE_LEVELS)
    grid = split_cells(image, *tiles.shape[1:3])
    cells = grid.reshape(-1, *grid.shape[2:])
    curve = ToneCurve.fit(cells, tiles, histogram_matching)
    return curve.apply(image), curve


def make_layout(frame: Image, tiles: Image, options: MosaicOptions) -> Layout:
    """Return the layout of a frame that the options set."""
    if options.layout == "quadtree":
        return fit_quadtree(frame, tiles, options)
    size, tile = Size(*frame.shape[1::-1]), Size(*tiles.shape[2:0:-1])
    if options.layout == "brick":
        return brick_layout(size, tile)
    return grid_layout(size, tile)


def with_mirrors(tile_set: TileSet) -> TileSet:
    """Return a tile set followed by its mirror images, which have the same rows."""
    mirrored = np.ascontiguousarray(tile_set.tiles[:, :, ::-1])
    return replace(
        tile_set,
        tiles=np.concatenate([tile_set.tiles, mirrored]),
        rows=[*tile_set.rows, *tile_set.rows],
    )
