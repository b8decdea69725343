"""Make a mosaic, its placement table, its quality report and three figures."""

from pathlib import Path
from typing import TYPE_CHECKING

from pigeonhole.matching import TileIndex
from pigeonhole.mosaic import load_inputs, make_mosaic, with_edits
from pigeonhole.mosaic.comparison import compare_with_tutorial
from pigeonhole.mosaic.pool_bound import pool_bound
from pigeonhole.mosaic.quality import save_quality
from pigeonhole.mosaic.render.drawing import Drawing
from pigeonhole.mosaic.render.large import save_mosaic
from pigeonhole.mosaic.select import join_shards
from pigeonhole.photos.archive import open_photos
from pigeonhole.pipeline.script import script_context
from pigeonhole.plots.mosaic import advice_figure, comparison_figure, quality_figure
from pigeonhole.plots.save import save_figure
from pigeonhole.settings import MosaicOptions, title_of

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with script_context(snakemake):
    inputs, output, params = snakemake.input, snakemake.output, snakemake.params
    options = with_edits(MosaicOptions.model_validate(params.options), params.edits)
    tile_set, target = load_inputs(Path(inputs.tiles), params.target)
    index = TileIndex.load(Path(inputs.index), tile_set.tiles)
    selection = join_shards(list(map(Path, inputs.shards)))
    mosaic = make_mosaic(target.image, tile_set, options, target.mask, index, selection)
    mosaic.save_placement(Path(output.placement))
    drawing = Drawing.from_mosaic(mosaic, target.original)
    photos = open_photos(Path(inputs.photos), inputs.archives)
    name = title_of(params.target["source"])
    save_mosaic(Path(output.mosaic), mosaic, drawing, params.tile_width, *photos, name)
    bound = pool_bound(mosaic)
    numbers = save_quality(Path(output.quality), mosaic, target.image, bound)
    comparison = compare_with_tutorial(mosaic, target, tile_set, numbers, *photos)
    figure = comparison_figure(comparison)
    save_figure(figure, Path(output.comparison_svg), Path(output.comparison_png))
    figure = quality_figure(mosaic, target.image, numbers)
    save_figure(figure, Path(output.quality_svg), Path(output.quality_png))
    figure = advice_figure(mosaic.advice)
    save_figure(figure, Path(output.advice_svg), Path(output.advice_png))
