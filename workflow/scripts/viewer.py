"""Placement + tile set + photos -> the page that shows the mosaic and its photos."""

from pathlib import Path
from typing import TYPE_CHECKING

from pigeonhole.core.geometry import Size
from pigeonhole.imaging.codecs import read_rgb
from pigeonhole.mosaic import read_target
from pigeonhole.mosaic.edits import with_edits
from pigeonhole.mosaic.placement_table import read_placement
from pigeonhole.mosaic.viewer import Scene, save_viewer
from pigeonhole.photos.archive import unpack_photos
from pigeonhole.photos.ledger import read_ledger
from pigeonhole.pipeline.script import running
from pigeonhole.settings import LookSettings
from pigeonhole.tiles import TileSet
from pigeonhole.tiles.crops import each_crop

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with running(snakemake):
    given, params = snakemake.input, snakemake.params
    tile_set = TileSet.load(Path(given.tiles))
    # A picture of our own, of any size.
    shown = read_rgb(Path(given.mosaic), max_pixels=10**11)
    size = Size(*shown.shape[1::-1])
    layout, placement, _ = read_placement(
        Path(given.placement), size, len(tile_set.rows)
    )
    target = read_target(params.target, params.max_pixels)
    scene = Scene(
        snakemake.wildcards.target,
        tile_set,
        layout,
        placement.ravel(),
        target,
        shown,
        with_edits(LookSettings(ban=params.ban), params.edits).ban,
    )
    ledger = Path(given.ledger)
    unpack_photos(given.archives, ledger.parent)
    crops = each_crop(
        tile_set.rows,
        read_ledger(ledger),
        ledger.parent,
        None,
        colour=tile_set.tiles.ndim == 4,
    )
    page = Path(snakemake.output.page)
    folder = page.parent if page.suffix else page
    save_viewer(folder, scene, crops, params.pixels)
