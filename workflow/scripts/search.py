"""A seed and a number of bits -> two messages that collide in them."""

from pathlib import Path
from typing import TYPE_CHECKING

from pigeonhole.birthday.collisions.search import Search
from pigeonhole.core.tables import write_table
from pigeonhole.pipeline.script import running

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with running(snakemake):
    output, named = Path(snakemake.output[0]), snakemake.wildcards
    # Not an output: a killed search goes on from what lies there.
    folder = output.parent / f"{named.algorithm}-{named.bits}"
    search = Search(folder, snakemake.params.seed, int(named.bits), named.algorithm)
    write_table(output, [search.run().row()])
