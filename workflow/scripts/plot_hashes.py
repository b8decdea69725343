"""Table of hashes -> figure, as SVG and as PNG."""

from pathlib import Path
from typing import TYPE_CHECKING

from pigeonhole.core.tables import read_rows
from pigeonhole.pipeline.script import running
from pigeonhole.plots import OF_HASHES
from pigeonhole.plots.save import save_figure

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with running(snakemake):
    draw = OF_HASHES[snakemake.params.figure]
    figure = draw(read_rows(Path(snakemake.input.table)))
    save_figure(figure, Path(snakemake.output.svg), Path(snakemake.output.png))
