"""Decide which detected faces are used."""

from pathlib import Path
from typing import TYPE_CHECKING

from pigeonhole.faces import filter_faces, read_excluded, read_faces, write_faces
from pigeonhole.photos.removal_list import RemovalList
from pigeonhole.pipeline.script import script_context
from pigeonhole.settings import FaceSettings

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with script_context(snakemake):
    params = snakemake.params
    detected = [
        face for shard in snakemake.input.shards for face in read_faces(Path(shard))
    ]
    faces = filter_faces(
        detected,
        FaceSettings.model_validate(params.limits),
        read_excluded(Path(params.exclude)),
        RemovalList.read(Path(params.removal_list)),
    )
    write_faces(Path(snakemake.output.faces), faces)
