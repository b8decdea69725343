"""Kept faces or whole photos -> one tile set."""

from pathlib import Path
from typing import TYPE_CHECKING

from pigeonhole.photos.archive import unpack_photos
from pigeonhole.pipeline.script import running
from pigeonhole.settings import TileSetSettings
from pigeonhole.tiles.cut import cut_crops, join_parts, read_crops, tile_set_of

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with running(snakemake):
    params, found = snakemake.params, snakemake.input
    settings = TileSetSettings.model_validate(params.tile_set)
    ledger, gone = Path(found.ledger), Path(params.forgotten)
    unpack_photos(found.archives, ledger.parent)
    crops = read_crops(settings, params.margin, ledger, found.faces or None, gone)
    parts = list(map(Path, found.parts))
    tiles = (
        join_parts(parts, crops) if parts else cut_crops(crops, settings, ledger.parent)
    )
    tile_set_of(tiles, settings.cut).save(Path(snakemake.output.tiles))
