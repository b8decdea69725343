"""Boxes of all chunks -> kept boxes."""

from pathlib import Path
from typing import TYPE_CHECKING

from pigeonhole.faces import keep_faces, read_excluded, read_faces, write_faces
from pigeonhole.photos.removal_list import Forgotten
from pigeonhole.pipeline.script import running
from pigeonhole.settings import FaceSettings

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with running(snakemake):
    params = snakemake.params
    found = [
        face for chunk in snakemake.input.chunks for face in read_faces(Path(chunk))
    ]
    faces = keep_faces(
        found,
        FaceSettings.model_validate(params.limits),
        read_excluded(Path(params.exclude)),
        Forgotten.read(Path(params.forgotten)),
    )
    write_faces(Path(snakemake.output.faces), faces)
