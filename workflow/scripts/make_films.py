"""Render two short films of a mosaic from the photos."""

from pathlib import Path
from typing import TYPE_CHECKING

from pigeonhole.mosaic.render.drawing import Drawing
from pigeonhole.mosaic.render.films import Film, falling, save_film, zooming
from pigeonhole.photos.archive import open_photos
from pigeonhole.pipeline.script import script_context
from pigeonhole.settings import FilmSettings, MosaicOptions

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with script_context(snakemake):
    inputs, params, output = snakemake.input, snakemake.params, snakemake.output
    table, tiles = Path(inputs.placement), Path(inputs.tiles)
    options = MosaicOptions.model_validate(params.options)
    settings = FilmSettings.model_validate(params.film)
    drawing = Drawing.load(table, tiles, params.target, options)
    photos = open_photos(Path(inputs.photos), inputs.archives)
    film = Film.from_settings(drawing, *photos, settings)
    save_film(Path(output.falling), falling(film, params.seed), settings.fps)
    save_film(Path(output.zooming), zooming(film), settings.fps)
