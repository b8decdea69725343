"""Join the collisions of all searches in collisions.csv."""

from pathlib import Path
from typing import TYPE_CHECKING

from pigeonhole.core.tables import join_tables
from pigeonhole.pipeline.script import script_context

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with script_context(snakemake):
    join_tables(list(map(Path, snakemake.input.pairs)), Path(snakemake.output[0]))
