"""Search for two messages that collide in a number of bits."""

from pathlib import Path
from typing import TYPE_CHECKING

from pigeonhole.birthday.collisions.search import CollisionSearch
from pigeonhole.core.cache import cache_dir
from pigeonhole.core.tables import write_table
from pigeonhole.pipeline.script import script_context

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with script_context(snakemake):
    algorithm, bits = snakemake.wildcards.algorithm, int(snakemake.wildcards.bits)
    seed = snakemake.params.seed
    # A search that was killed resumes from the chunks in the cache.
    folder = cache_dir("collisions") / f"{algorithm}-{bits}-seed-{seed}"
    search = CollisionSearch(folder, seed, bits, algorithm)
    pair = search.run(snakemake.threads)
    write_table(Path(snakemake.output[0]), [pair.row()])
    search.remove_chunks()
