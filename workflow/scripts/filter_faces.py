"""Decide which detected faces are used."""

from pathlib import Path
from typing import TYPE_CHECKING

from pigeonhole.faces import ExclusionList, filter_faces, read_faces, write_faces
from pigeonhole.photos.ledger import read_ledger
from pigeonhole.photos.removal_list import RemovalList
from pigeonhole.pipeline.script import script_context
from pigeonhole.settings import FaceSettings

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with script_context(snakemake):
    inputs, params = snakemake.input, snakemake.params
    detected = [face for shard in inputs.shards for face in read_faces(Path(shard))]
    photos = read_ledger(Path(inputs.ledger))
    faces = filter_faces(
        detected,
        FaceSettings.model_validate(params.limits),
        ExclusionList.read(Path(inputs.excluded)).find(photos, detected),
        RemovalList.read(Path(inputs.removal_list)).in_photos(photos, detected),
    )
    write_faces(Path(snakemake.output.faces), faces)
