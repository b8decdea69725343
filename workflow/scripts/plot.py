"""Table -> figure, as SVG and as PNG."""

from pathlib import Path
from typing import TYPE_CHECKING

from pigeonhole.core.tables import read_table
from pigeonhole.pipeline.script import running
from pigeonhole.plots import FIGURES
from pigeonhole.plots.save import save_figure

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with running(snakemake):
    table = read_table(*map(Path, snakemake.input.tables))
    figure = FIGURES[snakemake.params.figure](table)
    save_figure(figure, Path(snakemake.output.svg), Path(snakemake.output.png))
