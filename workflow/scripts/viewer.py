"""Write the viewer: a web page that shows a mosaic and its photos."""

from pathlib import Path
from typing import TYPE_CHECKING

from pigeonhole.mosaic import with_edits
from pigeonhole.mosaic.viewer import Scene, save_viewer
from pigeonhole.photos.archive import open_photos
from pigeonhole.pipeline.script import script_context
from pigeonhole.settings import MosaicOptions, title_of

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with script_context(snakemake):
    inputs, params = snakemake.input, snakemake.params
    options = with_edits(MosaicOptions.model_validate(params.options), params.edits)
    paths = Path(inputs.tiles), Path(inputs.mosaic), Path(inputs.placement)
    scene = Scene.load(
        title_of(params.target["source"]), *paths, params.target, options
    )
    photos = open_photos(Path(inputs.photos), inputs.archives)
    page = Path(snakemake.output.page)
    save_viewer(page, scene, scene.crops(*photos), params.pixels)
