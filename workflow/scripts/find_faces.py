"""Photos of one chunk -> boxes."""

from pathlib import Path
from typing import TYPE_CHECKING

from pigeonhole.faces import find_faces, write_faces
from pigeonhole.photos import chunk_of
from pigeonhole.photos.archive import unpack_photos
from pigeonhole.photos.ledger import read_ledger
from pigeonhole.pipeline.script import running
from pigeonhole.settings import FaceSettings

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with running(snakemake):
    ledger, params = Path(snakemake.input.ledger), snakemake.params
    unpack_photos(snakemake.input.archives, ledger.parent)
    chunk = snakemake.wildcards.chunk
    photos = [
        row
        for row in read_ledger(ledger)
        if chunk_of(row.photo, params.chunks) == int(chunk)
    ]
    settings = FaceSettings.model_validate(params.detector)
    memory = Path(snakemake.output.faces).parents[1] / "known" / f"{chunk}.json"
    faces = find_faces(photos, ledger.parent, settings, params.max_pixels, memory)
    write_faces(Path(snakemake.output.faces), faces)
