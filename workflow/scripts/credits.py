"""Tile sets -> the list of everyone whose photo is in one."""

from pathlib import Path
from typing import TYPE_CHECKING

from pigeonhole.core.atomic import write_text
from pigeonhole.mosaic.credits import credits_html, credits_page
from pigeonhole.pipeline.script import running
from pigeonhole.tiles import TileSet

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with running(snakemake):
    paths = [Path(path) for path in snakemake.input.tiles]
    tile_sets = {path.stem: TileSet.load(path).rows for path in paths}
    write_text(Path(snakemake.output.credits), credits_page(tile_sets))
    write_text(Path(snakemake.output.page), credits_html(tile_sets))
