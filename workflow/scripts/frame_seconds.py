"""Time how long a frame of the live mosaic takes, as a table and a figure."""

from pathlib import Path
from typing import TYPE_CHECKING

from pigeonhole.core.geometry import Size
from pigeonhole.core.tables import read_rows, write_table
from pigeonhole.live.frame_times import frame_seconds
from pigeonhole.pipeline.script import script_context
from pigeonhole.plots import live
from pigeonhole.plots.save import save_figure
from pigeonhole.tiles import TileSet

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with script_context(snakemake):
    output = snakemake.output
    tile_set = TileSet.load(Path(snakemake.input.tiles))
    rows = frame_seconds(tile_set.tiles, Size.parse(snakemake.params.frame))
    write_table(Path(output.table), rows)
    figure = live.frame_seconds(read_rows(Path(output.table)))
    save_figure(figure, Path(output.svg), Path(output.png))
