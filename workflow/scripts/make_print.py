"""Make a mosaic for a sheet of paper, and its placement table."""

from pathlib import Path
from typing import TYPE_CHECKING

from pigeonhole.imaging.pyramid import LargeImageOptions
from pigeonhole.mosaic import check_pins, load_inputs, make_mosaic, with_edits
from pigeonhole.mosaic.render.drawing import Drawing
from pigeonhole.mosaic.render.large import write_large
from pigeonhole.mosaic.render.prints import Print
from pigeonhole.photos.archive import open_photos
from pigeonhole.pipeline.script import script_context
from pigeonhole.settings import MosaicOptions, PrintSettings, title_of

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with script_context(snakemake):
    inputs, output, params = snakemake.input, snakemake.output, snakemake.params
    options = with_edits(MosaicOptions.model_validate(params.options), params.edits)
    sheet = Print.from_settings(PrintSettings.model_validate(params.sheet))
    tile_set, target = load_inputs(Path(inputs.tiles), params.target, sheet)
    check_pins(options, target, tile_set.size, params.target["width"])
    mosaic = make_mosaic(target.image, tile_set, options, target.mask)
    drawing = Drawing.from_mosaic(mosaic, target.original)
    xmp = drawing.xmp(title_of(params.target["source"]))
    file_options = LargeImageOptions(xmp, sheet.dpi, **params.large, paper=True)
    path, page = Path(output.sheet), sheet.page(drawing.size)
    photos = open_photos(Path(inputs.photos), inputs.archives)
    write_large(path, drawing, page, *photos, file_options)
    mosaic.save_placement(Path(output.placement))
