"""Detect the faces in the photos of one shard."""

from pathlib import Path
from typing import TYPE_CHECKING

from pigeonhole.core.cache import cache_dir
from pigeonhole.core.shards import Shard
from pigeonhole.faces import find_faces, write_faces
from pigeonhole.photos.archive import open_photos
from pigeonhole.photos.shards import photos_of_shard
from pigeonhole.pipeline.script import script_context
from pigeonhole.settings import FaceSettings

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with script_context(snakemake):
    inputs, params = snakemake.input, snakemake.params
    rows, folder = open_photos(Path(inputs.ledger), inputs.archives)
    item = snakemake.wildcards.scatteritem
    photos = photos_of_shard(rows, Shard.parse(item))
    settings = FaceSettings.model_validate(params.detector)
    cache = cache_dir("faces", folder.parent) / f"{item}.json"
    faces = find_faces(photos, folder, settings, params.max_pixels, cache)
    write_faces(Path(snakemake.output.faces), faces)
