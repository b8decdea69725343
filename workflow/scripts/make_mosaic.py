"""Tile set + target -> mosaic, placement, its quality in numbers and figures."""

from pathlib import Path
from typing import TYPE_CHECKING

from pigeonhole.core.geometry import Size
from pigeonhole.matching import TileIndex
from pigeonhole.mosaic import fit_to_grid, make_mosaic, read_seen, read_target
from pigeonhole.mosaic.edits import with_edits
from pigeonhole.mosaic.quality import quality, save_quality
from pigeonhole.mosaic.select import join_parts
from pigeonhole.pipeline.script import running
from pigeonhole.plots.mosaic import advice_figure, quality_figure
from pigeonhole.plots.save import save_figure
from pigeonhole.settings import LookSettings
from pigeonhole.tiles import TileSet

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with running(snakemake):
    params, output = snakemake.params, snakemake.output
    looks = with_edits(LookSettings.model_validate(params.looks), params.edits)
    tile_set = TileSet.load(Path(snakemake.input.tiles))
    picture = read_target(params.target, params.max_pixels)
    target = fit_to_grid(picture, tile_set.size, params.width)
    size = Size(*target.shape[1::-1])
    seen = read_seen(params.target, params.mask, size, params.max_pixels)
    index = TileIndex.load(Path(snakemake.input.index), tile_set.tiles)
    bands = list(map(Path, snakemake.input.bands))
    chosen = join_parts(bands) if bands else None
    mosaic = make_mosaic(target, tile_set, looks, seen, index, chosen)
    found = quality(mosaic, target)
    mosaic.save(Path(output.mosaic), Path(output.placement))
    save_quality(Path(output.quality), found)
    figure = quality_figure(mosaic, target, found)
    save_figure(figure, Path(output.quality_svg), Path(output.quality_png))
    figure = advice_figure(mosaic.advice)
    save_figure(figure, Path(output.advice_svg), Path(output.advice_png))
