"""Judged boxes -> the page on which a person looks them through."""

from pathlib import Path
from typing import TYPE_CHECKING

from pigeonhole.core.atomic import write_text
from pigeonhole.curation.review_page import Sheet, review_page
from pigeonhole.faces import read_faces
from pigeonhole.photos.archive import unpack_photos
from pigeonhole.photos.ledger import read_alike, read_ledger
from pigeonhole.pipeline.script import running

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with running(snakemake):
    ledger = Path(snakemake.input.ledger)
    unpack_photos(snakemake.input.archives, ledger.parent)
    sheet = Sheet(
        read_faces(Path(snakemake.input.faces)),
        read_ledger(ledger),
        read_alike(Path(snakemake.input.alike)),
        ledger.parent,
        Path(snakemake.params.exclude),
        *snakemake.params.alike,
    )
    page = Path(snakemake.output.page)
    write_text(page, review_page(sheet, page.parent))
