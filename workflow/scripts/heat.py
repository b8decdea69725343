"""A key set -> the repeats and the effective bits of every hash on it."""

from pathlib import Path
from typing import TYPE_CHECKING

from pigeonhole.birthday.experiments.key_sets import heat
from pigeonhole.core.tables import write_table
from pigeonhole.pipeline.script import running

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with running(snakemake):
    repeats, effective = heat(
        snakemake.params.seed, snakemake.params.key_set, snakemake.params.key_number
    )
    write_table(Path(snakemake.output.repeats), repeats)
    write_table(Path(snakemake.output.effective), effective)
