"""Live tiles -> how long a frame takes, as a table and a figure."""

from pathlib import Path
from typing import TYPE_CHECKING

from pigeonhole.core.geometry import Size
from pigeonhole.core.tables import read_rows, write_table
from pigeonhole.live.frame_times import frame_seconds
from pigeonhole.pipeline.script import running
from pigeonhole.plots.live import frame_seconds as draw
from pigeonhole.plots.save import save_figure
from pigeonhole.tiles import TileSet

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with running(snakemake):
    output = snakemake.output
    tile_set = TileSet.load(Path(snakemake.input.tiles))
    rows = frame_seconds(tile_set.tiles, Size.parse(snakemake.params.frame))
    write_table(Path(output.table), rows)
    figure = draw(read_rows(Path(output.table)))
    save_figure(figure, Path(output.svg), Path(output.png))
