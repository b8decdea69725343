"""Merge the shards of the sweep into its tables."""

from pathlib import Path
from typing import TYPE_CHECKING

from pigeonhole.birthday.experiments.sweep import read_shards, sweep_tables
from pigeonhole.core.tables import write_table
from pigeonhole.pipeline.script import script_context

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with script_context(snakemake):
    lengths, files = snakemake.params.lengths, snakemake.input
    times, seconds = list(map(Path, files.times)), list(map(Path, files.seconds))
    shards = read_shards(times, seconds, len(lengths))
    for name, rows in sweep_tables(lengths, shards)._asdict().items():
        write_table(Path(snakemake.output[name]), rows)
