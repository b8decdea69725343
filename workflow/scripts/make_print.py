"""Tile set + target -> a mosaic for paper, and its placement."""

import logging
from pathlib import Path
from typing import TYPE_CHECKING

from pigeonhole.core.geometry import Size
from pigeonhole.imaging.pyramid import Facts
from pigeonhole.mosaic import fit_to_grid, make_mosaic, read_seen, read_target
from pigeonhole.mosaic.compose import CREDITS
from pigeonhole.mosaic.credits import xmp_packet
from pigeonhole.mosaic.edits import with_edits
from pigeonhole.mosaic.render.drawing import Drawing
from pigeonhole.mosaic.render.large import write_large
from pigeonhole.mosaic.render.prints import Print
from pigeonhole.photos.archive import unpack_photos
from pigeonhole.photos.ledger import read_ledger
from pigeonhole.pipeline.script import running
from pigeonhole.settings import LargeSettings, LookSettings, PrintSettings
from pigeonhole.tiles import TileSet

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with running(snakemake):
    params, ledger = snakemake.params, Path(snakemake.input.photos)
    unpack_photos(snakemake.input.archives, ledger.parent)
    large = LargeSettings.model_validate(params.large)
    sheet = Print.of(PrintSettings.model_validate(params.sheet))
    tile_set = TileSet.load(Path(snakemake.input.tiles))
    picture = read_target(params.target, params.max_pixels)
    part = sheet.part(picture)
    target = fit_to_grid(part, tile_set.size, params.width)
    looks = with_edits(LookSettings.model_validate(params.looks), params.edits)
    size, most = Size(*picture.shape[1::-1]), params.max_pixels
    mask = read_seen(params.target, params.mask, size, most)
    seen = sheet.seen(mask, Size(*target.shape[1::-1]))
    mosaic = make_mosaic(target, tile_set, looks, seen)
    drawing = Drawing.of(mosaic, part)
    shown = part.size / picture.size
    logging.info("%s", sheet.sentence(drawing.size, drawing.tile, shown))
    title = f"Photo mosaic of {snakemake.wildcards.target}"
    xmp = xmp_packet(title, drawing.shown(), f"../{CREDITS}")
    facts = Facts(xmp, sheet.dpi, large.quality, large.lossless, paper=True)
    path, page = Path(snakemake.output.sheet), sheet.page(drawing.size)
    write_large(path, drawing, page, read_ledger(ledger), ledger.parent, facts)
    mosaic.save_table(Path(snakemake.output.placement))
