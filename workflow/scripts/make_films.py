"""Placement + photos -> two short films."""

from pathlib import Path
from typing import TYPE_CHECKING

from pigeonhole.mosaic import fit_to_grid, read_target
from pigeonhole.mosaic.render.drawing import Drawing
from pigeonhole.mosaic.render.films import Film, falling, save_film, zooming
from pigeonhole.photos.archive import unpack_photos
from pigeonhole.photos.ledger import read_ledger
from pigeonhole.pipeline.script import running
from pigeonhole.settings import FilmSettings, LookSettings
from pigeonhole.tiles import TileSet

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with running(snakemake):
    params, output = snakemake.params, snakemake.output
    ledger = Path(snakemake.input.photos)
    unpack_photos(snakemake.input.archives, ledger.parent)
    looks = LookSettings.model_validate(params.looks)
    settings = FilmSettings.model_validate(params.film)
    tile_set = TileSet.load(Path(snakemake.input.tiles))
    picture = read_target(params.target, params.max_pixels)
    target = fit_to_grid(picture, tile_set.size, params.width)
    table = Path(snakemake.input.placement)
    drawing = Drawing.read(table, target, tile_set, looks, picture)
    film = Film.of(drawing, read_ledger(ledger), ledger.parent, settings)
    save_film(Path(output.falling), falling(film, params.seed), settings.rate)
    save_film(Path(output.zooming), zooming(film), settings.rate)
