"""A part of the values -> how many of them come 0, 1, ... times."""

from pathlib import Path
from typing import TYPE_CHECKING

from pigeonhole.birthday.experiments.census import census_part
from pigeonhole.core.tables import write_table
from pigeonhole.pipeline.script import running

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with running(snakemake):
    params, part = snakemake.params, int(snakemake.wildcards.part)
    rows = census_part(params.bits, part, params.parts)
    write_table(Path(snakemake.output[0]), rows)
