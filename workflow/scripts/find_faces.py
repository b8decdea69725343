"""Photos of one chunk -> boxes."""

from pathlib import Path
from typing import TYPE_CHECKING

from pigeonhole.faces import find_faces, write_faces
from pigeonhole.job import running
from pigeonhole.ledger import photo_path, read_ledger
from pigeonhole.photos import chunk_of

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with running(snakemake):
    ledger = Path(snakemake.input.ledger)
    photos = [
        (row.photo, photo_path(row, ledger.parent))
        for row in read_ledger(ledger)
        if chunk_of(row.photo, snakemake.params.chunks)
        == int(snakemake.wildcards.chunk)
    ]
    faces = find_faces(photos, snakemake.params.min_side, snakemake.params.max_pixels)
    write_faces(Path(snakemake.output.faces), faces)
