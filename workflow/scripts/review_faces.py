"""Write the page on which the user reviews the detected faces."""

from pathlib import Path
from typing import TYPE_CHECKING

from pigeonhole.core.atomic import write_text
from pigeonhole.curation.review_page import ReviewData, review_page
from pigeonhole.faces import read_faces
from pigeonhole.faces.exclude import EXCLUDE_SETTING
from pigeonhole.photos.archive import open_photos
from pigeonhole.photos.ledger import read_duplicates
from pigeonhole.photos.list_file import EntryList
from pigeonhole.pipeline.script import script_context

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with script_context(snakemake):
    inputs, params = snakemake.input, snakemake.params
    photos, folder = open_photos(Path(inputs.ledger), inputs.archives)
    review = ReviewData(
        read_faces(Path(inputs.faces)),
        photos,
        read_duplicates(Path(inputs.duplicates)),
        folder,
        Path(params.exclude),
        EntryList.open(EXCLUDE_SETTING, Path(inputs.excluded)),
        *params.max_hash_distance,
    )
    page = Path(snakemake.output.page)
    write_text(page, review_page(review, page.parent))
