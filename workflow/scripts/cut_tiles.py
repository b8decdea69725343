"""Cut a tile set, or join its shards."""

from pathlib import Path
from typing import TYPE_CHECKING

from pigeonhole.photos.archive import unpack_photos
from pigeonhole.pipeline.script import script_context
from pigeonhole.settings import TileSetSettings
from pigeonhole.tiles.cut import build_tile_set, cut_or_join, read_plan

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with script_context(snakemake):
    params, inputs = snakemake.params, snakemake.input
    settings = TileSetSettings.model_validate(params.tile_set)
    ledger, removal_list = Path(inputs.ledger), Path(inputs.removal_list)
    unpack_photos(inputs.archives, ledger.parent)
    faces = inputs.faces or None
    plan = read_plan(settings, params.margin, ledger, faces, removal_list)
    shards = list(map(Path, inputs.shards))
    tiles = cut_or_join(plan, ledger.parent, shards)
    build_tile_set(tiles, settings.cut).save(Path(snakemake.output.tiles))
