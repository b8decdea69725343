"""Render a large image of a mosaic from the photos."""

from pathlib import Path
from typing import TYPE_CHECKING

from pigeonhole.imaging.pyramid import LargeImageOptions
from pigeonhole.mosaic.render.drawing import Drawing
from pigeonhole.mosaic.render.large import write_large
from pigeonhole.photos.archive import open_photos
from pigeonhole.pipeline.script import script_context
from pigeonhole.settings import MosaicOptions, title_of

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with script_context(snakemake):
    inputs, params = snakemake.input, snakemake.params
    table, tiles = Path(inputs.placement), Path(inputs.tiles)
    options = MosaicOptions.model_validate(params.options)
    drawing = Drawing.load(table, tiles, params.target, options)
    xmp = drawing.xmp(title_of(params.target["source"]))
    path, page = Path(snakemake.output.large), drawing.page(params.tile_width)
    photos = open_photos(Path(inputs.photos), inputs.archives)
    write_large(path, drawing, page, *photos, LargeImageOptions(xmp, **params.large))
