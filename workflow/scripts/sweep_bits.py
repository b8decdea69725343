"""Values of so many bits -> times T of a part of the trials, and its seconds."""

from pathlib import Path
from typing import TYPE_CHECKING

from pigeonhole.birthday.first import timed_part
from pigeonhole.files import write_rows
from pigeonhole.job import running

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with running(snakemake):
    params, named = snakemake.params, snakemake.wildcards
    times, seconds = timed_part(
        params.seed, int(named.bits), params.trials, int(named.part), params.parts
    )
    write_rows(Path(snakemake.output.times), ["t"], [{"t": int(t)} for t in times])
    write_rows(Path(snakemake.output.seconds), ["seconds"], [{"seconds": seconds}])
