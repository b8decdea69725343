"""Run an experiment and write its table."""

from pathlib import Path
from typing import TYPE_CHECKING

from pigeonhole.birthday.experiments.registry import EXPERIMENTS
from pigeonhole.core.tables import write_table
from pigeonhole.pipeline.script import script_context

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with script_context(snakemake):
    params = snakemake.params
    rows = EXPERIMENTS[snakemake.wildcards.experiment](params.seed, params.trials)
    write_table(Path(snakemake.output[0]), rows)
