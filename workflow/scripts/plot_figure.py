"""Draw a figure of tables, as SVG and PNG."""

from pathlib import Path
from typing import TYPE_CHECKING

from pigeonhole.pipeline.script import script_context
from pigeonhole.plots.registry import draw_figure
from pigeonhole.plots.save import save_figure

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with script_context(snakemake):
    output = snakemake.output
    figure = draw_figure(
        snakemake.params.figure, list(map(Path, snakemake.input.tables))
    )
    save_figure(figure, Path(output.svg), Path(output.png))
