"""Find first collisions of one hash length in one shard of the trials."""

from pathlib import Path
from typing import TYPE_CHECKING

from pigeonhole.birthday.experiments.first_collision import time_shard
from pigeonhole.core.shards import Shard
from pigeonhole.core.tables import write_rows
from pigeonhole.pipeline.script import script_context

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with script_context(snakemake):
    params, wildcards = snakemake.params, snakemake.wildcards
    bits, shard = int(wildcards.bits), Shard.parse(wildcards.scatteritem)
    times, seconds = time_shard(params.seed, bits, params.trials, shard)
    write_rows(Path(snakemake.output.times), ["t"], [{"t": int(t)} for t in times])
    write_rows(Path(snakemake.output.seconds), ["seconds"], [{"seconds": seconds}])
