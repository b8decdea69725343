"""Write the viewer: a web page that shows a mosaic and its photos."""

from pathlib import Path
from typing import TYPE_CHECKING

from pigeonhole.mosaic import read_target, with_edits
from pigeonhole.mosaic.viewer import Scene, save_viewer
from pigeonhole.photos.archive import open_photos
from pigeonhole.pipeline.script import script_context
from pigeonhole.settings import MosaicOptions

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with script_context(snakemake):
    inputs, params = snakemake.input, snakemake.params
    paths = Path(inputs.tiles), Path(inputs.mosaic), Path(inputs.placement)
    target = read_target(params.target, params.max_pixels)
    banned = with_edits(MosaicOptions(ban=params.ban), params.edits).ban
    scene = Scene.load(snakemake.wildcards.target, *paths, target, banned)
    photos = open_photos(Path(inputs.photos), inputs.archives)
    page = Path(snakemake.output.page)
    save_viewer(page, scene, scene.crops(*photos), params.pixels)
