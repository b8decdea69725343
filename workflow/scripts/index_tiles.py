"""Build the search index of a tile set."""

from pathlib import Path
from typing import TYPE_CHECKING

from pigeonhole.matching import TileIndex
from pigeonhole.pipeline.script import script_context
from pigeonhole.tiles import TileSet

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with script_context(snakemake):
    tile_set = TileSet.load(Path(snakemake.input.tiles))
    TileIndex(tile_set.tiles).save(Path(snakemake.output[0]))
