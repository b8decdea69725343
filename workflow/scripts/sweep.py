"""Parts of the sweep -> its tables: rates, seconds, fit and density of T."""

from pathlib import Path
from typing import TYPE_CHECKING

from pigeonhole.birthday.first import density_rows, fit_rows, with_band
from pigeonhole.birthday.tables import join_tables, read_table, write_table
from pigeonhole.job import running

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with running(snakemake):
    rates = Path(snakemake.output.rates)
    join_tables(list(map(Path, snakemake.input.rates)), rates)
    write_table(rates, with_band(read_table(rates)))
    times = {
        bits: read_table(Path(part))["t"].astype(int)
        for bits, part in zip(snakemake.params.bits, snakemake.input.times, strict=True)
    }
    seconds = list(map(Path, snakemake.input.seconds))
    join_tables(seconds, Path(snakemake.output.seconds))
    write_table(Path(snakemake.output.fit), fit_rows(times))
    write_table(Path(snakemake.output.density), density_rows(times))
