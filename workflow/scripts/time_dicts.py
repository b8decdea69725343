"""Time dicts of several sizes and write dict_seconds.csv."""

from pathlib import Path
from typing import TYPE_CHECKING

from pigeonhole.birthday.experiments.dict_times import time_dicts
from pigeonhole.core.tables import write_table
from pigeonhole.pipeline.script import script_context

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with script_context(snakemake):
    rows = time_dicts(snakemake.params.seed, snakemake.params.sizes)
    write_table(Path(snakemake.output[0]), rows)
