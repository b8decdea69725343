"""Select the tiles of one shard of a mosaic's cells."""

from pathlib import Path
from typing import TYPE_CHECKING

from pigeonhole.core.shards import Shard
from pigeonhole.matching import TileIndex
from pigeonhole.mosaic import load_inputs, match_shard
from pigeonhole.mosaic.select import save_shard
from pigeonhole.pipeline.script import script_context
from pigeonhole.settings import MosaicOptions

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with script_context(snakemake):
    params = snakemake.params
    options = MosaicOptions.model_validate(params.options)
    tile_set, target = load_inputs(Path(snakemake.input.tiles), params.target)
    index = TileIndex.load(Path(snakemake.input.index), tile_set.tiles)
    shard = Shard.parse(snakemake.wildcards.scatteritem)
    selection = match_shard(target, tile_set, options, index, shard)
    save_shard(Path(snakemake.output[0]), selection)
