"""Boxes of all chunks -> kept boxes and their contact sheet."""

from pathlib import Path
from typing import TYPE_CHECKING

from pigeonhole.faces import keep_faces, read_excluded, read_faces, write_faces
from pigeonhole.faces.review import review_page
from pigeonhole.files import write_text
from pigeonhole.forgotten import Forgotten
from pigeonhole.job import running
from pigeonhole.ledger import read_ledger
from pigeonhole.settings import FaceSettings

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with running(snakemake):
    ledger = Path(snakemake.input.ledger)
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
    page = review_page(faces, read_ledger(ledger), ledger.parent, params.exclude)
    write_text(Path(snakemake.output.review), page)
