"""Parts of the sweep -> its tables: rates, seconds, fit and density of T."""

from pathlib import Path
from typing import TYPE_CHECKING

from pigeonhole.birthday.experiments.first_collision import sweep_tables
from pigeonhole.core.tables import read_column, write_table
from pigeonhole.pipeline.script import running

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with running(snakemake):
    files = zip(snakemake.input.times, snakemake.input.seconds, strict=True)
    parts = [(read_column(Path(times)), read_column(Path(s))) for times, s in files]
    tables = sweep_tables(snakemake.params.bits, parts)
    for name, rows in tables._asdict().items():
        write_table(Path(snakemake.output[name]), rows)
