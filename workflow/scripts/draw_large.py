"""Placement + photos -> one large picture."""

from pathlib import Path
from typing import TYPE_CHECKING

from pigeonhole.imaging.pyramid import Facts
from pigeonhole.mosaic import fit_to_grid, read_target
from pigeonhole.mosaic.compose import CREDITS
from pigeonhole.mosaic.credits import xmp_packet
from pigeonhole.mosaic.render.drawing import Drawing, Page
from pigeonhole.mosaic.render.large import write_large
from pigeonhole.photos.archive import unpack_photos
from pigeonhole.photos.ledger import read_ledger
from pigeonhole.pipeline.script import running
from pigeonhole.settings import LargeSettings, LookSettings
from pigeonhole.tiles import TileSet

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with running(snakemake):
    params, ledger = snakemake.params, Path(snakemake.input.photos)
    unpack_photos(snakemake.input.archives, ledger.parent)
    looks = LookSettings.model_validate(params.looks)
    large = LargeSettings.model_validate(params.large)
    tile_set = TileSet.load(Path(snakemake.input.tiles))
    picture = read_target(params.target, params.max_pixels)
    target = fit_to_grid(picture, tile_set.size, params.width)
    table = Path(snakemake.input.placement)
    drawing = Drawing.read(table, target, tile_set, looks, picture)
    size = drawing.enlarged_to(drawing.tile_size(params.tile_pixels))
    title = f"Photo mosaic of {snakemake.wildcards.target}"
    xmp = xmp_packet(title, drawing.shown(), f"../{CREDITS}")
    facts = Facts(xmp, quality=large.quality, lossless=large.lossless)
    path, photos = Path(snakemake.output.large), read_ledger(ledger)
    write_large(path, drawing, Page(size, size), photos, ledger.parent, facts)
