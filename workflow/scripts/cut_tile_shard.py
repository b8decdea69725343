"""Cut the tiles of one shard of a tile set."""

from pathlib import Path
from typing import TYPE_CHECKING

from pigeonhole.core.shards import Shard
from pigeonhole.photos.archive import unpack_photos
from pigeonhole.pipeline.script import script_context
from pigeonhole.settings import TileSetSettings
from pigeonhole.tiles.cut import read_plan, save_shard

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with script_context(snakemake):
    params, inputs = snakemake.params, snakemake.input
    settings = TileSetSettings.model_validate(params.tile_set)
    ledger, removal_list = Path(inputs.ledger), Path(inputs.removal_list)
    unpack_photos(inputs.archives, ledger.parent)
    faces = inputs.faces or None
    plan = read_plan(settings, params.margin, ledger, faces, removal_list)
    shard = Shard.parse(snakemake.wildcards.scatteritem)
    save_shard(Path(snakemake.output[0]), plan, ledger.parent, shard)
