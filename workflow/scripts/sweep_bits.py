"""Values of so many bits -> their row of sweep.csv and of sweep_seconds.csv."""

from pathlib import Path
from typing import TYPE_CHECKING

from pigeonhole.birthday.tables import write_table
from pigeonhole.birthday.trials import sweep
from pigeonhole.job import running

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with running(snakemake):
    rates, seconds = sweep(
        snakemake.params.seed, snakemake.params.trials, int(snakemake.wildcards.bits)
    )
    write_table(Path(snakemake.output.rates), rates)
    write_table(Path(snakemake.output.seconds), seconds)
