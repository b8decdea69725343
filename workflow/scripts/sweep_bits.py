"""Values of so many bits -> times T, and rows of sweep.csv and sweep_seconds.csv."""

from pathlib import Path
from typing import TYPE_CHECKING

from pigeonhole.birthday.first import sweep
from pigeonhole.birthday.tables import write_table
from pigeonhole.job import running

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with running(snakemake):
    rate, seconds, times = sweep(
        snakemake.params.seed, snakemake.params.trials, int(snakemake.wildcards.bits)
    )
    write_table(Path(snakemake.output.rates), [rate])
    write_table(Path(snakemake.output.seconds), [seconds])
    write_table(Path(snakemake.output.times), [{"t": int(t)} for t in times])
