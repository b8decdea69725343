"""Sizes of a dict -> dict_seconds.csv."""

from pathlib import Path
from typing import TYPE_CHECKING

from pigeonhole.birthday.experiments.dicts import dict_seconds
from pigeonhole.core.tables import write_table
from pigeonhole.pipeline.script import running

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with running(snakemake):
    rows = dict_seconds(snakemake.params.seed, snakemake.params.sizes)
    write_table(Path(snakemake.output.table), rows)
