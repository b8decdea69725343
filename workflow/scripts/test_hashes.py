"""Test the hash quality on all key sets and write both tables."""

from pathlib import Path
from typing import TYPE_CHECKING

from pigeonhole.birthday.experiments.hash_quality import (
    flag_effective_bits,
    flag_repeats,
)
from pigeonhole.core.tables import read_numbers, write_table
from pigeonhole.pipeline.script import script_context

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with script_context(snakemake):
    key_sets = snakemake.params.key_sets
    for flag, name in ((flag_repeats, "repeats"), (flag_effective_bits, "effective")):
        tables = map(read_numbers, map(Path, snakemake.input[name]))
        tests = flag(dict(zip(key_sets, tables, strict=True)))
        write_table(Path(snakemake.output[name]), [test.row() for test in tests])
