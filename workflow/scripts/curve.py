"""Growing groups of people -> curve.csv."""

from pathlib import Path
from typing import TYPE_CHECKING

from pigeonhole.birthday.experiments.trials import curve
from pigeonhole.core.tables import write_table
from pigeonhole.pipeline.script import running

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with running(snakemake):
    rows = curve(snakemake.params.seed, snakemake.params.trials)
    write_table(Path(snakemake.output.table), rows)
