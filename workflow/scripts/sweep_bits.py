"""Values of so many bits -> times T of a part of the trials, and its seconds."""

from pathlib import Path
from typing import TYPE_CHECKING

from pigeonhole.birthday.experiments.first_collision import timed_part
from pigeonhole.core.tables import write_rows
from pigeonhole.pipeline.script import running

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with running(snakemake):
    params, named = snakemake.params, snakemake.wildcards
    times, seconds = timed_part(
        params.seed, int(named.bits), params.trials, int(named.part), params.parts
    )
    write_rows(Path(snakemake.output.times), ["t"], [{"t": int(t)} for t in times])
    write_rows(Path(snakemake.output.seconds), ["seconds"], [{"seconds": seconds}])
