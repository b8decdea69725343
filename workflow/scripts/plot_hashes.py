"""Table of hashes -> figure, as SVG and as PNG."""

from pathlib import Path
from typing import TYPE_CHECKING

from pigeonhole.figures import save_figure
from pigeonhole.files import read_rows
from pigeonhole.job import running
from pigeonhole.plots import OF_HASHES

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with running(snakemake):
    draw = OF_HASHES[snakemake.params.figure]
    figure = draw(read_rows(Path(snakemake.input.table)))
    save_figure(figure, Path(snakemake.output.svg), Path(snakemake.output.png))
