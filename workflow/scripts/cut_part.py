"""Kept faces or whole photos -> the tiles of one part of them."""

from pathlib import Path
from typing import TYPE_CHECKING

from pigeonhole.photos.archive import unpack_photos
from pigeonhole.pipeline.script import running
from pigeonhole.settings import TileSetSettings
from pigeonhole.tiles.cut import read_crops, save_part

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with running(snakemake):
    params, found = snakemake.params, snakemake.input
    settings = TileSetSettings.model_validate(params.tile_set)
    ledger, gone = Path(found.ledger), Path(params.forgotten)
    unpack_photos(found.archives, ledger.parent)
    crops = read_crops(settings, params.margin, ledger, found.faces or None, gone)
    part, path = int(snakemake.wildcards.part), Path(snakemake.output[0])
    save_part(path, crops, settings, ledger.parent, part, params.parts)
