"""The parts of the census -> census.csv, beside what chance gives."""

from pathlib import Path
from typing import TYPE_CHECKING

from pigeonhole.birthday.experiments.census import census_rows
from pigeonhole.core.tables import read_numbers, write_table
from pigeonhole.pipeline.script import running

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with running(snakemake):
    parts = map(read_numbers, map(Path, snakemake.input.parts))
    write_table(Path(snakemake.output[0]), census_rows(snakemake.params.bits, parts))
