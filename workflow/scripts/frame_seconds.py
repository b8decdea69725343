"""Live tiles -> how long a frame takes, as a table and a figure."""

from pathlib import Path
from typing import TYPE_CHECKING

from pigeonhole.birthday.tables import write_table
from pigeonhole.figures import save_figure
from pigeonhole.files import read_rows
from pigeonhole.job import running
from pigeonhole.live.seconds import frame_seconds
from pigeonhole.plots.live import frame_seconds as draw
from pigeonhole.settings import Size
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
