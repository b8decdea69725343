"""Rows of the sweep -> sweep.csv and sweep_seconds.csv."""

from pathlib import Path
from typing import TYPE_CHECKING

from pigeonhole.birthday.tables import join_tables
from pigeonhole.job import running

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with running(snakemake):
    rates, seconds = snakemake.input.rates, snakemake.input.seconds
    join_tables(list(map(Path, rates)), Path(snakemake.output.rates))
    join_tables(list(map(Path, seconds)), Path(snakemake.output.seconds))
