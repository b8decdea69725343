"""Values of 8 bits -> root.csv."""

from pathlib import Path
from typing import TYPE_CHECKING

from pigeonhole.birthday.tables import write_table
from pigeonhole.birthday.trials import root
from pigeonhole.job import running

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with running(snakemake):
    rows = root(snakemake.params.seed, snakemake.params.trials)
    write_table(Path(snakemake.output.table), rows)
