"""Pairs of messages -> collisions.csv; the chunks of the searches go."""

from pathlib import Path
from typing import TYPE_CHECKING

from pigeonhole.birthday.collisions.search import forget
from pigeonhole.core.tables import join_tables
from pigeonhole.pipeline.script import running

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with running(snakemake):
    pairs = list(map(Path, snakemake.input.pairs))
    join_tables(pairs, Path(snakemake.output[0]))
    for pair in pairs:
        forget(pair.parent / pair.stem.partition("_")[0])
