"""One mosaic: the target's cells, the placed tiles, who made them."""

import logging
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from pigeonhole.core.arrays import Picture
from pigeonhole.core.errors import SettingsError
from pigeonhole.core.geometry import Size
from pigeonhole.imaging.codecs import write_png
from pigeonhole.imaging.resize import rgb_of, to_grey
from pigeonhole.matching import TileIndex
from pigeonhole.matching.grid import Placement, check_grid
from pigeonhole.matching.tone import ToneCurve
from pigeonhole.mosaic.advice import Advice
from pigeonhole.mosaic.cells import distances_of, painted, pairs
from pigeonhole.mosaic.credits import xmp_packet
from pigeonhole.mosaic.edits import Edits
from pigeonhole.mosaic.layout import Layout, Mask, brick, plain
from pigeonhole.mosaic.placement_table import write_placement
from pigeonhole.mosaic.quadtree import split_layout
from pigeonhole.mosaic.render.color import overlaid, tinted
from pigeonhole.mosaic.select import Chosen, choose
from pigeonhole.settings import LookSettings
from pigeonhole.tiles import TileRow, TileSet

log = logging.getLogger(__name__)

CREDITS = "../../credits.html"
"""Where a mosaic's file says that the credits are, seen from itself."""


@dataclass(frozen=True, slots=True)
class Mosaic:
    """
    A finished mosaic.

    Attributes
    ----------
    layout : Layout
        Where the cells are.
    placement : int64 array, shape `layout.shape`
        Numbers in `tile_set`.
    distances : int64 array, shape `layout.shape`
        Sum of absolute differences of each cell and its tile, before any tint.
    tile_set : TileSet
        The tiles; with `looks.mirror` their mirror images follow, in the same order.
    frame : uint8 array, shape (rows * height, columns * width[, 3])
        What was matched: the target in the tiles' channels and tones.
    curve : ToneCurve
        How the target was brought to the tiles' tones.
    looks : LookSettings
    advice : Advice
        Which tones the tile set lacks.
    gap : float or None
        How far the sum of distances may be above the least possible one, as a share of
        its proven bound; None where the way of matching has no bound.
    """

    layout: Layout
    placement: Placement
    distances: npt.NDArray[np.int64]
    tile_set: TileSet
    frame: Picture
    curve: ToneCurve
    looks: LookSettings
    advice: Advice
    gap: float | None

    def save(self, picture: Path, table: Path) -> None:
        """Write the mosaic as PNG and its placement with all credit as CSV."""
        self.save_table(table)
        self.save_picture(picture, picture.parent.name, CREDITS)

    def save_table(self, path: Path) -> None:
        """Write the placement with all credit as CSV."""
        rows = self.tile_set.rows[: self.originals]
        write_placement(path, self.layout, self.placement, self.distances, rows)

    def save_picture(self, path: Path, name: str, credit: str) -> None:
        """Write the mosaic as PNG that says whose photos it shows."""
        xmp = xmp_packet(f"Photo mosaic of {name}", self.shown(), credit)
        write_png(path, self.cut_out(), xmp)

    def shown(self) -> list[TileRow]:
        """Return the rows of the tiles that are placed."""
        return [self.tile_set.rows[number] for number in np.unique(self.placement)]

    def picture(self) -> Picture:
        """Return the mosaic, with tint and overlay; white where no cell is."""
        tiles, looks, layout = self.tile_set.tiles, self.looks, self.layout
        plain = painted(tiles, layout, self.placement.ravel())
        picture = tinted(plain, self.frame, layout, looks.tint)
        return overlaid(picture, self.frame, looks.overlay, self.covered)

    @property
    def covered(self) -> Mask | None:
        """Return which pixels a cell covers, None where all are."""
        covered = None if self.layout.grid else self.layout.covered()
        return None if covered is None or covered.all() else covered

    def cut_out(self) -> Picture:
        """Return the mosaic; with cells left empty as RGBA, transparent there."""
        picture, covered = self.picture(), self.covered
        if covered is None:
            return picture
        alpha = np.where(covered, np.uint8(255), np.uint8(0))
        return np.dstack([rgb_of(picture), alpha])

    def seen(self, picture: Picture) -> Picture:
        """Return a picture in the tiles' channels, RGB or grey."""
        return picture if self.tile_set.tiles.ndim == 4 else to_grey(picture)

    def uses(self) -> npt.NDArray[np.int64]:
        """Count how often each tile is placed; a mirror image counts for its tile."""
        unmirrored = self.placement.ravel() % self.originals
        return np.bincount(unmirrored, minlength=self.originals)

    @property
    def originals(self) -> int:
        """Return how many tiles the set has without mirror images."""
        return len(self.tile_set.rows) // (2 if self.looks.mirror else 1)


class Plan(NamedTuple):
    """What is matched with what; see `Mosaic`."""

    tile_set: TileSet
    frame: Picture
    curve: ToneCurve
    layout: Layout


def plan_of(
    target: Picture, tile_set: TileSet, looks: LookSettings, seen: Mask | None = None
) -> Plan:
    """
    Lay cells over a target; see `make_mosaic`.

    Raises
    ------
    SettingsError
        The mask leaves nothing of it.
    """
    tile_set = with_mirrors(tile_set) if looks.mirror else tile_set
    frame, curve = frame_of(target, tile_set.tiles, looks)
    layout = layout_of(frame, tile_set.tiles, looks)
    layout = layout if seen is None else layout.masked(seen)
    if not len(layout):
        raise SettingsError(
            "mosaic.mask", "nothing to be seen", "leave something of the target."
        )
    return Plan(tile_set, frame, curve, layout)


def make_mosaic(
    target: Picture,
    tile_set: TileSet,
    looks: LookSettings | None = None,
    seen: Mask | None = None,
    index: TileIndex | None = None,
    chosen: Chosen | None = None,
) -> Mosaic:
    """
    Choose a tile for every cell; log before what the tile set lacks.

    Parameters
    ----------
    target : uint8 array, shape (rows * height, columns * width, 3)
        A whole number of cells each way.
    tile_set : TileSet
        Grey tiles are matched with the target's grey.
    looks : LookSettings, optional
    seen : bool array, shape (rows * height, columns * width), optional
        Where the target is to be seen; the other cells stay empty.
    index : TileIndex, optional
        Of the tile set; it spares making one.
    chosen : Chosen, optional
        What was chosen for every cell, by bands.

    Raises
    ------
    SettingsError, TileError
        The looks can't be had with this target and these tiles.
    """
    looks = looks or LookSettings()
    count = len(tile_set.rows)
    tile_set, frame, curve, layout = plan_of(target, tile_set, looks, seen)
    tiles = tile_set.tiles
    advice = Advice.of(frame, tiles)
    log.info("%s", advice.sentence())
    edits = Edits.of(looks, tile_set.rows[:count], layout)
    # With their mirror images they are other tiles.
    index = None if looks.mirror else index
    chosen = chosen or choose(frame, tiles, layout, looks, index)
    if edits:
        # Here, since few mosaics are edited.
        from pigeonhole.mosaic.reapply import choose_again

        chosen = choose_again(chosen, edits, frame, tiles, layout, looks)
    distances = distances_of(frame, tiles, layout, chosen.placement)
    return Mosaic(
        layout,
        chosen.placement.reshape(layout.shape),
        distances.reshape(layout.shape),
        tile_set,
        frame,
        curve,
        looks,
        advice,
        chosen.gap,
    )


def frame_of(
    target: Picture, tiles: Picture, looks: LookSettings
) -> tuple[Picture, ToneCurve]:
    """Bring a target to the tiles' channels and tones; see `Mosaic`."""
    seen = target if tiles.ndim == 4 else to_grey(target)
    size, tile = _sizes(seen, tiles)
    (pair,) = pairs(seen, tiles, plain(size, tile))
    curve = ToneCurve.fit(pair.cells, tiles, looks.tone)
    return (curve.apply(seen) if looks.tone else seen), curve


def layout_of(frame: Picture, tiles: Picture, looks: LookSettings) -> Layout:
    """Return where the cells of a frame are, by the settings."""
    if looks.layout == "quadtree":
        return split_layout(frame, tiles, looks)
    return (brick if looks.layout == "brick" else plain)(*_sizes(frame, tiles))


def _sizes(frame: Picture, tiles: Picture) -> tuple[Size, Size]:
    check_grid(frame, *tiles.shape[1:3])
    return Size(*frame.shape[1::-1]), Size(*tiles.shape[2:0:-1])


def with_mirrors(tile_set: TileSet) -> TileSet:
    """Append the mirror image of every tile; its row is that of its tile."""
    mirrored = np.ascontiguousarray(tile_set.tiles[:, :, ::-1])
    return replace(
        tile_set,
        tiles=np.concatenate([tile_set.tiles, mirrored]),
        rows=[*tile_set.rows, *tile_set.rows],
    )
