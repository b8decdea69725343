"""Groups with real birthdays -> birthdays.csv."""

from pathlib import Path
from typing import TYPE_CHECKING

from pigeonhole.birthday.experiments.days import real_birthdays
from pigeonhole.core.tables import write_table
from pigeonhole.pipeline.script import running

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with running(snakemake):
    rows = real_birthdays(snakemake.params.seed, snakemake.params.trials)
    write_table(Path(snakemake.output.table), rows)
