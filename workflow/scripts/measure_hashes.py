"""Measure repeats and effective bits of every hash on one key set."""

from pathlib import Path
from typing import TYPE_CHECKING

from pigeonhole.birthday.experiments.hash_quality import measure_hashes
from pigeonhole.core.tables import write_table
from pigeonhole.pipeline.script import script_context

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with script_context(snakemake):
    params = snakemake.params
    repeats, effective = measure_hashes(params.seed, params.key_set, params.key_number)
    write_table(Path(snakemake.output.repeats), repeats)
    write_table(Path(snakemake.output.effective), effective)
