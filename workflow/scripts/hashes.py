"""Repeats of every hash on each key set -> hashes.csv, judged."""

from pathlib import Path
from typing import TYPE_CHECKING

from pigeonhole.birthday.heat import judge_heat
from pigeonhole.birthday.tables import read_numbers, write_table
from pigeonhole.job import running

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with running(snakemake):
    parts = {
        name: read_numbers(Path(part))
        for name, part in zip(
            snakemake.params.key_sets, snakemake.input.parts, strict=True
        )
    }
    write_table(Path(snakemake.output[0]), judge_heat(parts))
