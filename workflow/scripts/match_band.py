"""Tile set + target -> the nearest tiles of one band of cells."""

from pathlib import Path
from typing import TYPE_CHECKING

from pigeonhole.core.geometry import Size
from pigeonhole.matching import TileIndex
from pigeonhole.mosaic import fit_to_grid, plan_of, read_seen, read_target
from pigeonhole.mosaic.select import choose_part, save_part
from pigeonhole.pipeline.script import running
from pigeonhole.settings import LookSettings
from pigeonhole.tiles import TileSet

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with running(snakemake):
    params, band = snakemake.params, int(snakemake.wildcards.band)
    looks = LookSettings.model_validate(params.looks)
    tile_set = TileSet.load(Path(snakemake.input.tiles))
    picture = read_target(params.target, params.max_pixels)
    target = fit_to_grid(picture, tile_set.size, params.width)
    size = Size(*target.shape[1::-1])
    seen = read_seen(params.target, params.mask, size, params.max_pixels)
    plan = plan_of(target, tile_set, looks, seen)
    tiles = plan.tile_set.tiles
    # With their mirror images they are other tiles.
    found = Path(snakemake.input.index)
    index = None if looks.mirror else TileIndex.load(found, tiles)
    chosen = choose_part(
        plan.frame, tiles, plan.layout, looks, index, band, params.bands
    )
    save_part(Path(snakemake.output[0]), chosen)
