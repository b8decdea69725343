"""Tile set + target -> mosaic and placement."""

from pathlib import Path
from typing import TYPE_CHECKING

from pigeonhole.job import running
from pigeonhole.mosaic import fit_to_grid, make_mosaic, read_target
from pigeonhole.tiles import TileSet

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with running(snakemake):
    params = snakemake.params
    tile_set = TileSet.load(Path(snakemake.input.tiles))
    picture = read_target(params.target, params.max_pixels)
    frame = fit_to_grid(picture, tile_set.size, params.width)
    mosaic = make_mosaic(frame, tile_set, params.match)
    mosaic.save(Path(snakemake.output.mosaic), Path(snakemake.output.placement))
