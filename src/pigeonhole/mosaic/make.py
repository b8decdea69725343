"""One mosaic: the target's cells, the placed tiles, who made them."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt

from pigeonhole.files import write_rows
from pigeonhole.images import Picture, to_grey, write_png
from pigeonhole.ledger import CREDIT_COLUMNS
from pigeonhole.matching import TileIndex, cells_of, matcher, render
from pigeonhole.matching.grid import Placement
from pigeonhole.matching.kernels import paired_distances
from pigeonhole.matching.modes import compared
from pigeonhole.matching.reuse import Reuse, assign
from pigeonhole.matching.tone import ToneCurve
from pigeonhole.mosaic.advice import Advice
from pigeonhole.mosaic.colour import overlaid, tinted
from pigeonhole.mosaic.credits import xmp_packet
from pigeonhole.settings import LookSettings
from pigeonhole.tiles import TileSet

log = logging.getLogger(__name__)

CREDITS = "../../credits.html"
"""Where a mosaic's file says that the credits are, seen from itself."""
COLUMNS = (
    "row",
    "column",
    "tile",
    "mirrored",
    "distance",
    "tile_id",
    "photo",
    *CREDIT_COLUMNS,
)


@dataclass(frozen=True, slots=True)
class Mosaic:
    """
    A finished mosaic.

    Attributes
    ----------
    placement : int64 array, shape (rows, columns)
        Numbers in `tile_set`.
    distances : int64 array, shape (rows, columns)
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
        write_rows(table, COLUMNS, self._cells())
        rows = self.tile_set.rows
        shown = [rows[number] for number in np.unique(self.placement)]
        xmp = xmp_packet(f"Photo mosaic of {picture.parent.name}", shown, CREDITS)
        write_png(picture, self.picture(), xmp)

    def picture(self) -> Picture:
        """Return the mosaic, with tint and overlay."""
        tiles, looks = self.tile_set.tiles, self.looks
        plain = render(tiles, self.placement)
        picture = tinted(plain, self.frame, tiles[0], looks.tint)
        return overlaid(picture, self.frame, looks.overlay)

    def seen(self, picture: Picture) -> Picture:
        """Return a picture in the tiles' channels, RGB or grey."""
        return picture if self.tile_set.tiles.ndim == 4 else to_grey(picture)

    def uses(self) -> npt.NDArray[np.int64]:
        """Count how often each tile is placed; a mirror image counts for its tile."""
        unmirrored = self.placement.ravel() % self._originals
        return np.bincount(unmirrored, minlength=self._originals)

    @property
    def _originals(self) -> int:
        return len(self.tile_set.rows) // (2 if self.looks.mirror else 1)

    def _cells(self) -> Iterator[dict[str, object]]:
        for (row, column), number in np.ndenumerate(self.placement):
            mirrored, tile = divmod(int(number), self._originals)
            origin = self.tile_set.rows[tile]
            yield {
                "row": row,
                "column": column,
                "tile": tile,
                "mirrored": mirrored,
                "distance": self.distances[row, column],
                "tile_id": origin.id,
                "photo": origin.photo,
                **{name: getattr(origin, name) for name in CREDIT_COLUMNS},
            }


def make_mosaic(
    target: Picture,
    tile_set: TileSet,
    looks: LookSettings | None = None,
    index: TileIndex | None = None,
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
    index : TileIndex, optional
        Of the tile set; it spares making one.
    """
    looks = looks or LookSettings()
    # With their mirror images they are other tiles.
    index = None if looks.mirror else index
    tile_set = with_mirrors(tile_set) if looks.mirror else tile_set
    tiles = tile_set.tiles
    seen = target if tiles.ndim == 4 else to_grey(target)
    curve = ToneCurve.fit(_stack(seen, tiles), tiles, looks.tone)
    frame = curve.apply(seen) if looks.tone else seen
    advice = Advice.of(frame, tiles)
    log.info("%s", advice.sentence())
    placement, gap = _placed(frame, tiles, looks, index)
    cells = _stack(frame, tiles).reshape(placement.size, -1)
    rows = tiles.reshape(len(tiles), -1)
    distances = paired_distances(cells, rows, placement.ravel())
    return Mosaic(
        placement,
        distances.reshape(placement.shape),
        tile_set,
        frame,
        curve,
        looks,
        advice,
        gap,
    )


def _placed(
    frame: Picture, tiles: Picture, looks: LookSettings, index: TileIndex | None
) -> tuple[Placement, float | None]:
    """Return the placement and its proven gap from the optimum, if one is known."""
    if looks.reuse.limited and looks.match in ("exact", "mixed"):
        return _limited(frame, tiles, looks)
    place = matcher(looks.match, tiles, looks.space, far=looks.far, index=index)
    placement = place(frame)
    # Without limits the nearest tiles are the optimum; the short cuts have no bound.
    return placement, 0.0 if looks.match in ("exact", "mixed") else None


def _limited(
    frame: Picture, tiles: Picture, looks: LookSettings
) -> tuple[Placement, float]:
    rows, columns = (frame.shape[axis] // tiles.shape[axis + 1] for axis in (0, 1))
    mode: Literal["exact", "mixed"] = "mixed" if looks.match == "mixed" else "exact"
    cells, pool = (
        compared(stack, mode, looks.space, looks.far)
        for stack in (_stack(frame, tiles), tiles)
    )
    rule = Reuse(looks.reuse.at_most, looks.reuse.apart, looks.reuse.everyone)
    made = assign(cells, pool, (rows, columns), rule, looks.reuse.seconds)
    log.info("%s", made.sentence)
    return made.placement, made.gap


def _stack(frame: Picture, tiles: Picture) -> Picture:
    grid = cells_of(frame, *tiles.shape[1:3])
    return grid.reshape(-1, *grid.shape[2:])


def with_mirrors(tile_set: TileSet) -> TileSet:
    """Append the mirror image of every tile; its row is that of its tile."""
    mirrored = np.ascontiguousarray(tile_set.tiles[:, :, ::-1])
    return replace(
        tile_set,
        tiles=np.concatenate([tile_set.tiles, mirrored]),
        rows=[*tile_set.rows, *tile_set.rows],
    )
