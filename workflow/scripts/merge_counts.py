"""Merge the exhaustive counts of all shards in census.csv."""

from pathlib import Path
from typing import TYPE_CHECKING

from pigeonhole.birthday.experiments.exhaustive_count import merge_counts
from pigeonhole.core.tables import read_numbers, write_table
from pigeonhole.pipeline.script import script_context

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with script_context(snakemake):
    shards = map(read_numbers, map(Path, snakemake.input.shards))
    write_table(Path(snakemake.output[0]), merge_counts(snakemake.params.bits, shards))
