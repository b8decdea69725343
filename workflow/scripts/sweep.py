"""Parts of the sweep -> its tables: rates, seconds, fit and density of T."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from pigeonhole.birthday.first import density_rows, fit_rows, sweep_rows, with_band
from pigeonhole.birthday.tables import read_column, read_table, write_table
from pigeonhole.job import running

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with running(snakemake):
    params, output = snakemake.params, snakemake.output
    # All parts of the first length, then all of the second, and so on.
    files = zip(snakemake.input.times, snakemake.input.seconds, strict=True)
    parts = [(read_column(Path(t)), read_column(Path(s))) for t, s in files]
    rows, times = [], {}
    for number, bits in enumerate(params.bits):
        some = parts[number * params.parts : (number + 1) * params.parts]
        times[bits] = np.concatenate([found for found, _ in some]).astype(int)
        seconds = sum(float(busy[0]) for _, busy in some)
        rows.append(sweep_rows(bits, times[bits], seconds))
    rates, timings = zip(*rows, strict=True)
    write_table(Path(output.rates), rates)
    write_table(Path(output.rates), with_band(read_table(Path(output.rates))))
    write_table(Path(output.seconds), timings)
    write_table(Path(output.fit), fit_rows(times))
    write_table(Path(output.density), density_rows(times))
