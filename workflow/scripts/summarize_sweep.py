"""Merge the shards of the sweep into its tables."""

from pathlib import Path
from typing import TYPE_CHECKING

from pigeonhole.birthday.experiments.first_collision import TimedShard
from pigeonhole.birthday.experiments.sweep import sweep_tables
from pigeonhole.core.tables import read_column, write_table
from pigeonhole.pipeline.script import script_context

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with script_context(snakemake):
    lengths, files = snakemake.params.lengths, snakemake.input
    shards = [
        TimedShard(read_column(Path(times)).astype(int), read_column(Path(cpu)).sum())
        for times, cpu in zip(files.times, files.seconds, strict=True)
    ]
    # The files of the first length come first.
    jobs = len(shards) // len(lengths)
    shards_by_length = [shards[i : i + jobs] for i in range(0, len(shards), jobs)]
    for name, rows in sweep_tables(lengths, shards_by_length)._asdict().items():
        write_table(Path(snakemake.output[name]), rows)
