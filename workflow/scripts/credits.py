"""Write the credits of all tile sets as Markdown and as a web page."""

from pathlib import Path
from typing import TYPE_CHECKING

from pigeonhole.core.atomic import write_text
from pigeonhole.mosaic.credits import credits_html, credits_markdown, read_tile_rows
from pigeonhole.pipeline.script import script_context

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with script_context(snakemake):
    tile_sets = read_tile_rows(map(Path, snakemake.input.tiles))
    write_text(Path(snakemake.output.credits), credits_markdown(tile_sets))
    write_text(Path(snakemake.output.page), credits_html(tile_sets))
