"""Compose a mosaic: prepare the target, select the tiles, render the image."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import NamedTuple

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
from pigeonhole.mosaic.advice import Advice, classify_colors
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
from pigeonhole.mosaic.tile_cache import TileCache
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

    def save_image(self, path: Path, name: str) -> None:
        """Write the mosaic as PNG, with its credit as XMP metadata."""
        xmp = xmp_packet(f"Photo mosaic of {name}", self.placed_rows())
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


class MosaicPlan(NamedTuple):
    """All that is known before tiles are selected; see `Mosaic`."""

    tile_set: TileSet
    curve: ToneCurve
    cells: CellGroups


def plan_mosaic(
    target: Image,
    cache: TileCache,
    options: MosaicOptions,
    mask: BoolArray | None,
    *,
    draft: bool = False,
) -> MosaicPlan:
    """
    Add the mirror images, fit the tones of the target and cut it into cells.

    A draft of a quadtree is made faster; see `make_layout`.
    """
    tile_set = cache.mirrored if options.mirror else cache.tile_set
    tiles, sources = tile_set.tiles, tile_set.sources
    frame, curve = fit_to_tiles(target, tiles, options.histogram_matching)
    layout = make_layout(frame, tiles, options, sources if draft else None)
    layout = layout if mask is None else layout.masked(mask)
    if not len(layout):
        raise NoVisibleCells
    cells = CellGroups(frame, tiles, layout, sources, cache)
    return MosaicPlan(tile_set, curve, cells)


def make_mosaic(
    target: Image,
    tile_set: TileSet,
    options: MosaicOptions | None = None,
    mask: BoolArray | None = None,
    index: TileIndex | None = None,
    selection: Selection | None = None,
    cache: TileCache | None = None,
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
    cache : TileCache, optional
        That of the tile set, which saves time if there was a mosaic of it before.

    Raises
    ------
    SettingsError, TileError
        The options don't fit this target and these tiles.
    """
    options = options or MosaicOptions()
    plan = plan_mosaic(target, cache or TileCache(tile_set), options, mask)
    return make_planned_mosaic(plan, options, index, selection)


def make_planned_mosaic(
    plan: MosaicPlan,
    options: MosaicOptions,
    index: TileIndex | None = None,
    selection: Selection | None = None,
) -> Mosaic:
    """Make a mosaic that is planned; see `make_mosaic`."""
    tile_set, _, cells = plan
    key = "colors", len(cells.tiles)
    colors = cells.keep(key, partial(classify_colors, cells.tiles))
    advice = Advice.compare(cells.frame, cells.tiles, tile_set.sources, colors)
    log.info("%s", advice.sentence())

    def select(cells: CellGroups, options: MosaicOptions) -> Selection:
        return selection or select_tiles(cells, options, index)

    return _compose(plan, options, select_with_edits(plan, options, select), advice)


def select_with_edits(
    plan: MosaicPlan,
    options: MosaicOptions,
    select: Callable[[CellGroups, MosaicOptions], Selection],
) -> Selection:
    """Select tiles with a function, and apply bans, pins and replacements."""
    count = len(plan.tile_set.rows) // (2 if options.mirror else 1)
    edits = Edits.resolve(options, plan.tile_set.rows[:count], plan.cells.layout)
    selection = select(plan.cells, options)
    if not edits:
        return selection
    # Imported here: it loads the solvers, and few mosaics have edits.
    from pigeonhole.mosaic.reapply import reapply_edits

    return reapply_edits(selection, edits, plan.cells, options)


def _compose(
    plan: MosaicPlan, options: MosaicOptions, selection: Selection, advice: Advice
) -> Mosaic:
    tile_set, curve, cells = plan
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
    cache = TileCache(tile_set)
    plan = plan_mosaic(target.image, cache, TUTORIAL_OPTIONS, target.mask)
    tile_set, _, cells = plan
    advice = Advice.compare(cells.frame, cells.tiles, tile_set.sources)
    selection = select_tiles(cells, TUTORIAL_OPTIONS)
    return _compose(plan, TUTORIAL_OPTIONS, selection, advice)


def match_shard(
    target: Target,
    tile_set: TileSet,
    options: MosaicOptions,
    index: TileIndex,
    shard: Shard,
) -> Selection:
    """Select the tiles of one shard of the cells; see `make_mosaic`."""
    cache = TileCache(tile_set)
    _, _, cells = plan_mosaic(target.image, cache, options, target.mask)
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


def make_layout(
    frame: Image,
    tiles: Image,
    options: MosaicOptions,
    draft_sources: Int64Array | None = None,
) -> Layout:
    """
    Return the layout of a frame that the options set.

    `draft_sources`, shape (n,), are the sources of the tiles for a draft, in which a
    quadtree is fitted to the first tile of each source and is only nearly the best one.
    """
    if options.layout == "quadtree":
        if draft_sources is not None:
            _, mains = np.unique(draft_sources, return_index=True)
            return fit_quadtree(frame, tiles[mains], options, draft=True)
        return fit_quadtree(frame, tiles, options)
    size, tile = Size(*frame.shape[1::-1]), Size(*tiles.shape[2:0:-1])
    if options.layout == "brick":
        return brick_layout(size, tile)
    return grid_layout(size, tile)
