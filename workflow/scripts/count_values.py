"""Count how often each value in one shard occurs."""

from pathlib import Path
from typing import TYPE_CHECKING

from pigeonhole.birthday.experiments.exhaustive_count import count_shard
from pigeonhole.core.tables import write_table
from pigeonhole.pipeline.script import script_context

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with script_context(snakemake):
    params, shard = snakemake.params, int(snakemake.wildcards.shard)
    rows = count_shard(params.bits, shard, params.shards)
    write_table(Path(snakemake.output[0]), rows)
