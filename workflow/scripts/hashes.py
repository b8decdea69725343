"""Repeats and effective bits on each key set -> their tables, judged."""

from pathlib import Path
from typing import TYPE_CHECKING

from pigeonhole.birthday.experiments.key_sets import judge_effective, judge_heat
from pigeonhole.core.tables import read_numbers, write_table
from pigeonhole.pipeline.script import running

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with running(snakemake):
    for judge, which in ((judge_heat, "repeats"), (judge_effective, "effective")):
        parts = map(read_numbers, map(Path, snakemake.input[which]))
        named = dict(zip(snakemake.params.key_sets, parts, strict=True))
        write_table(Path(snakemake.output[which]), judge(named))
